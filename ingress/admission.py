"""Admission by memory: who owes too much is refused at the door, while there is still room for
retries and dead letters. Only what is owed counts; windows for replay make way first
(dispatcher/relief.py).
"""

import asyncio
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog

from ingress.answers import Answer, refusal
from ingress.brokers import Brokers
from poplin.errors import StoreUnavailableError
from poplin.log import Keys, Meter, Usage
from poplin.metrics import Reason
from poplin.waiting import wait

__all__ = ["Admission", "Refused", "judge"]

_LOOK_S = 1.0
_SHARES_AT = 0.80
"""Of maxmemory: from here on a broker may owe no more than its share."""
_ALL_AT = 0.95
_EASE = 0.05
"""The lines are so much lower for whom is refused already: nobody flaps."""
_RETRY_AFTER_S = (3, 7)
"""Drawn anew with every look, so that producers do not come back all at once."""
_MOST_NAMES = 10
_HOW = (
    "send the event again later; what makes room: mending or removing triggers with long queues "
    "or many dead letters (/triggers of the management API), or a higher maxmemory "
    "(--store-memory)"
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A verdict on one broker."""

    status: int
    detail: str

    @property
    def reason(self) -> Reason:
        return "backlog" if self.status == 429 else "store_full"


class Admission:
    """Looks at the store's memory once a second, and at every broker where it is short.

    `refused` has the answer for each broker that takes nothing now; the intake asks for nothing
    else. While the store is away the last verdicts stay.
    """

    def __init__(self, brokers: Brokers) -> None:
        self.refused: Mapping[str, Answer] = {}
        self._brokers = brokers
        self._meter = Meter(above=_SHARES_AT - _EASE)
        self._verdicts: Mapping[str, Refused] = {}
        self._log = structlog.get_logger()
        self._has_warned = False

    async def run(self, stop: asyncio.Event) -> None:
        while not await wait(stop, _LOOK_S):
            try:
                await self.look()
            except StoreUnavailableError:
                continue
            except Exception as error:  # noqa: BLE001 - a store that forbids INFO in scripts, say
                self._log.error("no admission by memory: the store refuses to tell", why=str(error))
                return

    async def look(self) -> None:
        usages = await self._meter.look(self._brokers.owing)
        verdicts = judge(usages, self._verdicts)
        retry_after_s = random.randint(*_RETRY_AFTER_S)  # noqa: S311 - spreads, guards nothing
        self.refused = {
            key: refusal(verdict.status, verdict.reason, verdict.detail, retry_after_s)
            for key, verdict in verdicts.items()
        }
        self._say(verdicts, usages.values())
        self._verdicts = verdicts

    def _say(self, verdicts: Mapping[str, Refused], usages: Collection[Usage]) -> None:
        began = [key for key in verdicts if key not in self._verdicts]
        ended = [key for key in self._verdicts if key not in verdicts]
        used = f"{max((usage.fullness for usage in usages), default=0.0):.0%}"
        if began:
            self._log.warning(
                "events are refused: memory is short", brokers=_names(began), memory_used=used
            )
        if ended:
            self._log.info("events are taken again", brokers=_names(ended), memory_used=used)
        if not self._has_warned and any(not usage.limit for usage in usages):
            self._has_warned = True
            self._log.warning(
                "the store has no maxmemory: nothing is refused before it has taken all memory",
                to_change="CONFIG SET maxmemory",
            )


def judge(usages: Mapping[Keys, Usage], before: Mapping[str, Refused]) -> dict[str, Refused]:
    """Who is refused, given who was."""
    fullest: dict[str, Usage] = {}
    owed: dict[str, int] = {}
    for keys, usage in usages.items():
        key = keys.broker
        fullest[key] = max(usage, fullest.get(key, usage), key=lambda each: each.fullness)
        owed[key] = owed.get(key, 0) + usage.owed_bytes
    others = {key: _of_nobody(usage, usages.values()) for key, usage in fullest.items()}
    found: dict[str, Refused] = {}
    for key, usage in fullest.items():
        was = before.get(key)
        if usage.fullness >= _ALL_AT - _EASE * (was is not None and was.status == 503):
            found[key] = Refused(503, _full(usage))
            continue
        line = _SHARES_AT - _EASE * (was is not None)
        share = max(0, int(line * usage.limit) - others[key]) // len(fullest)
        if usage.fullness >= line and owed[key] > share:
            found[key] = Refused(429, _owes(key, owed[key], share, usage))
    return found


def _of_nobody(usage: Usage, usages: Collection[Usage]) -> int:
    """What a server uses that is neither owed nor can be taken away: itself, buffers, graves,
    other applications. It is taken off before shares are made; so, when windows are gone and
    memory is still short, somebody owes more than a share, however rough the estimates.
    """
    known = sum(each.owed_bytes + each.settled_bytes + each.journal_bytes for each in usages)
    return max(0, usage.used - known)


def _owes(key: str, owed: int, share: int, usage: Usage) -> str:
    return (
        f"broker {key} owes its triggers events of {_mib(owed)}, more than its share of "
        f"{_mib(share)}, while {usage.fullness:.0%} of the store's memory of {_mib(usage.limit)} "
        f"is used (shares count from {_SHARES_AT:.0%} on); {_HOW}"
    )


def _full(usage: Usage) -> str:
    return (
        f"{usage.fullness:.0%} of the store's memory of {_mib(usage.limit)} is used (from "
        f"{_ALL_AT:.0%} on no event is taken); {_HOW}"
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _names(keys: list[str]) -> str:
    more = len(keys) - _MOST_NAMES
    return ", ".join(keys[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
