"""Prometheus' own client reads the metrics strictly, and their counts move with what is asked."""

import os
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

import cairn

ROUTE = "/v1/coalitions/{coalition}/aggregates"


def scrape():
    """The samples by name and labels."""
    with urllib.request.urlopen(os.environ["CAIRN_METRICS"], timeout=30) as answer:
        media_type = answer.headers["Content-Type"]
        assert media_type == "application/openmetrics-text; version=1.0.0; charset=utf-8", media_type
        text = answer.read().decode()
    assert "us-public-libraries" not in text and "PROGRAMS" not in text, text
    families = list(text_string_to_metric_families(text))
    assert len(families) > 12, families
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def count(samples):
    labels = frozenset({"route": ROUTE, "method": "GET", "status": "200"}.items())
    return samples.get(("cairn_http_requests_total", labels), 0)


if __name__ == "__main__":
    before = scrape()
    asked = 0
    for question, key in cairn.asked():
        cairn.rows(question, key)
        asked += 1
    after = scrape()
    assert asked and count(after) - count(before) == asked, (count(before), count(after), asked)
    print(f"{len(after)} samples, {asked} requests counted")
