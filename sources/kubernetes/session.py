"""Who we are at which API server, now: configurations change, and clusters are made anew."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from sources.kubernetes.configuration import is_loopback, read_configuration
from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.foreign import server_of, translated

__all__ = ["Session"]

_BUFFER_BYTES = 64 * 1024
"""What is read ahead of a watch: there may be hundreds, and their readers may be slow."""


class Session:
    """The configuration is read at first use, when `anew` is asked for, and after it led to no
    connection, then at most every `again_s`.
    """

    def __init__(
        self,
        kubeconfig: Path | None,
        context: str | None,
        *,
        again_s: float = 10.0,
        plugin_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._again_s = again_s
        self._plugin_s = plugin_s
        self._clock = clock
        self._client: ApiClient | None = None
        self._place: tuple[object, ...] = ()
        self._reading: asyncio.Task[ApiClient] | None = None
        self._read_at = 0.0
        self.readings = 0
        """How often it was read."""
        self.leads_nowhere = False
        """Whoever finds no connection says so."""

    @property
    def host(self) -> str:
        """Once it was read."""
        return str(self._client.configuration.host) if self._client else ""

    async def client(self) -> ApiClient:
        """Raises UnavailableError."""
        is_over = self._clock() >= self._read_at + self._again_s
        if self._client is None or (self.leads_nowhere and is_over):
            return await self.anew(self.readings)
        return self._client

    async def anew(self, reading: int) -> ApiClient:
        """With the configuration of now, unless it was read since that reading.

        Whoever comes meanwhile waits for the same one. So does who comes after a plugin took too
        long: nothing ends it, and each that is started would stay.
        """
        if self._client is not None and reading != self.readings:
            return self._client
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="read configuration")
            self._reading.add_done_callback(_heard)
        task = self._reading
        await asyncio.wait({task}, timeout=self._plugin_s)
        if task.done():
            return task.result()
        raise UnavailableError(
            f"the kubeconfig's plugin has not ended within {self._plugin_s:g} s: does it ask its "
            "user something?"
        )

    async def close(self) -> None:
        """What goes on by it ends."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _read(self) -> ApiClient:
        try:
            found = await read_configuration(self._kubeconfig, self._context)
            with translated(found.host):
                client = await self._take(found)
            self.readings += 1
            self._read_at = self._clock()
            self.leads_nowhere = False
            return client
        finally:
            self._reading = None

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


def _heard(task: asyncio.Task[ApiClient]) -> None:
    """An error that nobody waited for any more is told to the next who asks."""
    if not task.cancelled():
        task.exception()


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
