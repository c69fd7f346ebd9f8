"""What schemathesis cannot know of Cairn: how its callers sign in, what exists, and how a workbook is sent.

Most texts that are made up name nothing that exists, so most calls would end at 404. Where a request is valid so far,
some of what it names is therefore replaced by what there is; never in what is meant to be refused.
"""

import json
import os
import random
import urllib.request

import schemathesis
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET

WORLD = json.loads(os.environ["CAIRN_FUZZ_WORLD"])
WHO = os.environ["CAIRN_FUZZ_CALLER"]
ADDRESS = os.environ["CAIRN_ADDRESS"]
CALLER = WORLD["callers"][WHO]
KNOWN = WORLD["known"] | {
    "period": ["2017", "2015..2017", "2016"],
    "by": ["age_group", "organization", "partner_region", ""],
    "cell": ["age_group:children", "age_group:young_adult"],
    "$filter": ["measure eq 'PROGRAMS'", "value gt 5 and contributors ge 1"],
    "$select": ["measure,period,value", "*"],
}
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

chance = random.Random(int(os.environ["CAIRN_FUZZ_SEED"]))
made = set()   # codes and ids that answers gave: calls that follow them up keep them


def sign_in():
    """From elsewhere each time: whoever is made to guess the same password from here has to wait."""
    body = json.dumps(CALLER).encode()
    elsewhere = f"198.18.{chance.randrange(256)}.{chance.randrange(256)}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": elsewhere}
    request = urllib.request.Request(f"{ADDRESS}/v1/sessions", body, headers, method="POST")
    with OPENER.open(request, timeout=60) as answer:
        return json.load(answer)["access_token"]


class SignedIn:
    """Sends the caller's token, or key."""

    def get(self, case, context):
        return sign_in() if isinstance(CALLER, dict) else CALLER

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


if CALLER is not None:
    # A token lasts fifteen minutes, and signing out ends only the session that was begun for it.
    signing_out = {"method": "DELETE", "path": "/v1/sessions"}
    schemathesis.auth(refresh_interval=600).skip_for(**signing_out)(SignedIn)
    schemathesis.auth(refresh_interval=None).apply_to(**signing_out)(type("SignedInAnew", (SignedIn,), {}))


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    for location, component in case.meta.components.items():
        if component.mode is not GenerationMode.POSITIVE:
            continue
        if location.value == "path":
            steer(case.path_parameters)
        elif location.value == "query":
            steer(case.query)
        elif location.value == "body" and case.body is not NOT_SET and case.media_type == "application/json":
            steer(case.body)


def steer(value):
    """Puts what exists in the place of texts that were made up, where their names say what they are."""
    if isinstance(value, list):
        for item in value:
            steer(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and name in KNOWN:
                if item not in made and chance.random() < 0.8:
                    value[name] = chance.choice(KNOWN[name])
            else:
                steer(item)


@schemathesis.hook
def filter_case(context, case):
    """Without what ends in the parser of HTTP (an address of 64 KiB), where there is no operation yet to answer."""
    return len(str(case.query)) + len(str(case.path_parameters)) < 10_000


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 201:
        try:
            answer = response.json()
        except ValueError:
            return
        if isinstance(answer, dict):
            made.update(answer[name] for name in ("code", "id") if isinstance(answer.get(name), str))


def template():
    token = sign_in() if isinstance(CALLER, dict) else CALLER
    headers = {"Authorization": f"Bearer {token}"}
    path = f"{ADDRESS}/v1/coalitions/us-public-libraries/template.xlsx?period=2017"
    with OPENER.open(urllib.request.Request(path, headers=headers), timeout=60) as answer:
        return answer.read()


@schemathesis.serializer(WORKBOOK)
def workbook(context, value):
    """Cairn's own template, whole or damaged; or the text that was made up."""
    if CALLER is None or chance.random() < 0.3:
        return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")}
    global kept
    kept = kept or template()
    damaged = bytearray(kept)
    for _ in range(chance.randrange(4)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return {"data": bytes(damaged[:chance.randrange(len(damaged))] if chance.random() < 0.2 else damaged)}


kept = None


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """One observation a line."""
    if isinstance(value, list):
        value = "\n".join(map(json.dumps, value))
    return {"data": value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")}
