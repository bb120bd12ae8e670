"""One line when the store, or its replicas, go away and one when they are back, however many calls fail."""

import time

import structlog

__all__ = ["Availability"]

_STEADY_S = 1.0


class Availability:
    """Told of every call. Before the first answer it is silent: whoever starts says that he waits.

    The store is back with the first answer a second after the last failure: while some calls
    fail and others do not, it is away.
    """

    def __init__(self, away: str = "the store is away", back: str = "the store is back") -> None:
        self._away = away
        self._back = back
        self._log = structlog.get_logger()
        self._has_answered = False
        self._away_since: float | None = None
        self._failed_at = 0.0

    def failed(self, error: Exception) -> None:
        self._failed_at = time.monotonic()
        if self._has_answered and self._away_since is None:
            self._away_since = self._failed_at
            self._log.warning(self._away, why=str(error))

    def answered(self) -> None:
        self._has_answered = True
        if self._away_since is None:
            return
        now = time.monotonic()
        if now - self._failed_at >= _STEADY_S:
            self._log.info(self._back, after_s=round(now - self._away_since, 1))
            self._away_since = None
