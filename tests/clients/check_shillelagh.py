"""Asks a coalition's figures in SQL with shillelagh, as Superset does, and holds the answers to the flat JSON.

Shillelagh knows no OData; its adapter for JSON reads the flat answer, and the rows of an OData answer just as well. It
asks HEAD first, to see that there is JSON, and sends the key in a header.

Usage: check_shillelagh.py ADDRESS COALITION KEY, or the same in CAIRN_ADDRESS, CAIRN_COALITION and CAIRN_KEY. The key
needs aggregates:read. Needs shillelagh[genericjsonapi] from PyPI.
"""

import os
import sys

import requests
from shillelagh.backends.apsw.db import connect


def given(place, name):
    return sys.argv[place] if len(sys.argv) > place else os.environ[name]


ADDRESS = given(1, "CAIRN_ADDRESS").rstrip("/")
COALITION = given(2, "CAIRN_COALITION")
KEY = given(3, "CAIRN_KEY")
COLUMNS = ["measure", "period", "period_start", "value", "unit", "contributors", "expected", "status"]


def flat(**asked):
    address = f"{ADDRESS}/v1/coalitions/{COALITION}/aggregates"
    answer = requests.get(address, params=asked, auth=("any", KEY), timeout=60)
    answer.raise_for_status()
    return answer.json()["data"]


def check(cursor, address, expected, columns):
    found = cursor.execute(f'SELECT {", ".join(columns)} FROM "{address}"').fetchall()
    assert len(found) == len(expected) > 0, (len(found), len(expected))
    for row, flat_row in zip(found, expected):
        assert list(row) == [flat_row[column] for column in columns], (row, flat_row)
    return len(found)


def main():
    headers = {"Authorization": f"Bearer {KEY}"}
    settings = {"genericjsonapi": {"request_headers": headers, "cache_expiration": -1}}
    cursor = connect(":memory:", adapters=["genericjsonapi"], adapter_kwargs=settings).cursor()
    aggregates = f"{ADDRESS}/v1/coalitions/{COALITION}/aggregates"
    headline = f"{aggregates}#$.data[*]"
    count = check(cursor, headline, flat(), COLUMNS)
    count += check(cursor, f"{ADDRESS}/odata/{COALITION}/Aggregates#$.value[*]", flat(), COLUMNS)
    measure = flat()[0]["measure"]
    one = f"{aggregates}?measure={measure}#$.data[*]"
    [(rows, total)] = cursor.execute(
        f'SELECT COUNT(*), SUM("value") FROM "{one}" WHERE "value" IS NOT NULL'
    ).fetchall()
    values = [row["value"] for row in flat(measure=measure) if row["value"] is not None]
    assert (rows, total) == (len(values), sum(values)), (rows, total)
    print(f"shillelagh: {count} rows by JSON and by OData, as in the flat JSON")


if __name__ == "__main__":
    main()
