"""How a source that watches fares, as conditions."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from poplin.catalog import Condition
from poplin.waiting import wait
from sources.standing import Standing

__all__ = ["Place", "Readiness"]

_LOOK_S = 1.0
_SHOWN = 3
"""Of many that say the same kind of thing."""

_NOT_YET = "the API server has not been asked yet"

Place = tuple[str, str]
"""A watch, by its id, and one of its scopes."""


@dataclass(slots=True)
class _Fares:
    """One scope of one watch."""

    refused: str | None = None
    """Why; '' once it is allowed."""
    is_behind: bool = True
    away: str = ""
    away_since_s: float = 0.0


class Readiness:
    """Of one source. `watches` are the ids of all; each is found, or not, before anything else is
    known of it. `source` is its key, for the log.
    """

    def __init__(
        self,
        standing: Standing,
        watches: Iterable[str],
        *,
        source: str = "",
        told_after_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._standing = standing
        self._source = source
        self._logged: dict[str, tuple[str, str]] = {}
        self._told_after_s = told_after_s
        self._clock = clock
        self._changed = asyncio.Event()
        self._namespaces: tuple[str, ...] = ()
        self._kinds: dict[str, str | None] = dict.fromkeys(watches)
        self._fares: dict[Place, _Fares] = {(each, ""): _Fares() for each in self._kinds}

    async def run(self) -> None:
        """Until it is cancelled: an API server that is away is told of after some time."""
        while True:
            self._changed.clear()
            self.say()
            await wait(self._changed, _LOOK_S)

    # What happens

    def found(self, watch: str) -> None:
        if self._kinds[watch] != "":
            self._kinds[watch] = ""
            self.expected((watch, ""))

    def unknown(self, watch: str, why: str) -> None:
        """Its kind. What was said of its scopes is of no interest any more."""
        self._kinds[watch] = why
        for place in [each for each in self._fares if each[0] == watch]:
            del self._fares[place]
        self._changed.set()

    def expected(self, *places: Place) -> None:
        """They are going to be watched."""
        for place in places:
            self._of(place)
        self._changed.set()

    def allowed(self, place: Place) -> None:
        """So was the answer when it was asked for."""
        self._of(place).refused = ""
        self._changed.set()

    def refused(self, place: Place, why: str) -> None:
        self._fares[place] = _Fares(refused=why)
        self._changed.set()

    def caught_up(self, place: Place) -> None:
        """The API server answers, and a watch is about to begin. Whether that is allowed may not be
        known yet.
        """
        fares = self._of(place)
        fares.is_behind, fares.away, fares.refused = False, "", fares.refused or ""
        self._changed.set()

    def heard(self, place: Place) -> None:
        """The watch brought something: nothing is missing."""
        fares = self._of(place)
        if fares.is_behind or fares.away or fares.refused != "":
            fares.is_behind, fares.away, fares.refused = False, "", ""
            self._changed.set()

    def behind(self, place: Place) -> None:
        """Again."""
        self._of(place).is_behind = True
        self._changed.set()

    def away(self, place: Place, why: str) -> None:
        """The API server, seen from there."""
        fares = self._of(place)
        if not fares.away:
            fares.away_since_s = self._clock()
        fares.away = why
        self._changed.set()

    def left(self, place: Place) -> None:
        """Nobody watches there, any more."""
        if self._fares.pop(place, None) is not None:
            self._changed.set()

    def namespaces(self, names: Iterable[str]) -> None:
        """Those that are watched; '' stands for all."""
        self._namespaces = tuple(sorted(names))
        self._changed.set()

    # What is said

    def say(self) -> None:
        """To the standing, as it is at this moment."""
        for each in (self._resources_found(), self._sufficient_permissions(), self._deployed()):
            self._standing.say(each)
            self._log(each)
        self._standing.namespaces = self._namespaces

    def _log(self, condition: Condition) -> None:
        """A line when it turns out False or, at the end, True; not for each step on the way."""
        news = condition.status, condition.reason
        if condition.status == "Unknown" or news == self._logged.get(condition.type):
            return
        was_false = self._logged.get(condition.type, ("", ""))[0] == "False"
        self._logged[condition.type] = news
        log = structlog.get_logger().bind(source=self._source, condition=condition.type)
        if condition.status == "False":
            log.warning("a source does not work", reason=condition.reason, why=condition.message)
        elif condition.type == "Deployed":
            log.info("a source works")
        elif was_false:
            log.info("what was missing is there")

    def _of(self, place: Place) -> _Fares:
        return self._fares.setdefault(place, _Fares())

    def _resources_found(self) -> Condition:
        kinds = self._kinds.values()
        if missing := list(filter(None, kinds)):
            return Condition("ResourcesFound", "False", "NotFound", _together(missing))
        if None in kinds:
            return Condition("ResourcesFound", "Unknown", "NotAskedYet", _NOT_YET)
        return Condition("ResourcesFound", "True")

    def _sufficient_permissions(self) -> Condition:
        kind = "SufficientPermissions"
        if refused := [each.refused for each in self._fares.values() if each.refused]:
            return Condition(kind, "False", "Missing", _together(refused))
        if not self._fares or any(each.refused is None for each in self._fares.values()):
            return Condition(kind, "Unknown", "NotAskedYet", _NOT_YET)
        return Condition(kind, "True")

    def _deployed(self) -> Condition:
        fares = [each for each in self._fares.values() if not each.refused]
        since_s = self._clock() - self._told_after_s
        if away := [each.away for each in fares if each.away and each.away_since_s <= since_s]:
            return Condition("Deployed", "False", "ApiServerUnavailable", _together(away))
        if not fares or any(each.is_behind for each in fares):
            return Condition("Deployed", "Unknown", "CatchingUp", "what is there is being listed")
        return Condition("Deployed", "True")


def _together(texts: Sequence[str]) -> str:
    """Each text once, the first of them."""
    found = list(dict.fromkeys(texts))
    more = len(found) - _SHOWN
    return "; ".join(found[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
