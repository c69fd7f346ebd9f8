"""Reads a coalition by OData with python-odata, and holds every row to the flat JSON of the same figures.

Usage: check_odata.py ADDRESS COALITION KEY, or the same in CAIRN_ADDRESS, CAIRN_COALITION and CAIRN_KEY. The key
needs aggregates:read. Needs python-odata from PyPI.
"""

import os
import sys
from decimal import Decimal

import requests
from odata import ODataService
from odata.exceptions import ODataError


def given(place, name):
    return sys.argv[place] if len(sys.argv) > place else os.environ[name]


ADDRESS = given(1, "CAIRN_ADDRESS").rstrip("/")
COALITION = given(2, "CAIRN_COALITION")
KEY = given(3, "CAIRN_KEY")


def flat(**asked):
    """The rows of the flat JSON, their numbers from their digits."""
    address = f"{ADDRESS}/v1/coalitions/{COALITION}/aggregates"
    answer = requests.get(address, params=asked, auth=("any", KEY), timeout=60)
    answer.raise_for_status()
    return answer.json(parse_float=Decimal)["data"]


def check_rows(entity, told, expected):
    names = [name for name in vars(entity.__mro__[1]) if not name.startswith("_")]
    assert len(names) >= 13, names
    assert len(told) == len(expected), (len(told), len(expected))
    for row, flat_row in zip(told, expected):
        for name in names:
            found, wanted = getattr(row, name), flat_row.get(name)
            if isinstance(found, Decimal) and wanted is not None:
                # The client reads numbers as floats: it has as many digits of the figure as these can hold.
                wanted = Decimal(str(float(wanted)))
            assert found == wanted, (name, found, wanted, flat_row)


def main():
    session = requests.Session()
    session.auth = ("any", KEY)
    # Pages of fifty, so that the client has to go on behind @odata.nextLink.
    session.headers["Prefer"] = "odata.maxpagesize=50"
    service = ODataService(
        f"{ADDRESS}/odata/{COALITION}", session=session, reflect_entities=True, quiet_progress=True
    )
    sets = {name: entity for name, entity in service.entities.items() if name.startswith("Aggregates")}
    assert "Aggregates" in sets and len(sets) > 1, service.entities
    count = 0
    for name, entity in sets.items():
        by = name.removeprefix("Aggregates").removeprefix("_by_")
        expected = flat(**({"by": by} if by else {}))
        query = service.query(entity)
        check_rows(entity, query.all(), expected)
        assert query.count() == len(expected)
        count += len(expected)

    entity = sets["Aggregates"]
    measure = flat()[0]["measure"]
    query = service.query(entity).filter(entity.measure == measure).filter(entity.value > 0)
    check_rows(entity, query.all(), [row for row in flat(measure=measure) if (row["value"] or 0) > 0])
    check_rows(entity, query.offset(1).limit(2).all(), flat(measure=measure)[1:3])
    selected = query.select(entity.period, entity.value).all()
    assert all(set(row) == {"period", "value"} for row in selected) and selected, selected
    try:
        service.query(entity).order_by(entity.value.desc()).first()
        raise AssertionError("sorting was answered")
    except ODataError as error:
        assert error.status_code == "HTTP 501" and error.code == "not_implemented", vars(error)
    print(f"python-odata: {count} rows in {len(sets)} sets, as in the flat JSON")


if __name__ == "__main__":
    main()
