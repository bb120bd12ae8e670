"""A store that can be killed, paused, cut from the power and started again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.store import connect, translated
from poplin_cli.embedded import store_command
from tests.conftest import VALKEY, die_with_parent, server_binary
from tests.faults.power import PowerCut

__all__ = ["Store", "StoreOptions", "StoreView", "paused", "running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    kind: str = VALKEY
    profile: Literal["durable", "fast"] = "durable"
    memory_bytes: int = 1 << 30
    prefix: tuple[str, ...] = ()
    """Put before the command: `faketime`, say."""
    extra: tuple[str, ...] = ()
    """Options of the server's own."""


class StoreView:
    """A store that somebody runs, looked into."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def answers(self) -> bool:
        async with self.client() as redis:
            try:
                with translated():
                    await redis.ping()
            except StoreUnavailableError:
                return False
        return True

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        redis = connect(self.url)
        try:
            yield redis
        finally:
            await redis.aclose()

    async def version(self) -> str:
        async with self.client() as redis:
            info = await redis.info("server")
        name = info.get("server_name", "redis")
        number = info["valkey_version" if name == "valkey" else "redis_version"]
        return f"{str(name).capitalize()} {number}"


class Store(StoreView):
    """One server on a Unix socket in `folder`; `power` notes what it has fsynced."""

    def __init__(self, folder: Path, options: StoreOptions, power: PowerCut | None) -> None:
        command = store_command(
            folder,
            profile=options.profile,
            memory_bytes=options.memory_bytes,
            server=server_binary(options.kind),
        )
        super().__init__(command.url)
        self.folder = folder
        self._argv = (*options.prefix, *command.argv, *options.extra)
        self._power = power
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """On return it has loaded its file and answers."""
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent,
            env=None if self._power is None else self._power.environment,
        )
        async with asyncio.timeout(60):
            while not await self.answers():
                assert self._process.returncode is None, f"the store ended; see {self.folder}"
                await asyncio.sleep(0.005)

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        await self.end(signal.SIGKILL)

    async def cut_power(self) -> int:
        """SIGKILL, and the bytes of its files that no fsync had covered are gone: how many."""
        assert self._power is not None
        await self.kill()
        return self._power.forget_unsynced(self.folder)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        await self._process.wait()


@asynccontextmanager
async def running(
    folder: Path, options: StoreOptions | None = None, power: PowerCut | None = None
) -> AsyncIterator[Store]:
    store = Store(folder, options or StoreOptions(), power)
    await store.start()
    try:
        yield store
    finally:
        await store.end()


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """SIGSTOP for as long as the context lasts."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
