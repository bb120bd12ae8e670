"""An event goes to its sink: a few attempts, and an answer in time for whoever waits for it."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

from poplin.codec import encode_binary
from poplin.delivery import is_retryable, is_success, retry_after_s
from poplin.errors import PoplinError, SendError, SendTimeoutError
from poplin.event import Event
from poplin.metrics import SinkFailure
from poplin.sender import Answer, Sender, Target
from sources.pauses import pause_s

__all__ = ["Emitter", "SinkError"]

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
_TOO_EARLY = 425  # RFC 8470, 5.2: try again, as with the others


class SinkError(PoplinError):
    """The sink did not take the event; `status` is its last answer's, None where none came.

    What `is_final` would fail in the same way again. `retry_after_s` is what the sink asked for.
    """

    def __init__(
        self, message: str, status: int | None, failure: SinkFailure, asked_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.failure: SinkFailure = failure
        self.retry_after_s = asked_s

    @property
    def is_final(self) -> bool:
        status = self.status
        return status is not None and not (is_retryable(status) or status == _TOO_EARLY)


def _always() -> None:
    """Whoever may send once may send again."""


class Emitter:
    """Shared by all sources; it has no memory, so any number of events may be under way."""

    def __init__(self, sender: Sender, jitter: Callable[[], float] = random.random) -> None:
        self._sender = sender
        self._jitter = jitter

    async def emit(
        self,
        target: Target,
        event: Event,
        deadline: float,
        on_failure: Callable[[SinkFailure], None],
        *,
        check: Callable[[], None] = _always,
    ) -> None:
        """Returns when the sink has answered 2xx. Raises SinkError, by `deadline` (of the loop).

        `on_failure` is told of each attempt that failed. One that timed out may have been taken:
        the next brings the sink an event with the same source and id. `check` is called right
        before each attempt; what it raises ends this.
        """
        lines, body = encode_binary(event)
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            check()
            error = await self._attempt(target, lines, body, deadline - loop.time())
            if error is None:
                return
            on_failure(error.failure)
            number += 1
            own_s = pause_s(
                number, self._jitter(), first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S
            )
            wait_s = max(own_s, error.retry_after_s or 0.0)
            if error.is_final or loop.time() + wait_s >= deadline:
                raise error
            await asyncio.sleep(wait_s)

    async def _attempt(
        self, target: Target, lines: bytes, body: bytes, left_s: float
    ) -> SinkError | None:
        try:
            answer = await self._sender.post(target, lines, body, timeout_s=left_s)
        except SendTimeoutError as error:
            return SinkError(str(error), None, "timeout")
        except SendError as error:
            return SinkError(str(error), None, "connect")
        return None if is_success(answer.status) else _refused(answer)


def _refused(answer: Answer) -> SinkError:
    # Redirects are not followed: a sink that moves is a change of the source's document.
    failure: SinkFailure = "3xx" if answer.status < 400 else "4xx" if answer.status < 500 else "5xx"
    return SinkError(f"the sink answered {answer.status}", answer.status, failure, _asked_s(answer))


def _asked_s(answer: Answer) -> float | None:
    for name, value in answer.headers:
        if name == b"retry-after":
            return retry_after_s(value.decode("latin-1"), datetime.now(UTC))
    return None
