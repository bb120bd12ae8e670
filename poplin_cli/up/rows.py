"""What each Broker, Trigger and source is, as rows of a table for a person."""

from collections.abc import Iterable

from poplin.catalog import Condition, SourceStatus, Verdict
from poplin_cli.up.output import Row

__all__ = ["rows", "source_rows"]


def rows(verdicts: Iterable[Verdict]) -> list[Row]:
    return [
        (
            each.kind,
            f"{each.namespace}/{each.name}",
            _address(each),
            each.condition("Ready").status,
            _why(each.condition("Ready"), each.warnings),
        )
        for each in verdicts
    ]


def source_rows(statuses: Iterable[SourceStatus]) -> list[Row]:
    return [
        (
            each.kind,
            f"{each.namespace}/{each.name}",
            _way(each),
            each.condition("Ready").status,
            _why(each.condition("Ready"), each.warnings),
        )
        for each in statuses
    ]


def _address(verdict: Verdict) -> str:
    """What a Broker serves; from which Broker a Trigger sends, and where to."""
    if verdict.subscriber_uri is not None:
        return f"{verdict.broker} → {verdict.subscriber_uri}"
    return verdict.address_url or ""


def _way(status: SourceStatus) -> str:
    """From where a provider sends, if there is one, to the sink."""
    return (
        f"{status.url or ''} → {status.sink_uri}".strip() if status.sink_uri else status.url or ""
    )


def _why(ready: Condition, warned: Iterable[str]) -> str:
    """Why it is not ready, and what it warns of."""
    failed = f"{ready.reason}: {ready.message}" if ready.message else ready.reason
    warnings = [f"warning: {warning}" for warning in warned]
    return "; ".join([failed, *warnings] if failed else warnings)
