"""docs/monitoring.md tells of the metrics and alerts that there are."""

import re

from poplin.metrics import REASONS
from tests.metrics.promql import alerts
from tests.metrics.table import PAGE, table, with_table

TEXT = PAGE.read_text()


def test_the_table_of_metrics_is_the_one_of_the_code() -> None:
    assert table() in TEXT, "stale; run: python -m tests.metrics.table"
    assert with_table(TEXT) == TEXT


def test_every_reason_of_a_refusal_is_explained() -> None:
    assert sorted(re.findall(r"^\| `(\w+)` \| \d", TEXT, re.M)) == sorted(REASONS)


def test_every_alert_is_listed_with_its_severity() -> None:
    assert dict(re.findall(r"^\| `(Poplin\w+)` \| (\w+) \|", TEXT, re.M)) == {
        rule["alert"]: rule["labels"]["severity"] for rule in alerts()
    }
