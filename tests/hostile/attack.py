"""Over a thousand attackers at once, in a process of their own: `python -m tests.hostile.attack URL`.

Prints a JSON object: for each kind of attack how many were ended with which status, and how long
after the beginning the last was.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

from poplin.process import raise_file_limit
from tests.hostile.http_cases import EVENT
from tests.hostile.wire import connected

__all__ = ["ATTACKS", "Sent"]

Sent = AsyncIterator[bytes]

_HEAD = b"\r\n".join([b"POST /default/main HTTP/1.1", b"Host: h", *EVENT, b""])
_PAUSE_S = 0.5


async def _one_line() -> Sent:
    yield _HEAD + b"x: " + b"y" * 1_000_000


async def _many_headers() -> Sent:
    yield _HEAD + b"a: b\r\n" * 20_000


async def _endless_target() -> Sent:
    yield b"POST /" + b"a" * 1_000_000


async def _endless_trailer() -> Sent:
    yield _HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nx: " + b"y" * 1_000_000


async def _huge_length() -> Sent:
    yield _HEAD + b"Content-Length: 1000000000000\r\n\r\n" + b"x" * 100_000


async def _dripped_chunks() -> Sent:
    yield _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"2\r\nhi\r\n" * 10_000
    while True:
        await asyncio.sleep(_PAUSE_S)
        yield b"1;" + b"e" * 1000 + b"\r\nx\r\n"


async def _slow_head() -> Sent:
    yield b"POST /default/main HTTP/1.1\r\nHost: h\r\nx: "
    while True:
        await asyncio.sleep(_PAUSE_S)
        yield b"y"


async def _silence() -> Sent:
    yield b""


ATTACKS: dict[str, tuple[int, Callable[[], Sent]]] = {
    "one line": (20, _one_line),
    "many headers": (20, _many_headers),
    "endless target": (20, _endless_target),
    "endless trailer": (20, _endless_trailer),
    "huge length": (20, _huge_length),
    "dripped chunks": (20, _dripped_chunks),
    "slow head": (700, _slow_head),
    "silence": (300, _silence),
}


async def _attack(url: str, sent: Sent) -> str:
    reader, writer = await connected(url)

    async def send() -> None:
        with suppress(ConnectionError):
            async with aclosing(sent):  # type: ignore[type-var]
                async for packet in sent:
                    writer.write(packet)
                    await writer.drain()

    sending = asyncio.create_task(send())
    try:
        line = await reader.readline()
    except ConnectionError:
        return "reset"
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        writer.close()
    return line.split()[1].decode() if line else "closed"


async def _main(url: str) -> None:
    raise_file_limit()
    began = time.monotonic()
    ends: dict[str, Counter[str]] = {}

    async def count(kind: str, sent: Sent) -> None:
        ends.setdefault(kind, Counter())[await _attack(url, sent)] += 1

    async with asyncio.TaskGroup() as tasks:
        for kind, (number, attack) in ATTACKS.items():
            for _ in range(number):
                tasks.create_task(count(kind, attack()))
    print(json.dumps({"ends": ends, "last_s": time.monotonic() - began}))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
