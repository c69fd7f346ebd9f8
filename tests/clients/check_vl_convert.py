"""vl-convert draws the Vega-Lite specification: a mark for every figure of the flat JSON, told in its label, and none for
a figure that is missing. A line runs over no gap.
"""

import collections
import json
import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import vl_convert

import cairn

VEGA_LITE = "application/vnd.vegalite.v6+json"
VERSION = "6.4"
MARKS = ("point", "bar")


def shown(figure):
    """A figure with the twelve digits that Vega's labels have room for."""
    return float(f"{float(figure):.12g}")


def drawn(svg, units):
    """How often each (period, figure) is drawn."""
    marks = collections.Counter()
    for element in ElementTree.fromstring(svg).iter():
        if element.get("aria-roledescription") in MARKS:
            told = dict(part.split(": ", 1) for part in element.get("aria-label").split("; ") if ": " in part)
            unit = next(unit for unit in units if unit in told)
            marks[told["Period"], shown(told[unit])] += 1
    return marks


def compare(question, key):
    """Compares one answer; gives the number of marks, and of rows without a figure."""
    rows = cairn.rows(question, key)
    text = cairn.aggregates(question, key, VEGA_LITE).decode()
    spec = json.loads(text, parse_float=Decimal)
    assert spec["data"]["values"] == rows, f"{question}: other rows than the flat JSON"
    svg = vl_convert.vegalite_to_svg(text, vl_version=VERSION)
    figures = [row for row in rows if row["value"] is not None]
    expected = collections.Counter((row["period"], shown(row["value"])) for row in figures)
    marks = drawn(svg, {row["unit"] for row in rows})
    assert marks == expected, f"{question}: drawn {marks - expected}, not drawn {expected - marks}"
    return len(figures), len(rows) - len(figures)


def breaks_where_a_figure_is_missing():
    """Takes two periods out of a chart, one by its row and one by its value: the line is in three pieces."""
    question, key = "measure=VISITS_PER_CAPITA", next(cairn.asked())[1]
    spec = json.loads(cairn.aggregates(question, key, VEGA_LITE))
    values = spec["data"]["values"]
    assert len(values) == 9, values
    values[5]["value"] = None
    del values[2]
    svg = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version=VERSION)
    line = re.search(r'aria-roledescription="line mark" d="([^"]*)"', svg)
    assert line and line[1].count("M") == 3, line


if __name__ == "__main__":
    counts = [compare(question, key) for question, key in cairn.asked()]
    breaks_where_a_figure_is_missing()
    marks, missing = map(sum, zip(*counts))
    assert missing, "nothing was missing, so nothing was compared there"
    question, key = next(cairn.asked())
    image = vl_convert.vegalite_to_png(cairn.aggregates(question, key, VEGA_LITE).decode(), vl_version=VERSION)
    assert image.startswith(b"\x89PNG"), image[:8]
    print(f"{len(counts)} charts, {marks} marks, {missing} rows without one")
