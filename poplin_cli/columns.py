"""The columns of brokers, triggers and sources, and which of them a narrow terminal can do without."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from poplin_cli.show import Column, Row

__all__ = ["BROKER_COLUMNS", "SOURCE_COLUMNS", "TRIGGER_COLUMNS", "age_text", "named"]


def named(columns: Sequence[Column], all_namespaces: bool) -> list[Column]:
    """With the namespace in front where it differs from row to row."""
    return (
        [Column("NAMESPACE", itemgetter("namespace")), *columns] if all_namespaces else [*columns]
    )


def age_text(seconds: float | None) -> str:
    """As kubectl shows ages: the two largest units."""
    if seconds is None:
        return ""
    whole = int(seconds)
    for unit, smaller, size in (("d", "h", 86_400), ("h", "m", 3600), ("m", "s", 60)):
        if whole >= size:
            rest = whole % size // {"h": 3600, "m": 60, "s": 1}[smaller]
            return f"{whole // size}{unit}{rest}{smaller}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"


def _count(field: str) -> Any:
    return lambda row: str(row[field])


def _ready(row: Row) -> str:
    return "Paused" if row.get("paused") and row["ready"] == "True" else str(row["ready"])


def _reason(row: Row) -> str:
    """Of a refusal; else that there is something to know."""
    if row["ready"] == "True" and row["warnings"]:
        return "Warnings"
    return str(row["reason"])


def _source_reason(row: Row) -> str:
    """That of Ready; else of events that its sink does not take, or of ticks that it missed, although
    it is.
    """
    if row["ready"] == "True":
        for each in row["status"]["conditions"]:
            if each["type"] in ("EventsAccepted", "OnTime") and each["status"] == "False":
                return str(each["reason"])
    return _reason(row)


BROKER_COLUMNS = (
    Column("NAME", itemgetter("name")),
    Column("URL", itemgetter("url"), 3),
    Column("READY", _ready),
    Column("REASON", _reason, 1),
    Column("EVENTS", _count("events"), 2),
    Column("PARTITIONS", _count("partitions"), 5),
    Column("TRIGGERS", _count("triggers"), 4),
)

TRIGGER_COLUMNS = (
    Column("NAME", itemgetter("name")),
    Column("BROKER", itemgetter("broker"), 5),
    Column("SUBSCRIBER", itemgetter("subscriberUri"), 8),
    Column("READY", _ready),
    Column("REASON", _reason, 3),
    Column("BACKLOG", _count("backlog"), 1),
    Column("IN FLIGHT", _count("inFlight"), 7),
    Column("RETRYING", _count("retrying"), 4),
    Column("DEAD", _count("dead"), 2),
    Column("OLDEST", lambda row: age_text(row["oldest"]), 6),
)

SOURCE_COLUMNS = (
    Column("NAME", itemgetter("name")),
    Column("KIND", itemgetter("kind"), 2),
    Column("SINK", itemgetter("sinkUri"), 4),
    Column("READY", _ready),
    Column("REASON", _source_reason, 1),
    Column("URL", itemgetter("url"), 3),
)
