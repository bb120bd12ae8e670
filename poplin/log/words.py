"""What the scripts take and give, as values: answers read, items put in the order of their keys."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from poplin.log.values import GONE, Entry, LeasedEntry, LogId, QueueFigures

__all__ = ["by_trigger", "in_order", "read_entry", "read_figures", "read_leased"]

_Item = TypeVar("_Item")


def read_entry(fields: Mapping[bytes, bytes]) -> Entry:
    return Entry(fields[b"a"], fields.get(b"h"), fields.get(b"d", b""))


def read_leased(row: Sequence[bytes]) -> LeasedEntry:
    log_id, tries, crashes, first, grave, attributes, headers, data, replay = row
    return LeasedEntry(
        LogId(log_id),
        int(tries),
        int(crashes),
        int(first) if first else None,
        grave or None,
        Entry(attributes, headers or None, data) if attributes else None,
        replay.decode() or None,
    )


def read_figures(row: Sequence[Any]) -> QueueFigures:
    backlog, in_flight, retrying, dead, oldest_ms = row
    oldest_us = int(oldest_ms) * 1000 if oldest_ms else None
    return QueueFigures(int(backlog), int(in_flight), int(retrying), int(dead), oldest_us)


def by_trigger(
    items: Sequence[_Item], uid_of: Callable[[_Item], str]
) -> tuple[list[tuple[str, list[_Item]]], list[int]]:
    """Items grouped as the scripts want them, and where each stood in `items`."""
    groups: dict[str, list[int]] = {}
    for position, item in enumerate(items):
        groups.setdefault(uid_of(item), []).append(position)
    grouped = [(uid, [items[position] for position in group]) for uid, group in groups.items()]
    return grouped, [position for group in groups.values() for position in group]


def in_order(flags: bytes, order: Iterable[int]) -> list[int]:
    """The scripts' flags, back in the order of the caller's items."""
    answers = [GONE] * len(flags)
    for flag, position in zip(flags, order, strict=True):
        answers[position] = flag - ord("0")
    return answers
