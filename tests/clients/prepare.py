"""Adds to the demo what its data lack: figures of sixteen digits, sums too large to be kept, protected figures, and an
observer from whom some of these are hidden. Prints the observer's key.
"""

import json

from cairn import COALITION, call

PASSWORD = "violet-harbor-candle-47"
# The greatest value of six decimals.
GREATEST = "9007199254.740991"


def signed_in(email, password):
    session = call("POST", "/v1/sessions", {"email": email, "password": password})
    return json.loads(session)["access_token"]


def main():
    backbone = signed_in("demo@national-library-network.example", "stones-mark-the-way")
    for code, decimals, disclosure in (("VAST", 6, "open"), ("GUARDED", 0, "protected")):
        measure = {"code": code, "name": f"=Figures, \"{code}\"", "unit": "things", "kind": "number",
                   "decimals": decimals, "aggregation": "sum", "direction": "up", "frequency": "year",
                   "disclosure": disclosure, "dimensions": ["age_group"]}
        call("POST", f"{COALITION}/measures", measure, backbone)
    figures = [
        ("AK", "VAST", "2015", "", GREATEST, ""),
        ("AK", "VAST", "2015", "children", "0.25", ""),
        ("AL", "VAST", "2015", "", "", "not_applicable"),
        ("AK", "VAST", "2017", "", GREATEST, ""),
        ("AL", "VAST", "2017", "", GREATEST, ""),
        ("AK", "GUARDED", "2015", "", "5", ""),
        ("AK", "GUARDED", "2016", "", "0", ""),
        ("AL", "GUARDED", "2016", "", "7", ""),
        ("AZ", "GUARDED", "2016", "", "9", ""),
    ]
    lines = ["organization,measure,period,age_group,value,missing", *map(",".join, figures), ""]
    call("POST", f"{COALITION}/observations", "\n".join(lines), backbone, "text/csv")
    print(observer(backbone))


def observer(backbone):
    admin = {"email": "admin@watchers.example", "name": "Wanda", "password": PASSWORD}
    call("POST", "/v1/organizations", {"code": "watchers", "name": "Watchers", "admin": admin})
    call("POST", f"{COALITION}/partners", {"organization": "watchers", "role": "observer"}, backbone)
    watcher = signed_in(admin["email"], PASSWORD)
    call("POST", f"{COALITION}/partners/watchers/accept", {}, watcher)
    key = {"name": "checks", "scopes": ["aggregates:read"]}
    return json.loads(call("POST", "/v1/organization/api-keys", key, watcher))["secret"]


if __name__ == "__main__":
    main()
