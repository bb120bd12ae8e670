"""The subscriber itself: an ASGI application that prints each event and answers as told."""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
import uvicorn

from poplin.codec import decode_all
from poplin.errors import InvalidEventError
from poplin.event import Event
from poplin.process import listening_socket, serve_until, set_on_signal
from poplin.waiting import wait
from poplin_cli.display.answers import Answer, Attempts, Behaviour, Decider
from poplin_cli.events import details, event_view
from poplin_cli.show import printable

__all__ = ["Receiver", "display"]

_MOST_BYTES = 16 * 1024 * 1024
_Message = MutableMapping[str, Any]


class Receiver:
    """Prints through `write`; sets `stop` after `count` requests."""

    def __init__(
        self,
        behaviour: Behaviour,
        write: Callable[[str], None],
        stop: asyncio.Event,
        *,
        output: Literal["text", "json"] = "text",
        count: int | None = None,
    ) -> None:
        self._behaviour = behaviour
        self._decider = Decider(behaviour)
        self._attempts = Attempts()
        self._write = write
        self._stop = stop
        self._is_json = output == "json"
        self._left = count

    async def __call__(self, scope: _Message, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] != "POST":
            await _send(send, _refusal(405, "send events by POST"))
            return
        with suppress(_GoneError):
            body = await _body(receive)
            await _send(send, await self._answer(scope["path"], scope["headers"], body))
            self._count()

    async def _answer(
        self, path: str, headers: Sequence[tuple[bytes, bytes]], body: bytes | None
    ) -> Answer:
        if body is None:
            return _refusal(413, f"more than {_MOST_BYTES} bytes")
        try:
            events = decode_all(headers, body)
        except InvalidEventError as error:
            self._write(f"not an event: {printable(str(error))}")
            return _refusal(400, str(error))
        answer = Answer(202)
        for event in events:
            answer = self._decider.answer(event)
            self._show(path, event, answer)
        # A stop request does not wait for the delay to pass.
        await wait(self._stop, self._behaviour.delay_s)
        return answer

    def _count(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self._stop.set()

    def _show(self, path: str, event: Event, answer: Answer) -> None:
        attempt = self._attempts.count(path, event)
        now = datetime.now(UTC)
        if self._is_json:
            seen = {
                "received": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "path": path,
                "attempt": attempt,
                "answered": answer.status,
            }
            self._write(orjson.dumps({**seen, **event_view(event)}).decode())
            return
        named = event.attributes
        place = "" if path == "/" else f" at {path}"
        headline = f"{named['type']} {named['id']} from {named['source']}{place}"
        self._write(
            f"{now:%H:%M:%S} {printable(headline)}: attempt {attempt}, answered {answer.status}"
        )
        for line in details(event):
            self._write(f"  {line}")


class _GoneError(Exception):
    """The client went before its request was complete."""


async def _body(receive: Any) -> bytes | None:
    """None when it is too long."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _GoneError
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _MOST_BYTES:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _refusal(status: int, detail: str) -> Answer:
    body = orjson.dumps({"status": status, "detail": detail})
    return Answer(status, ((b"content-type", b"application/problem+json"),), body)


async def _send(send: Any, answer: Answer) -> None:
    length = (b"content-length", str(len(answer.body)).encode())
    headers = [*answer.headers, length]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def display(host: str, port: int, make: Callable[[asyncio.Event], Receiver]) -> None:
    """Serve until a signal, or until the receiver has had enough."""
    stop = asyncio.Event()
    set_on_signal(stop)
    listener = listening_socket(host, port)
    server = uvicorn.Server(
        uvicorn.Config(
            make(stop),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )
    await serve_until(server, listener, stop)
