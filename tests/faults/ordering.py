"""Whether the events of each key came one at a time, in the order of the log."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from redis.asyncio import Redis

from poplin.catalog.catalog import logs, read

__all__ = ["Attempts", "in_log_order", "inversions"]


class _Attempt(NamedTuple):
    event: str
    is_taken: bool


class Attempts:
    """In the place of a receiver's `answer`: what `answer` says, and each request noted down."""

    def __init__(self, answer: Callable[[str, str], bytes]) -> None:
        self.answer = answer
        self.of: dict[str, list[_Attempt]] = defaultdict(list)
        """By path, in the order in which they came."""

    def __call__(self, path: str, event: str) -> bytes:
        answer = self.answer(path, event)
        self.of[path].append(_Attempt(event, answer.startswith(b"HTTP/1.1 2")))
        return answer


async def in_log_order(redis: Redis) -> dict[str, list[str]]:
    """Event ids by key, of all brokers; nothing must have been trimmed."""
    found: dict[str, list[str]] = defaultdict(list)
    places: dict[str, str] = {}
    for log in (log for each in (await read(redis)).brokers.values() for log in logs(redis, each)):
        entries: Any = await redis.xrange(log.keys.log)
        for _, fields in entries:
            event = orjson.loads(fields[b"a"])
            key = event.get("partitionkey") or event["source"]
            assert places.setdefault(key, log.keys.tag) == log.keys.tag, "a key in two partitions"
            found[key].append(event["id"])
    return found


def inversions(
    attempts: list[_Attempt], order: Mapping[str, list[str]], dead: set[str]
) -> list[tuple[str, str]]:
    """Key and event of each attempt that came before all earlier events of its key were taken, or
    dead, or after a later one had begun.
    """
    place = {event: (key, number) for key, ids in order.items() for number, event in enumerate(ids)}
    latest: dict[str, int] = dict.fromkeys(order, 0)
    taken: set[str] = set()
    found = []
    for event, is_taken in attempts:
        key, number = place[event]
        passed = order[key][latest[key] : number]
        if number < latest[key] or any(each not in taken | dead for each in passed):
            found.append((key, event))
        latest[key] = max(number, latest[key])
        if is_taken:
            taken.add(event)
    return found
