"""Writes a goal and reads it at once, many times; between the writes, reads that a standby may answer."""

import json
import sys
import time
import urllib.error
import urllib.request

BASE, PHASE, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PASSWORD = "a long enough pass phrase"
token = None


def call(method, path, body=None):
    request = urllib.request.Request(BASE + path, method=method)
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        sys.exit(f"{PHASE}: {method} {path}: {error.code}: {error.read().decode()}")


code, email = f"library-{PHASE}", f"admin@{PHASE}.example"
call("POST", "/v1/organizations", {"code": code, "name": code, "admin": {"email": email, "name": "A", "password": PASSWORD}})
token = call("POST", "/v1/sessions", {"email": email, "password": PASSWORD})["access_token"]
call("POST", "/v1/coalitions", {"code": f"teens-{PHASE}", "name": "Teens thrive", "fiscal_year_start_month": 7, "purpose": "A place to belong."})
path = f"/v1/coalitions/teens-{PHASE}"
slowest, begun = 0.0, time.monotonic()
for number in range(ROUNDS):
    name = f"goal-{number}"
    call("POST", path + "/goals", {"code": name, "statement": "Every teen can get home safely"})
    asked = time.monotonic()
    found = call("GET", f"{path}/goals/{name}")
    slowest = max(slowest, time.monotonic() - asked)
    if found["code"] != name:
        sys.exit(f"{PHASE}: round {number}: {found}")
    # Late enough for the standby to have it, now and then.
    if number % 10 == 9:
        time.sleep(0.3)
        for _ in range(5):
            call("GET", f"{path}/goals/{name}")
print(f"{PHASE}: {ROUNDS} writes, each read at once; slowest read {slowest * 1000:.0f} ms, {time.monotonic() - begun:.1f} s")
