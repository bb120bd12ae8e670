"""What operators did, in the log: what and how many. Who it was nobody knows: there is one token."""

import asyncio

import structlog

__all__ = ["Audit"]

_EVERY_S = 5.0


class Audit:
    """One line for each operation that ends with its call; of one that takes many slices a line
    now and then, and one when it ends or comes to a halt.
    """

    def __init__(self) -> None:
        self._unsaid: dict[tuple[str, str, str], int] = {}
        self._timers: dict[tuple[str, str, str], asyncio.TimerHandle] = {}

    def did(
        self, what: str, trigger: str, count: int, *, operation: str = "", is_done: bool = True
    ) -> None:
        """`operation` tells slices of one redrive or replay from those of another."""
        key = (what, trigger, operation)
        self._unsaid[key] = self._unsaid.get(key, 0) + count
        if is_done:
            self._say(key)
        elif key not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[key] = loop.call_later(_EVERY_S, self._say, key)

    def flush(self) -> None:
        """Say what is left: the process ends."""
        for key in list(self._unsaid):
            self._say(key)

    def _say(self, key: tuple[str, str, str]) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
        what, trigger, operation = key
        more = {"operation": operation} if operation else {}
        structlog.get_logger().info(what, trigger=trigger, count=self._unsaid.pop(key), **more)
