"""The alert rules, as somebody who is woken by them needs them."""

import re
from collections import Counter
from typing import Any

import pytest

from poplin.metrics import REASONS, SOURCE_REASONS
from tests.metrics.promql import Question, alerts


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_run_next(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["for"]
    assert rule["annotations"]["summary"]
    assert re.search(
        r"poplin (get|doctor|describe|dead-letters)", rule["annotations"]["description"]
    )


def test_every_reason_for_a_refusal_belongs_to_one_alert() -> None:
    asked = [Question(rule["expr"]) for rule in alerts()]

    of_brokers = [value for each in asked if not each.is_of_sources for value in each.values]
    of_sources = [value for each in asked if each.is_of_sources for value in each.values]
    assert Counter(of_brokers) == Counter(
        [("response_code_class", "2xx"), *(("reason", each) for each in REASONS)]
    )
    assert Counter(each for each in of_sources if each[0] == "reason") == Counter(
        ("reason", each) for each in SOURCE_REASONS
    )
