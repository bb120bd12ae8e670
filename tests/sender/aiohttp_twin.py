"""The same promise kept with aiohttp: what the contract suite holds the sender against."""

import asyncio
import io
import ssl

import aiohttp

from poplin.errors import BrokenAnswerError, ConnectError, SendTimeoutError
from poplin.sender import Answer, Limits, Target

__all__ = ["DIFFERENCES", "AiohttpTwin"]

_BROKEN = "test_a_broken_answer_is_an_error_that_names_the_origin"
_ENDLESS = "test_an_endless_answer_is_cut_long_before_the_deadline"
_WHOLE = "test_an_answer_is_read_as_it_is"
_STALE = "test_a_connection_that_went_stale_costs_no_attempt"

# What aiohttp cannot do or does otherwise: test, case -> why. Each is expected to fail,
# strictly: the day aiohttp changes, its line goes.
DIFFERENCES = {
    (_STALE, "close"): "sends only idempotent methods again",
    (_STALE, "reset"): "sends only idempotent methods again",
    (_WHOLE, "surplus"): "bytes behind an answer make it an error",
    (_WHOLE, "surplus after close"): "bytes behind an answer make it an error",
    ("test_a_connection_that_is_not_clean_is_left", "surplus bytes"): "the same",
    (_BROKEN, "bare 101"): "a switch of protocols is an answer",
    (_BROKEN, "upgrade"): "a switch of protocols is an answer",
    (_BROKEN, "status 99"): "any three digits are a status",
    (_BROKEN, "folded"): "folded header lines are joined",
    (_BROKEN, "unknown encoding"): "reads until close",
    (_BROKEN, "large headers"): "bounds lines and their number, not their sum",
    (_BROKEN, "many interim"): "skips interim answers without end",
    (_ENDLESS, "interim"): "skips interim answers without end",
    (_ENDLESS, "chunk extension"): "skips chunk extensions without end",
}


class AiohttpTwin:
    def __init__(self, limits: Limits, *, ssl_context: ssl.SSLContext | None = None) -> None:
        self._limits = limits
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
                data=io.BytesIO(body) if body else b"",  # bytes at large draw a warning
                headers=[(name, value) for name, value in pairs],
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(timeout_s),
                ssl=self._ssl or True,
            ) as answer:
                data = await self._read(answer)
                found = [(name.lower(), value) for name, value in answer.raw_headers]
                return Answer(answer.status, found, data)
        except asyncio.TimeoutError as error:  # noqa: UP041 - aiohttp's errors derive from it
            raise SendTimeoutError(f"{_named(target)}: {error}") from error
        except aiohttp.ClientConnectorError as error:
            raise ConnectError(f"{_named(target)}: {error}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise BrokenAnswerError(f"{_named(target)}: {type(error).__name__}") from error

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
                max_headers=self._limits.max_header_count,
                skip_auto_headers=["user-agent", "accept", "accept-encoding", "content-type"],
            )
        return self._session

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        data = bytearray()
        async for chunk in answer.content.iter_any():
            data += chunk
            if len(data) > self._limits.max_body_bytes:
                raise BrokenAnswerError(f"{answer.host}: the answer is too large")
        return bytes(data)


def _named(target: Target) -> str:
    return f"{target.scheme}://{target.host}:{target.port}"
