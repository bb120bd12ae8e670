"""How one scope of a watch fares: for its source's conditions, for operators' figures and logs."""

from collections.abc import Mapping

import structlog

from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.hands import Hands
from sources.kubernetes.readiness import Place
from sources.kubernetes.values import Resource, Verb

__all__ = ["Hearing"]


class Hearing:
    """It is a scope's Ear."""

    def __init__(self, hands: Hands, resource: Resource, place: Place) -> None:
        self._hands = hands
        self._resource = resource
        self._place = place

    def heard(self) -> None:
        self._hands.readiness.heard(self._place)

    def caught_up(self) -> None:
        self._hands.readiness.caught_up(self._place)

    def behind(self) -> None:
        self._hands.readiness.behind(self._place)

    def away(self, error: UnavailableError) -> None:
        self._hands.readiness.away(self._place, str(error))

    def compared(self, found: Mapping[Verb, int], *, is_gap: bool) -> None:
        self._hands.tally.found(self._hands.key, sum(found.values()))
        if is_gap:
            self._hands.tally.relisted(self._hands.key)
        structlog.get_logger().info(
            "the history did not reach back: listed and compared"
            if is_gap
            else "listed and compared",
            source=self._hands.key,
            resource=self._resource.plural,
            namespace=self._place[1],
            adds=found.get("add", 0),
            updates=found.get("update", 0),
            deletes=found.get("delete", 0),
        )
