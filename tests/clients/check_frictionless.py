"""Validates the data packages with frictionless, and holds their figures to the list of observations.

Needs frictionless from PyPI. Keys do not open packages, so it signs in as the demo's backbone.
"""

import csv
import io
import json
import pathlib
import tempfile
import zipfile

from cairn import COALITION, call
from frictionless import Package
from prepare import signed_in


def validated(token, path):
    """The package at a path, unpacked, and the number of its rows by table."""
    folder = pathlib.Path(tempfile.mkdtemp(dir="."))
    with zipfile.ZipFile(io.BytesIO(call("GET", path, None, token))) as packed:
        assert packed.testzip() is None
        packed.extractall(folder)
    package = Package(str(folder / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "message"])[:5]
    counts = {task.name: task.stats.get("rows", 0) for task in report.tasks}
    assert list(counts) == [resource.name for resource in package.resources], counts
    return folder, counts


def main():
    token = signed_in("demo@national-library-network.example", "stones-mark-the-way")
    _, of_organization = validated(token, "/v1/organization/export")
    assert of_organization["members"] == 1, of_organization
    folder, counts = validated(token, f"{COALITION}/export")
    text = call("GET", f"{COALITION}/observations?format=csv", None, token).decode()
    assert (folder / "observations.csv").read_text() == text
    listed = sum(1 for _ in csv.reader(io.StringIO(text))) - 1
    assert counts["observations"] == listed > 10_000, (counts, listed)
    measures = json.loads(call("GET", f"{COALITION}/measures?limit=1000", None, token))["data"]
    assert counts["measures"] >= len(measures) > 0
    print(f"frictionless: {len(of_organization) + len(counts)} tables, {listed} observations")


if __name__ == "__main__":
    main()
