#!/usr/bin/env python3
"""Turns the state totals of the US Public Libraries Survey into Cairn's own submission format.

    demo/convert.py SOURCE [TARGET]

SOURCE is a directory with the source files: organizations.csv, measures.json, observations.csv, expected.json.
TARGET is where the results go (the directory of this program unless told otherwise): organizations.csv,
schema.json, observations.csv, expected.json. What was changed on the way is told in SOURCE.md.

Values are copied digit by digit and never become floats. The program checks its own work and stops at the first
difference. It needs Python 3.9 or later and nothing else, and gives the same bytes each time.
"""

import argparse
import csv
import json
import pathlib
import shutil
import sys
from collections import Counter

DIMENSIONS = {
    "age_group": ("Age group", {
        "children": "Children (11 and under)",
        "young_adult": "Young adults (12 to 18)",
        "adult_general": "Adults and general audiences",
        "all_other": "Everybody but children (circulation only)",
    }),
    "staff_type": ("Type of staff", {
        "mls_librarian": "Librarians with an accredited master's degree",
        "other_librarian": "Other librarians",
        "other_paid": "Other paid staff",
    }),
    "revenue_source": ("Source of revenue", {
        "local": "Local government",
        "state": "State government",
        "federal": "Federal government",
        "other": "Other sources",
    }),
}

# The source's word for what adds over the years (sum) and what does not (count).
ACCUMULATION = {"sum": "flow", "count": "stock"}

COALITION = {
    "code": "us-public-libraries",
    "name": "US Public Libraries (demo)",
    "purpose": "See together what public libraries do for their communities, state by state. "
               "The figures are real; the coalition is made up for this demo.",
    "fiscal_year_start_month": 1,
}

BACKBONE = {
    "code": "national-library-network",
    "name": "National Library Network (demo)",
    "admin": {
        "email": "demo@national-library-network.example",
        "name": "Demo Coordinator",
        "password": "stones-mark-the-way",
    },
}

TEENS = {"age_group": "young_adult"}

# Statements and targets are made up for the demo. Baselines are what the data say for 2009, checked below.
GOALS = [
    {
        "code": "teens-belong",
        "statement": "Teens have places and people in town that support what they love",
        "population": "People aged 12 to 18",
        "place": "United States",
        "target_date": "2020-12-31",
        "measures": [
            {"measure": "PROGRAMS", "cell": TEENS, "headline": True},
            {"measure": "ATTENDANCE", "cell": TEENS, "headline": False},
            {"measure": "YA_PROGRAM_SHARE", "cell": {}, "headline": False},
        ],
    },
    {
        "code": "open-to-all",
        "statement": "Everybody has a library that is open and worth the way",
        "population": "Everybody who lives in the United States",
        "place": "United States",
        "target_date": "2020-12-31",
        "measures": [
            {"measure": "VISITS", "cell": {}, "headline": True},
            {"measure": "HOURS_OPEN", "cell": {}, "headline": False},
        ],
    },
]
BASELINES = [
    {"measure": "PROGRAMS", "items": [{"period": "2009", "cell": TEENS, "value": 263660}]},
    {"measure": "ATTENDANCE", "items": [{"period": "2009", "cell": TEENS, "value": 4416185}]},
    {"measure": "YA_PROGRAM_SHARE", "items": [{"period": "2009", "cell": {}, "value": 0.0732}]},
    {"measure": "VISITS", "items": [{"period": "2009", "cell": {}, "value": 1591799201}]},
    {"measure": "HOURS_OPEN", "items": [{"period": "2009", "cell": {}, "value": 37117102}]},
]
TARGETS = [
    {"measure": "PROGRAMS", "items": [{"period": "2020", "cell": TEENS, "value": 600000}]},
    {"measure": "ATTENDANCE", "items": [{"period": "2020", "cell": TEENS, "value": 9000000}]},
    {"measure": "YA_PROGRAM_SHARE", "items": [{"period": "2020", "cell": {}, "value": 0.1}]},
    {"measure": "VISITS", "items": [{"period": "2020", "cell": {}, "value": 1750000000}]},
    {"measure": "HOURS_OPEN", "items": [{"period": "2020", "cell": {}, "value": 37500000}]},
]

COLUMNS = ["organization", "measure", "period", *DIMENSIONS, "value", "estimated", "missing"]


def check(holds, what):
    """Stops with a sentence where the source or the result is not as it should be."""
    if not holds:
        sys.exit(f"convert.py: {what}")


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path, columns, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def dimension(code):
    name, codes = DIMENSIONS[code]
    return {"code": code, "name": name, "overlapping": False,
            "codes": [{"code": code, "name": name} for code, name in codes.items()]}


def side(text):
    """`PROGRAMS[age_group=young_adult]` or `PROGRAMS`, as a side of a ratio."""
    measure, _, cell = text.rstrip("]").partition("[")
    return {"measure": measure, "cell": dict(pair.split("=") for pair in cell.split(","))} if cell \
        else {"measure": measure}


def measure(source):
    """The body of POST /measures for one measure of the source."""
    body = {key: source[key] for key in ("code", "name", "definition", "unit")}
    if source["kind"] == "ratio":
        body |= {"kind": "ratio", "decimals": source["decimals"],
                 "numerator": side(source["numerator"]), "denominator": side(source["denominator"]),
                 "multiplier": source["multiplier"]}
    else:
        body |= {"kind": "number", "decimals": source["decimals"], "scope": "performance",
                 "performance_type": "how_much", "accumulation": ACCUMULATION[source["kind"]],
                 "aggregation": "sum", "frequency": "year", "dimensions": source["disaggregations"],
                 "counts_people": source["unit"] == "people"}
    return body | {"direction": source["direction"], "disclosure": "open"}


def observation(source):
    """One row of the submission. The value keeps its digits; what is not known is said, never zero."""
    row = {column: source.get(column, "") for column in COLUMNS}
    row["estimated"] = "true" if source["status"] == "imputed" else ""
    row["missing"] = "not_available" if source["status"] == "missing" else ""
    check((row["value"] == "") == (row["missing"] != ""), f"a value and a missing reason, or neither: {source}")
    return row


def units(text, decimals):
    """A decimal as a whole number of its smallest units, without a float."""
    whole, _, fraction = text.partition(".")
    check(len(fraction) <= decimals, f"{text} has more than {decimals} decimals")
    return int(whole + fraction.ljust(decimals, "0"))


def total(rows, decimals, **wanted):
    return sum(units(row["value"], decimals) for row in rows
               if row["value"] and all(row[key] == value for key, value in wanted.items()))


def check_rows(rows, source_rows, numbers, expected):
    reported = [row for row in rows if row["value"]]
    check(len(reported) == 10291, f"10,291 reported values expected, {len(reported)} found")
    check(sum(row["estimated"] == "true" for row in rows) == 4387, "4,387 imputed values expected")
    check(sum(row["missing"] == "not_available" for row in rows) == 256, "256 missing answers expected")
    check(len(rows) == 10291 + 256, "a row is neither reported nor missing")

    def key(row):
        return tuple(row[column] for column in COLUMNS[:6])

    check(max(Counter(map(key, rows)).values()) == 1, "a key comes twice")
    digits = {key(row): row["value"] for row in source_rows}
    check(all(row["value"] == digits[key(row)] for row in rows), "a value changed on the way")
    for row in rows:
        allowed = numbers[row["measure"]]["dimensions"]
        for code, (_, codes) in DIMENSIONS.items():
            check((row[code] in codes) if code in allowed else row[code] == "", f"{code} of {row}")

    for code, years in expected["sum_by_measure_and_year"].items():
        if code in numbers:
            decimals = numbers[code]["decimals"]
            for year, figure in years.items():
                check(total(rows, decimals, measure=code, period=year) == units(str(figure["sum"]), decimals),
                      f"the sum of {code} in {year}")


def check_baselines(rows, numbers, expected):
    for entry in BASELINES:
        for item in entry["items"]:
            if entry["measure"] not in numbers:
                ratio = expected["ratio_of_sums_by_year"][entry["measure"]]["total"][item["period"]]
                check(round(ratio["ratio_of_sums"], 4) == item["value"], f"the baseline of a ratio is {ratio}")
                continue
            found = total(rows, numbers[entry["measure"]]["decimals"],
                          measure=entry["measure"], period=item["period"], **item["cell"])
            check(found == item["value"], f"the baseline of {entry['measure']} is {found} in the data")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="a directory with the source files")
    parser.add_argument("target", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).resolve().parent,
                        help="where to write")
    arguments = parser.parse_args()

    catalogue = json.loads((arguments.source / "measures.json").read_text(encoding="utf-8"))
    for code, codes in catalogue["disaggregations"].items():
        check(list(DIMENSIONS[code][1]) == codes, f"the codes of {code} changed")
    measures = [measure(source) for source in catalogue["measures"]]
    # A ratio is made after the measures it divides.
    measures.sort(key=lambda body: body["kind"] == "ratio")
    numbers = {body["code"]: body for body in measures if body["kind"] == "number"}
    check((len(numbers), len(measures)) == (12, 15), "12 reported measures and 3 ratios expected")

    source_rows = read_csv(arguments.source / "observations.csv")
    rows = [observation(row) for row in source_rows if row["measure"] in numbers]
    left_out = [row for row in source_rows if row["measure"] not in numbers]
    check(sum(row["value"] != "" for row in left_out) == 2381, "2,381 rates that Cairn derives expected")
    expected = json.loads((arguments.source / "expected.json").read_text(encoding="utf-8"))
    check_rows(rows, source_rows, numbers, expected)
    check_baselines(rows, numbers, expected)

    organizations = read_csv(arguments.source / "organizations.csv")
    check(len(organizations) == 56, "56 organizations expected")
    check({row["organization"] for row in rows} == {row["code"] for row in organizations}, "an unknown organization")

    columns = ["code", "name", "region", "kind"]
    write_csv(arguments.target / "organizations.csv", columns,
              [{column: row[column] for column in columns} for row in organizations])
    write_csv(arguments.target / "observations.csv", COLUMNS, rows)
    write_json(arguments.target / "schema.json", {
        "coalition": COALITION,
        "backbone": BACKBONE,
        "dimensions": [dimension(code) for code in DIMENSIONS],
        "measures": measures,
        "goals": GOALS,
        "baselines": BASELINES,
        "targets": TARGETS,
    })
    if (arguments.source / "expected.json").resolve() != (arguments.target / "expected.json").resolve():
        shutil.copyfile(arguments.source / "expected.json", arguments.target / "expected.json")
    print(f"{len(organizations)} organizations, {len(measures)} measures, {len(rows)} observations")


if __name__ == "__main__":
    main()
