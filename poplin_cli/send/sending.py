"""Sends messages, several at once and at a steady rate, and keeps account of the answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import orjson

from poplin_cli.errors import ExitCode
from poplin_cli.send.events import Message

__all__ = ["Account", "Pace", "Refusal", "send_all"]

_TIMEOUT_S = 30.0
_MOST_AGAIN = 10
_LONGEST_PAUSE_S = 30.0
_MOST_KEPT = 10
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Pace:
    connections: int
    rate: float | None = None
    """Events a second over all connections."""
    is_patient: bool = False
    """Wait and send again what is answered 429 or 503."""


@dataclass(frozen=True, slots=True)
class Refusal:
    id: str
    status: int | None
    """None when there was no answer."""
    detail: str

    @property
    def code(self) -> ExitCode:
        if self.status is None or self.status >= 500 or self.status == 429:
            return ExitCode.NO_ANSWER
        return ExitCode.NOT_ALLOWED if self.status in (401, 403) else ExitCode.BAD_INPUT


@dataclass(slots=True)
class Account:
    """What became of all events. The first refusals are kept, the others counted.

    `on_end` is told of each event's end, in the order in which they end.
    """

    on_end: Callable[[Message, Refusal | None], None]
    accepted: int = 0
    refused: int = 0
    sent_again: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    is_answered: bool = True
    code: ExitCode = ExitCode.DONE

    def end(self, message: Message, refusal: Refusal | None) -> None:
        if refusal is None:
            self.accepted += 1
        else:
            self._refuse(refusal)
        self.on_end(message, refusal)

    def _refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        self.is_answered = self.is_answered and refusal.status is not None
        self.code = max(self.code, refusal.code)
        if len(self.refusals) < _MOST_KEPT:
            self.refusals.append(refusal)


async def send_all(url: str, messages: Iterable[Message], pace: Pace, account: Account) -> None:
    """Where nobody answers, the events not yet sent stay so."""
    limits = httpx.Limits(max_connections=pace.connections)
    due = _paced(messages, pace.rate)
    lock = asyncio.Lock()

    async def worker(client: httpx.AsyncClient) -> None:
        while account.is_answered:
            async with lock:  # who comes next waits for the next event's time
                message = await anext(due, None)
            if message is None:
                return
            account.end(message, await _send(client, url, message, pace, account))

    async with (
        httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S, limits=limits) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(pace.connections):
            tasks.create_task(worker(client), name=f"send {number}")


async def _paced(messages: Iterable[Message], rate: float | None) -> AsyncIterator[Message]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, message in enumerate(messages):
        if rate is not None:
            await asyncio.sleep(began + number / rate - loop.time())
        yield message


async def _send(
    client: httpx.AsyncClient, url: str, message: Message, pace: Pace, account: Account
) -> Refusal | None:
    """None when it was accepted. One that is sent again keeps its id: it may be there twice."""
    again = _MOST_AGAIN if pace.is_patient else 0
    while True:
        try:
            answer = await client.post(url, headers=message.headers, content=message.body)
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            return Refusal(message.id, None, f"no answer from {url}: {why}")
        if answer.is_success:
            return None
        if answer.status_code not in _BUSY or not again:
            return Refusal(message.id, answer.status_code, _detail(answer))
        again -= 1
        account.sent_again += 1
        await asyncio.sleep(_pause_s(answer))


def _pause_s(answer: httpx.Response) -> float:
    asked = 1.0
    with suppress(KeyError, ValueError):
        asked = float(answer.headers["retry-after"])
    return min(max(asked, 0.0), _LONGEST_PAUSE_S)


def _detail(answer: httpx.Response) -> str:
    """Why, as a problem body says it."""
    with suppress(orjson.JSONDecodeError, KeyError, TypeError):
        return str(orjson.loads(answer.content)["detail"])
    return answer.reason_phrase
