"""pyjstat reads JSON-stat: every cell of its data frame is that of the flat JSON, and nothing is where no row is."""

import pandas
from pyjstat import pyjstat

import cairn

JSON_STAT = "application/vnd.json-stat+json"


def read(dataset, names, naming="id"):
    """The figures by their keys, None where there is none. The keys are those of every cell."""
    frame = dataset.write("dataframe", naming=naming)
    keys = frame[names].itertuples(index=False, name=None)
    return {key: None if pandas.isna(value) else value for key, value in zip(keys, frame["value"])}


def compare(question, key):
    """Compares one answer; gives the number of cells, and how many of them have no figure."""
    rows = cairn.rows(question, key)
    names = ["measure", "period", *cairn.by(question)]
    text = cairn.aggregates(question, key, JSON_STAT).decode()
    if not rows:
        # pyjstat cannot make a frame of no cells, and reads the rest.
        assert pyjstat.Dataset.read(text)["size"][1] == 0, text
        return 0, 0
    expected = {tuple(row[name] for name in names): row for row in rows}
    assert len(expected) == len(rows), f"{question}: two rows of one cell"
    columns = {name for row in rows for name, item in row.items() if cairn.is_number(item)}
    for column in sorted(columns | {"value"}):
        dataset = pyjstat.Dataset.read(text)
        if column != "value":
            # As the contract says: each further column has the form of `value`.
            dataset["value"] = dataset["extension"]["columns"][column]
        found = read(dataset, names)
        assert expected.keys() <= found.keys(), f"{question}: rows without a cell"
        for place, item in found.items():
            figure = expected.get(place, {}).get(column)
            # A float where pyjstat makes one: it has as many digits of the figure as it can hold.
            figure = figure if figure is None or isinstance(item, int) else float(figure)
            assert item == figure, f"{question} {place} {column}: {item!r}, not {figure!r}"
    labelled = pyjstat.Dataset.read(text).write("dataframe", naming="label")
    assert "Measure" in labelled.columns and len(labelled) == len(found), labelled
    return len(found), sum(row["value"] is None for row in rows)


if __name__ == "__main__":
    counts = [compare(question, key) for question, key in cairn.asked()]
    cells, missing = map(sum, zip(*counts))
    assert missing, "nothing was missing, so nothing was compared there"
    print(f"{len(counts)} answers, {cells} cells, {missing} rows without a figure")
