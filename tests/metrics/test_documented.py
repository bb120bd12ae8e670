"""docs/monitoring.md tells of the metrics and alerts that there are."""

import re

from poplin.metrics import REASONS, SOURCE_REASONS
from tests.metrics.promql import alerts
from tests.metrics.table import PAGE, table, with_table

TEXT = PAGE.read_text()


def test_the_table_of_metrics_is_the_one_of_the_code() -> None:
    assert table() in TEXT, "stale; run: python -m tests.metrics.table"
    assert with_table(TEXT) == TEXT


def test_every_reason_of_a_refusal_is_explained() -> None:
    of_brokers, of_sources = TEXT.split("`poplin_source_refused_total`:")

    assert _reasons(of_brokers) == sorted(REASONS)
    assert _reasons(of_sources) == sorted(SOURCE_REASONS)


def _reasons(text: str) -> list[str]:
    return sorted(re.findall(r"^\| `(\w+)` \| \d", text, re.M))


def test_every_alert_is_listed_with_its_severity() -> None:
    assert dict(re.findall(r"^\| `(Poplin\w+)` \| (\w+) \|", TEXT, re.M)) == {
        rule["alert"]: rule["labels"]["severity"] for rule in alerts()
    }
