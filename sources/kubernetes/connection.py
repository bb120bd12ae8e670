"""The one connection of a process to its API server: who we are, and errors in words of our own.

As heavy to import as the configuration.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from sources.kubernetes.asking import Asked, Refusal, refused, told_by
from sources.kubernetes.configuration import is_loopback, read_configuration
from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.foreign import CONNECT_S, server_of, translated
from sources.kubernetes.pages import TooLargeError
from sources.kubernetes.stream import SilentError

__all__ = ["Answer", "Connection"]

_MOST_TOLD_BYTES = 64 * 1024
"""Of a refusal's body."""
_BUFFER_BYTES = 64 * 1024
"""What is read ahead of a watch: there may be hundreds, and their readers may be slow."""


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
    """Any number of requests at once. Its configuration is read at first use, after a 401, and
    after it led to no connection (at most every `again_s`): tokens and clusters are made anew.
    """

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None,
        *,
        again_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._again_s = again_s
        self._clock = clock
        self._lock = asyncio.Lock()
        self._client: ApiClient | None = None
        self._place: tuple[object, ...] = ()
        self._readings = 0
        self._read_at = 0.0
        self._leads_nowhere = False

    @property
    def host(self) -> str:
        """Once it was opened."""
        return str(self._client.configuration.host) if self._client else ""

    async def open(self) -> None:
        """Raises UnavailableError where the configuration is of no use; nothing is connected yet."""
        await self._opened()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def read(self, asked: Asked, within_s: float, most: int | None = None) -> bytes:
        """The whole body of its answer."""
        await self._opened()
        with self._translated(within_s):
            async with asyncio.timeout(within_s), self.ask(asked, within_s) as answer:
                return await answer.read(most)

    @asynccontextmanager
    async def ask(self, asked: Asked, within_s: float) -> AsyncIterator[Answer]:
        """A success whose headers came in time; leaving it ends the request."""
        await self._opened()
        with self._translated(within_s):
            async with asyncio.timeout(within_s):
                response = await self._known(asked)
            try:
                yield Answer(response)
            finally:
                response.close()

    async def _known(self, asked: Asked) -> aiohttp.ClientResponse:
        """After a 401 once more, with what the configuration says now."""
        client, reading = await self._opened(), self._readings
        response = await _sent(client, asked)
        if response.status == 401:
            response.close()
            response = await _sent(await self._read_again(reading), asked)
        if response.status // 100 != 2:
            raise refused(asked, await _refusal(response))
        return response

    async def _opened(self) -> ApiClient:
        is_over = self._clock() >= self._read_at + self._again_s
        if self._client is None or (self._leads_nowhere and is_over):
            return await self._read_again(self._readings)
        return self._client

    async def _read_again(self, reading: int) -> ApiClient:
        """Unless another did since that reading."""
        async with self._lock:
            if self._client is not None and reading != self._readings:
                return self._client
            found = await read_configuration(self._kubeconfig, self._context)
            with translated(found.host):
                client = await self._take(found)
            self._readings += 1
            self._read_at = self._clock()
            self._leads_nowhere = False
            return client

    async def _take(self, found: Configuration) -> ApiClient:
        """A token takes the place of the old one; another server, or another certificate of ours,
        ends what goes on by the old.
        """
        before, place = self._client, _place(found)
        if before is not None and place == self._place:
            before.configuration.api_key = found.api_key
            before.configuration.refresh_api_key_hook = found.refresh_api_key_hook
            return before
        client = _client(found)
        self._client, self._place = client, place
        if before is not None:
            await before.close()
        return client

    @contextmanager
    def _translated(self, within_s: float) -> Iterator[None]:
        try:
            with translated(self.host, within_s):
                yield
        except UnavailableError as error:
            self._leads_nowhere |= isinstance(error.__cause__, aiohttp.ClientConnectionError)
            raise


def _place(found: Configuration) -> tuple[object, ...]:
    """What a session is made for. Files are told by what they hold: it changes under their names."""
    files = (found.ssl_ca_cert, found.cert_file, found.key_file)
    holds = tuple(Path(each).read_bytes() if each else b"" for each in files)
    return (found.host, found.proxy, found.verify_ssl, found.tls_server_name, holds)


def _client(configuration: Configuration) -> ApiClient:
    # Of a cluster's own CA that lacks what Python 3.13 began to ask for: kubectl takes it.
    configuration.disable_strict_ssl_verification = True
    configuration.client_session_kwargs = {
        "read_bufsize": _BUFFER_BYTES,
        "trust_env": not is_loopback(configuration.host),
        "middlewares": (_stays,),
    }
    client = ApiClient(configuration)
    client.user_agent = "poplin"
    return client


async def _stays(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A redirect would take the token along."""
    response = await handler(request)
    if response.status // 100 == 3:
        response.close()
        raise UnavailableError(
            f"the API server at {server_of(str(request.url))} answers {response.status} and leads "
            "elsewhere, which is not followed: is that its URL?"
        )
    return response


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


async def _refusal(response: aiohttp.ClientResponse) -> Refusal:
    try:
        content = await Answer(response).read(_MOST_TOLD_BYTES)
    except TooLargeError:
        content = b""
    finally:
        response.close()
    return told_by(response.status, response.headers, content)
