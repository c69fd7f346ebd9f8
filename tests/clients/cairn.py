"""The running program, as the checks ask it.

A check is a file `check_<client>.py` in this folder; scripts/test-clients runs each of them. It asks every question of
`asked()` in the format that its client reads, lets the client read the answer, and compares with the flat JSON.
Only the standard library is used here.
"""

import base64
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

ADDRESS = os.environ["CAIRN_ADDRESS"]
COALITION = "/v1/coalitions/us-public-libraries"

# What is asked by both. The demo's data have stated reasons, zeros and ratios; prepare.py adds what they lack.
QUESTIONS = (
    "measure=PROGRAMS&by=age_group",
    "measure=PROGRAMS,ATT_PER_PROGRAM&period=2017&by=age_group",
    "measure=VISITS_PER_CAPITA",
    "measure=STAFF_FTE,VAST",
    "measure=VAST&by=age_group",
    "measure=GUARDED",
    "measure=PROGRAMS&period=2050",
    "period=2015..2017",
)
# What only the backbone may ask.
QUESTIONS_OF_THE_BACKBONE = (
    "measure=PROGRAMS&period=2009&by=organization&cell=age_group:children",
    "measure=VAST,GUARDED,VISITS_PER_CAPITA&period=2015..2017&by=organization",
    "measure=ATT_PER_PROGRAM&period=2016..2017&by=partner_region,age_group",
)


def asked():
    """Each question and the key of whoever asks it."""
    backbone, observer = os.environ["CAIRN_KEY"], os.environ["CAIRN_OBSERVER_KEY"]
    for question in QUESTIONS:
        yield question, backbone
        yield question, observer
    for question in QUESTIONS_OF_THE_BACKBONE:
        yield question, backbone


def call(method, path, body=None, token=None, media_type="application/json"):
    """The body of an answer of 2xx; anything else is an error with what was answered in it."""
    request = urllib.request.Request(ADDRESS + path, method=method)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    if body is not None:
        request.add_header("Content-Type", media_type)
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    return answered(request, body).read()


# Past any proxy: the program runs on this machine.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answered(request, body=None):
    """The answer; an error of HTTP with what it says."""
    try:
        return OPENER.open(request, body, timeout=60)
    except urllib.error.HTTPError as error:
        told = error.read().decode()
        raise AssertionError(f"{request.method} {request.full_url}: {error.code} {told}") from None


def aggregates(question, key, format):
    """The bytes of an answer in a format, asked for as a tool does: by Basic sign-in, and by the media type."""
    path = f"{COALITION}/aggregates?{question}"
    request = urllib.request.Request(ADDRESS + path, headers={"Accept": format}, method="GET")
    request.add_header("Authorization", "Basic " + base64.b64encode(f"check:{key}".encode()).decode())
    answer = answered(request)
    assert answer.headers.get_content_type() == format, answer.headers
    return answer.read()


def rows(question, key):
    """The rows of the flat JSON, their numbers int or Decimal."""
    return json.loads(aggregates(question, key, "application/json"), parse_float=Decimal)["data"]


def by(question):
    """The columns that a question breaks down by."""
    return [name for names in urllib.parse.parse_qs(question).get("by", []) for name in names.split(",")]


def is_number(item):
    """Whether an item of a row is a figure."""
    return isinstance(item, (int, Decimal)) and not isinstance(item, bool)
