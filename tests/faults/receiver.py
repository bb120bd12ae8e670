"""The subscribers: one server, a path for each, everything that comes goes into the ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bench.requests import Requests, field
from tests.faults.ledger import Ledger, digest_of

__all__ = ["ACCEPTED", "Receiver", "receiver", "status_only"]


def status_only(status: int) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % status


ACCEPTED = status_only(202)


class Receiver:
    """Answers what `answer` says of path and event; where that is nothing, it does not answer."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.port = 0
        self.answer: Callable[[str, str], bytes] = lambda _path, _event: ACCEPTED
        self.heard: Callable[[bytes, bytes], None] = lambda _head, _body: None
        """Told what was accepted."""
        self.requests_at: list[float] = []
        """When each request came; counted also where the answer is a refusal."""

    def uri(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Server(Requests):
    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self._receiver = receiver
        self._now = asyncio.get_running_loop().time

    def take(self, head: bytes, body: bytes) -> bytes:
        path, event = head.split(b" ", 2)[1].decode(), field(head, b"ce-id: ").decode()
        answer = self._receiver.answer(path, event)
        self._receiver.requests_at.append(self._now())
        if answer.startswith(b"HTTP/1.1 2"):
            self._receiver.ledger.arrived(path, event, digest_of(body), self._now())
            self._receiver.heard(head, body)
        return answer


@asynccontextmanager
async def receiver(ledger: Ledger) -> AsyncIterator[Receiver]:
    each = Receiver(ledger)
    server = await asyncio.get_running_loop().create_server(lambda: _Server(each), "127.0.0.1", 0)
    each.port = server.sockets[0].getsockname()[1]
    try:
        yield each
    finally:
        server.close()
