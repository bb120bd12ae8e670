"""Telling what an edit did to the sources, a line for each."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from poplin.resources import ResolvedSource
from poplin.watch.told import Level

__all__ = ["source_news"]

_MOST_LINES = 20


def source_news(
    before: Sequence[ResolvedSource], after: Sequence[ResolvedSource]
) -> Iterator[tuple[str, Level]]:
    """By kind and name. Warnings alone are no change."""
    lines = list(_changes(before, after))
    yield from lines[:_MOST_LINES]
    if (more := len(lines) - _MOST_LINES) > 0:
        yield f"and {more} more sources", "info"


def _changes(
    before: Sequence[ResolvedSource], after: Sequence[ResolvedSource]
) -> Iterator[tuple[str, Level]]:
    was = {each.status.key: each for each in before}
    now = {each.status.key: each for each in after}
    for key in sorted(was.keys() | now.keys()):
        kind, _, name = key.partition("/")
        if key not in now:
            yield f"{kind} {name} removed", "info"
        elif key not in was or _served(was[key]) != _served(now[key]):
            how = "changed" if key in was else "added"
            ready = now[key].status.condition("Ready")
            bad = ready.status != "True"
            why = f", not ready: {ready.reason}: {ready.message}" if bad else ""
            yield f"{kind} {name} {how}{why}", "warning" if bad else "info"


def _served(source: ResolvedSource) -> tuple[object, ...]:
    """A Secret's new value is a change of the sources that have it, and so is an annotation."""
    status, document = source.status, source.source
    return (
        document and replace(document, warnings=(), refused_edit=""), status.spec_digest,
        status.conditions, source.sink_uri, source.secrets, source.access_token,
    )  # fmt: skip
