"""What each Broker and Trigger is, as rows of a table for a person."""

from collections.abc import Iterable

from poplin.catalog import Verdict
from poplin_cli.up.output import Row

__all__ = ["rows"]


def rows(verdicts: Iterable[Verdict]) -> list[Row]:
    return [
        (
            each.kind,
            f"{each.namespace}/{each.name}",
            _address(each),
            each.condition("Ready").status,
            _why(each),
        )
        for each in verdicts
    ]


def _address(verdict: Verdict) -> str:
    """What a Broker serves; from which Broker a Trigger sends, and where to."""
    if verdict.subscriber_uri is not None:
        return f"{verdict.broker} → {verdict.subscriber_uri}"
    return verdict.address_url or ""


def _why(verdict: Verdict) -> str:
    """Why it is not ready, and what it warns of."""
    failed = f"{verdict.reason}: {verdict.message}" if verdict.message else verdict.reason
    warnings = [f"warning: {warning}" for warning in verdict.warnings]
    return "; ".join([failed, *warnings] if failed else warnings)
