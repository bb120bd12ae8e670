"""A label selector means here what it means to the API server."""

import pytest

from sources.kubernetes.selector import selects

LABELS = {"team": "a", "example.com/env": "prod", "empty": ""}


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "team",
        "team=a",
        "team==a",
        "team!=b",
        "missing!=a",
        "!missing",
        "empty=",
        "team in (a,b)",
        "team in ( b , a )",
        "team notin (b)",
        "missing notin (a)",
        "empty in (,x)",
        "example.com/env=prod,team in (a, b),!missing",
    ],
)
def test_these_labels_are_selected(selector: str) -> None:
    assert selects(selector)(LABELS)


@pytest.mark.parametrize(
    "selector",
    [
        "missing",
        "team=b",
        "team!=a",
        "!team",
        "missing=a",
        "missing=",
        "team in (b,c)",
        "missing in (a)",
        "team notin (a,b)",
        "team=a,example.com/env=dev",
        "team in (a,b),missing",
    ],
)
def test_these_labels_are_not(selector: str) -> None:
    assert not selects(selector)(LABELS)
