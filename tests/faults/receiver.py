"""The subscribers: one server, a path for each, everything that comes goes into the ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.faults.ledger import Ledger, digest_of

__all__ = ["ACCEPTED", "Receiver", "receiver", "status_only"]


def status_only(status: int) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % status


ACCEPTED = status_only(202)


class Receiver:
    """Answers what `answer` says of path and event: bytes, or None for 202."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.port = 0
        self.answer: Callable[[str, str], bytes] = lambda _path, _event: ACCEPTED
        self.requests_at: list[float] = []
        """When each request came; counted also where the answer is a refusal."""

    def uri(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Server(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._now = asyncio.get_running_loop().time
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            total = end + 4 + int(_field(head, b"content-length: "))
            if len(self._buffer) < total:
                return
            body, self._buffer = self._buffer[end + 4 : total], self._buffer[total:]
            self._take(head.split(b" ", 2)[1].decode(), _field(head, b"ce-id: ").decode(), body)

    def _take(self, path: str, event: str, body: bytes) -> None:
        answer = self._receiver.answer(path, event)
        self._receiver.requests_at.append(self._now())
        if answer.startswith(b"HTTP/1.1 2"):
            self._receiver.ledger.arrived(path, event, digest_of(body), self._now())
        self._transport.write(answer)


def _field(head: bytes, name: bytes) -> bytes:
    start = head.index(name) + len(name)
    return head[start : head.index(b"\r\n", start)]


@asynccontextmanager
async def receiver(ledger: Ledger) -> AsyncIterator[Receiver]:
    each = Receiver(ledger)
    server = await asyncio.get_running_loop().create_server(lambda: _Server(each), "127.0.0.1", 0)
    each.port = server.sockets[0].getsockname()[1]
    try:
        yield each
    finally:
        server.close()
