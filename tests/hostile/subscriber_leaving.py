"""A subscriber in a process of its own, which leaves each idle connection after a random time.

    python -m tests.hostile.subscriber_leaving MOST_SECONDS

It prints its port. In the process of a test it would be late to read what has come, and leave
with a request in its hands: that is no connection gone idle.
"""

import asyncio
import random
import sys

__all__: list[str] = []

_ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class _Leaving(asyncio.Protocol):
    _transport: asyncio.Transport
    _timer: asyncio.TimerHandle

    def __init__(self, most_s: float, chance: random.Random) -> None:
        self._most_s = most_s
        self._chance = chance
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a Protocol's is a Transport
        self._set_timer()

    def data_received(self, data: bytes) -> None:
        self._timer.cancel()
        self._read += data
        head, end, rest = self._read.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        if end and len(rest) >= length:
            self._read = rest[length:]
            self._transport.write(_ANSWER)
            self._set_timer()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._timer.cancel()

    def _set_timer(self) -> None:
        seconds = self._chance.uniform(0, self._most_s)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.close)


async def _serve(most_s: float) -> None:
    chance = random.Random(15)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Leaving(most_s, chance), "127.0.0.1", 0
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
