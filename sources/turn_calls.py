"""What the turns of a process ask the store: those that ask together share a call."""

import asyncio
from typing import NamedTuple

from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.log.scripts import Script

__all__ = ["TurnCalls"]

_GATHER_S = 0.02
"""Hundreds that begin together are asked about together from then on: each waits for the same
answer, and then as long as the others."""
_MOST = 1000
"""In one call, so that the store serves others between two."""


class _Question(NamedTuple):
    key: str
    what: str
    token: str
    lasts_ms: int
    answer: asyncio.Future[bool | None]


class TurnCalls:
    """One for all turns of a process."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: list[_Question] = []
        self._sending: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, key: str, what: str, token: str, lasts_ms: int) -> bool | None:
        """`what` is take, keep or leave. None when the store does not answer; raises what else it
        answers, as where it refuses us.
        """
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Question(key, what, token, lasts_ms, answer))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send(), name="ask for turns")
            self._under_way.add(self._sending)
            self._sending.add_done_callback(self._under_way.discard)
        return await answer

    async def _send(self) -> None:
        await asyncio.sleep(_GATHER_S)
        # Who asks from now on does not wait behind this call: the store may be slow to answer.
        questions, self._waiting, self._sending = self._waiting, [], None
        for first in range(0, len(questions), _MOST):
            await self._answer(questions[first : first + _MOST])

    async def _answer(self, questions: list[_Question]) -> None:
        words = [word for each in questions for word in (each.what, each.token, each.lasts_ms)]
        try:
            found = await _turn(self._redis, _keys(questions), words)
        except StoreUnavailableError:
            found = [None] * len(questions)
        except Exception as error:  # noqa: BLE001 - whoever asked raises it
            for each in questions:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each, answer in zip(questions, found, strict=True):
            if not each.answer.done():  # else it was cancelled
                each.answer.set_result(None if answer is None else bool(answer))


def _keys(questions: list[_Question]) -> list[str]:
    return [each.key for each in questions]


_turn = Script("turn", "sources")
