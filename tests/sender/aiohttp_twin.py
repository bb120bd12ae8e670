"""The same promise kept with aiohttp: what the contract suite holds the sender against."""

import asyncio
import ssl

import aiohttp

from poplin.errors import BrokenAnswerError, ConnectError, SendTimeoutError
from poplin.sender import Answer, Limits, Target

__all__ = ["AiohttpTwin"]


class AiohttpTwin:
    def __init__(
        self, limits: Limits | None = None, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._ssl = ssl_context
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, target: Target, headers: bytes, body: bytes, *, timeout_s: float
    ) -> Answer:
        pairs = [line.split(": ", 1) for line in headers.decode("latin-1").split("\r\n") if line]
        session = self._open()
        try:
            async with session.post(
                target.url,
                data=body,
                headers=[(name, value) for name, value in pairs],
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(timeout_s),
                ssl=self._ssl or True,
            ) as answer:
                data = await self._read(answer)
                found = [(name.lower(), value) for name, value in answer.raw_headers]
                return Answer(answer.status, found, data)
        except asyncio.TimeoutError as error:  # noqa: UP041 - aiohttp's errors derive from it
            raise SendTimeoutError(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise ConnectError(str(error)) from error
        except (aiohttp.ClientError, ValueError) as error:
            raise BrokenAnswerError(str(error)) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                max_line_size=self._limits.max_header_bytes,
                max_field_size=self._limits.max_header_bytes,
                skip_auto_headers=["user-agent", "accept", "accept-encoding", "content-type"],
            )
        return self._session

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for chunk in answer.content.iter_any():
            data += chunk
            if len(data) > self._limits.max_body_bytes:
                raise BrokenAnswerError("the answer is too large")
        return bytes(data)
