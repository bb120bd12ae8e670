"""Which entries of a partition have an event's id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from poplin.log.look import FIRST, Look
from poplin.log.values import LogId

__all__ = ["Effort", "Found", "Wanted", "find"]

_MOST_SOUGHT = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """`source` None is any."""

    event_id: str
    source: str | None

    @property
    def text(self) -> bytes:
        """As it stands in the attributes of an entry; nothing else in them reads like it."""
        return b'"id":' + orjson.dumps(self.event_id)

    def is_it(self, attributes: Mapping[str, Any]) -> bool:
        return attributes.get("id") == self.event_id and self.source in (
            None,
            attributes.get("source"),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """`attributes` is None when the log does not have the entry any more."""

    log_id: LogId
    attributes: Mapping[str, Any] | None


class Effort:
    """How many more entries of logs may be looked through: half a second of a store, all told."""

    def __init__(self, entries: int = _MOST_SOUGHT) -> None:
        self.left = entries
        self.ran_out = False


async def find(look: Look, wanted: Wanted, effort: Effort) -> list[Found]:
    found: list[Found] = []
    rest: LogId | None = FIRST
    while rest is not None:
        if effort.left <= 0:
            effort.ran_out = True
            break
        sought = await look.seek(wanted.text, rest)
        effort.left -= sought.looked_at
        rest = sought.rest
        for log_id, text in sought.found:
            attributes = orjson.loads(text)
            if wanted.is_it(attributes):
                found.append(Found(log_id, attributes))
    return found
