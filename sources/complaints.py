"""Lines about what fails again and again: at once, and then now and then."""

import time
from collections.abc import Callable

import structlog

__all__ = ["Complaints"]

_EVERY_S = 10.0
_DEFECTS = ("internal", "InternalError")
"""Of ours, as an answer and as a condition name them."""


class Complaints:
    """Every refusal may be told of; those of a source for one reason are said once in ten seconds.

    `what` is what happens each time.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        what: str = "webhooks are refused",
    ) -> None:
        self._clock = clock
        self._what = what
        self._say_at: dict[tuple[str, str], float] = {}
        self._unsaid: dict[tuple[str, str], int] = {}

    def refused(self, source: str, reason: str, status: int | None, why: str) -> None:
        """`more` in the line is how many were not said since the last one; `status` is None where
        there was no answer.
        """
        key = (source, reason)
        now = self._clock()
        if now < self._say_at.get(key, now):
            self._unsaid[key] = self._unsaid.get(key, 0) + 1
            return
        self._say_at[key] = now + _EVERY_S
        more = self._unsaid.pop(key, 0)
        log = structlog.get_logger()
        (log.error if reason in _DEFECTS else log.warning)(
            self._what,
            source=source,
            reason=reason,
            **({"status": status} if status is not None else {}),
            **({"why": why} if why else {}),
            **({"more": more} if more else {}),
        )
