"""Entries that were under way when a process died, more than once: which of them did it?

All that was under way then is leased together again, dies together again, and would be buried
together. So from the second lost lease on each is attempted apart, until the guilty one has
died alone as often as makes it poison.
"""

import random

from dispatcher.delivery import Delivery
from poplin.log import BURIED_AS_POISON_AT

__all__ = ["Suspects"]

_SUSPECT_AT = 2
_ALONE_S = 1.0
_APART_S = (0.2, 1.5)


class Suspects:
    """Of one process, for it is the process that dies.

    No suspect begins in another's first second; one whose lease was lost thrice begins only when
    no other is under way. So a subscriber that hangs holds up no suspect but those.
    """

    def __init__(self) -> None:
        self._under_way: set[Delivery] = set()
        self._latest: Delivery | None = None
        self._alone_until = 0.0
        self._wanted_until = 0.0
        """Somebody waits to be alone: nobody else begins, so that its turn comes."""

    @staticmethod
    def is_one(delivery: Delivery) -> bool:
        return _SUSPECT_AT <= delivery.crashes < BURIED_AS_POISON_AT

    def admit(self, delivery: Delivery, now: float) -> bool:
        """Whether this suspect may be attempted now; then tell when it has `ended`."""
        if self._latest is not None and now < self._alone_until:
            return False
        if delivery.crashes > _SUSPECT_AT:
            if self._under_way:
                self._wanted_until = now + 2 * _APART_S[1]
                return False
        elif now < self._wanted_until:
            return False
        self._under_way.add(delivery)
        self._latest = delivery
        self._alone_until = now + _ALONE_S
        return True

    def ended(self, delivery: Delivery) -> None:
        self._under_way.discard(delivery)
        if self._latest is delivery:
            self._latest = None

    @staticmethod
    def pause_s() -> float:
        """How long one that is not admitted stays away: chance keeps them apart."""
        return random.uniform(*_APART_S)  # noqa: S311 - spreads attempts, guards nothing
