"""One TCP connection to an ingress, byte by byte, and the answers that came on it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

__all__ = ["Answer", "answers_in", "connected", "exchange"]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The refusal's sentence and its frame."""
        assert self.headers["content-type"] == "application/problem+json"
        found: dict[str, Any] = orjson.loads(self.body)
        return found


def answers_in(data: bytes) -> list[Answer]:
    """Every answer, each whole; interim ones among them."""
    found = []
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        assert separator, data
        first, *lines = head.decode("ascii").split("\r\n")
        assert first.startswith("HTTP/1.1 "), first
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        size = int(headers.get("content-length", 0))
        assert len(rest) >= size, data
        found.append(Answer(int(first.split()[1]), headers, rest[:size]))
        data = rest[size:]
    return found


async def connected(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def exchange(url: str, *packets: bytes, seconds: float = 5) -> list[Answer]:
    """Send, and read until the ingress closes the connection, which it must."""
    reader, writer = await connected(url)
    try:
        for packet in packets:
            writer.write(packet)
            await writer.drain()
        async with asyncio.timeout(seconds):
            return answers_in(await reader.read())
    finally:
        writer.close()
