"""openpyxl reads the workbook: typed cells with the items of the flat JSON, blank ones where there is none."""

import datetime
import io
from decimal import Decimal

import openpyxl

import cairn

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What a spreadsheet keeps of a number.
MOST_DIGITS = 15


def same(cell, item):
    """Whether a cell holds an item, as the kind of cell that it should be."""
    if item is None:
        return cell is None
    if cairn.is_number(item):
        if len(Decimal(item).normalize().as_tuple().digits) > MOST_DIGITS:
            return cell == str(item)
        return isinstance(cell, (int, float)) and Decimal(repr(cell)) == item
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() == item
    return type(cell) is type(item) and cell == item


def compare(question, key):
    """Compares one answer; gives the number of rows, and how many figures are texts."""
    rows = cairn.rows(question, key)
    book = openpyxl.load_workbook(io.BytesIO(cairn.aggregates(question, key, XLSX)))
    assert book.sheetnames == ["Figures", "Notes"], book.sheetnames
    sheet = book["Figures"]
    assert sheet.freeze_panes == "A2", sheet.freeze_panes
    lines = sheet.iter_rows(values_only=True)
    header = next(lines)
    lines = list(lines)
    assert len(lines) == len(rows), f"{question}: {len(lines)} rows, not {len(rows)}"
    texts = 0
    for line, row in zip(lines, rows):
        assert row.keys() <= set(header), f"{question}: {header}"
        for name, cell in zip(header, line):
            item = row.get(name)
            assert same(cell, item), f"{question} {name}: {cell!r}, not {item!r} in {row}"
            texts += cairn.is_number(item) and isinstance(cell, str)
        for day in ("period_start", "period_end"):
            assert isinstance(line[header.index(day)], datetime.datetime), f"{question}: {day} is no day"
    notes = {line[0]: line[2] for line in book["Notes"].iter_rows(values_only=True)}
    assert notes["Coalition"] == "us-public-libraries" and int(notes["Revision"]) > 0, notes
    assert ("Texts" in notes) == (texts > 0), notes
    return len(rows), texts


if __name__ == "__main__":
    counts = [compare(question, key) for question, key in cairn.asked()]
    rows, texts = map(sum, zip(*counts))
    assert texts, "no figure was longer than a spreadsheet's numbers, so none was compared"
    print(f"{len(counts)} answers, {rows} rows, {texts} figures of more than {MOST_DIGITS} digits")
