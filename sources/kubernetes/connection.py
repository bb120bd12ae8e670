"""The one connection of a process to its API server: requests, and errors in words of our own.

As heavy to import as the configuration.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
from kubernetes.aio.client import ApiClient

from sources.kubernetes.asking import Asked, Refusal, refused, told_by
from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.foreign import CONNECT_S, translated
from sources.kubernetes.pages import TooLargeError
from sources.kubernetes.session import Session
from sources.kubernetes.stream import SilentError

__all__ = ["Answer", "Connection"]

_MOST_TOLD_BYTES = 64 * 1024
"""Of a refusal's body."""


class Answer:
    """The body of a success."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content

    async def read(self, most: int | None) -> bytes:
        """Raises TooLargeError."""
        parts, size = [], 0
        async for chunk in self._content.iter_any():
            parts.append(chunk)
            size += len(chunk)
            if most is not None and size > most:
                raise TooLargeError(f"the API server's answer has more than {most >> 20} MiB")
        return b"".join(parts)

    async def chunks(self, silence_s: float) -> AsyncGenerator[bytes, None]:
        """As they come. Raises SilentError."""
        while True:
            try:
                async with asyncio.timeout(silence_s):
                    chunk = await self._content.readany()
            except TimeoutError as error:
                raise SilentError(
                    f"the API server's watch was silent for {silence_s:g} s"
                ) from error
            if not chunk:
                return
            yield chunk


class Connection:
    """Any number of requests at once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def host(self) -> str:
        """Once it was opened."""
        return self._session.host

    async def open(self) -> None:
        """Raises UnavailableError where the configuration is of no use; nothing is connected yet."""
        await self._session.client()

    async def close(self) -> None:
        await self._session.close()

    async def read(self, asked: Asked, within_s: float, most: int | None = None) -> bytes:
        """The whole body of its answer."""
        await self.open()
        with self._translated(within_s):
            async with asyncio.timeout(within_s), self.ask(asked, within_s) as answer:
                return await answer.read(most)

    @asynccontextmanager
    async def ask(self, asked: Asked, within_s: float) -> AsyncIterator[Answer]:
        """A success whose headers came in time; leaving it ends the request."""
        await self.open()
        with self._translated(within_s):
            async with asyncio.timeout(within_s):
                response = await self._known(asked)
            try:
                yield Answer(response)
            finally:
                _end(response)

    async def _known(self, asked: Asked) -> aiohttp.ClientResponse:
        """After a 401 once more, with what the configuration says now."""
        client, reading = await self._session.client(), self._session.readings
        response = await _sent(client, asked)
        if response.status == 401:
            response.close()
            response = await _sent(await self._session.anew(reading), asked)
        if response.status // 100 != 2:
            raise refused(asked, await _refusal(response))
        return response

    @contextmanager
    def _translated(self, within_s: float) -> Iterator[None]:
        try:
            with translated(self.host, within_s):
                yield
        except UnavailableError as error:
            if isinstance(error.__cause__, aiohttp.ClientConnectionError):
                self._session.leads_nowhere = True
            raise


async def _sent(client: ApiClient, asked: Asked) -> aiohttp.ClientResponse:
    method, url, headers, body, _ = await client.param_serialize(
        "GET" if asked.body is None else "POST",
        asked.path,
        query_params=list(asked.query.items()),
        header_params={"Accept": asked.accept, "Impersonate-User": asked.account.user},
        body=asked.body,
        auth_settings=["BearerToken"],
    )
    timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_S)
    answer = await client.call_api(method, url, headers, body, _request_timeout=timeout)
    response: aiohttp.ClientResponse = answer.response
    return response


def _end(response: aiohttp.ClientResponse) -> None:
    """At once, in its midst too: a goodbye in TLS would wait for a server that may be gone."""
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


async def _refusal(response: aiohttp.ClientResponse) -> Refusal:
    try:
        content = await Answer(response).read(_MOST_TOLD_BYTES)
    except TooLargeError:
        content = b""
    finally:
        response.close()
    return told_by(response.status, response.headers, content)
