"""`spec` of a PingSource: when it fires, and what it sends."""

from typing import Any

from poplin.resources.fields import Checker, Fields
from poplin.resources.source_models import PingSpec

__all__ = ["read_ping"]


def read_ping(checker: Checker, fields: Fields, notes: dict[str, Any]) -> PingSpec | None:  # noqa: ARG001
    schedule = fields.take("schedule")
    text = checker.text(schedule) if schedule else "* * * * *"
    return PingSpec(schedule=text) if text else None
