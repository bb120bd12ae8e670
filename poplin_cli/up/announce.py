"""Telling what an edit did, a line for each broker and trigger."""

from collections.abc import Sequence

from redis.asyncio import Redis

from poplin.catalog import RemovedBroker, RemovedTrigger, Verdict
from poplin.catalog.catalog import logs
from poplin.errors import StoreUnavailableError
from poplin.log import Log
from poplin_cli.up.changes import Change
from poplin_cli.up.output import Output

__all__ = ["announce"]

_MOST_LINES = 20


async def announce(
    redis: Redis, output: Output, found: Sequence[Change], removed_kept_s: float
) -> None:
    for change in found[:_MOST_LINES]:
        is_bad = change.verdict is not None and not change.verdict.ready
        output.say(
            f"{change.kind} {change.key} {change.how}{_not_ready(change.verdict)}"
            f"{await _kept(redis, change, removed_kept_s)}",
            level="warning" if is_bad else "info",
        )
    if (more := len(found) - _MOST_LINES) > 0:
        output.say(f"and {more} more brokers and triggers")


def _not_ready(verdict: Verdict | None) -> str:
    if verdict is None or verdict.ready:
        return ""
    return f", not ready: {verdict.reason}" + (f": {verdict.message}" if verdict.message else "")


async def _kept(redis: Redis, change: Change, seconds: float) -> str:
    if change.kept is None:
        return ""
    try:
        if isinstance(change.kept, RemovedBroker):
            events = sum([await log.length() for log in logs(redis, change.kept)])
            return f"; its log of {_count(events, 'event')} is kept for {_span(seconds)}"
        backlog, dead = await _owed(redis, change.kept)
    except StoreUnavailableError:
        return f"; what it leaves is kept for {_span(seconds)}"
    letters = _count(dead, "dead letter")
    return f"; its backlog of {backlog} and {letters} are kept for {_span(seconds)}"


async def _owed(redis: Redis, trigger: RemovedTrigger) -> tuple[int, int]:
    parts = [
        await Log(redis, trigger.broker_key, partition).owed(trigger.uid)
        for partition in range(trigger.partitions)
    ]
    return sum(due for due, _ in parts), sum(dead for _, dead in parts)


def _count(number: float, thing: str) -> str:
    return f"{number:.10g} {thing}" if number == 1 else f"{number:.10g} {thing}s"


def _span(seconds: float) -> str:
    return _count(seconds / 60, "minute") if seconds >= 60 else _count(seconds, "second")
