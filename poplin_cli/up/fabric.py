"""The fabric: files → catalog → store, ingress and dispatcher, until told to stop."""

import asyncio
import socket
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx
from redis.asyncio import Redis

from poplin.catalog import Catalog, is_in_force, publish
from poplin.catalog.catalog import read
from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.process import listening_socket, set_on_signal
from poplin.resources import Loaded, Resolved, load, resolve
from poplin.store import Profile, connect, ensure_profile, masked
from poplin.waiting import wait
from poplin_cli.embedded import store_command
from poplin_cli.options import TOKEN_VARIABLE
from poplin_cli.up.datadir import DataDir
from poplin_cli.up.output import Output
from poplin_cli.up.rows import rows
from poplin_cli.up.supervisor import Process, ProcessSpec

__all__ = ["Fabric", "UpSettings", "up"]

_LOOK_EVERY_S = 1.0
_PYTHON = (sys.executable, "-m", "poplin_cli.main")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSettings:
    files: tuple[Path, ...]
    host: str
    port: int
    admin_host: str
    admin_port: int
    admin_token: str | None = field(repr=False)
    redis: str | None
    data_dir: Path
    profile: Profile
    replicas: int
    trust_store: bool
    workers: int
    """Ingress processes."""
    dispatchers: int
    store_memory: int
    """Bytes that the embedded store may take."""
    max_event_bytes: int
    log_format: Literal["text", "json"]


class Fabric:
    """Builds and owns every process. The store ends last: the others still write while they end."""

    def __init__(self, settings: UpSettings, output: Output) -> None:
        self._settings = settings
        self._output = output
        self._url = settings.redis or ""

    async def run(self) -> None:
        """Raises ConfigurationError before anything runs if something cannot be."""
        stop = asyncio.Event()
        set_on_signal(stop)
        loaded = load(self._settings.files)
        self._show_problems(loaded)
        listener = _listen(self._settings.host, self._settings.port, "--port")
        admin = _listen(self._settings.admin_host, self._settings.admin_port, "--admin-port")
        self._base_url = _base_url(listener)
        data = DataDir(self._settings.data_dir) if self._settings.redis is None else None
        try:
            store_stop = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                if data is not None:
                    tasks.create_task(self._store(data).run(store_stop), name="store")
                try:
                    await self._serve(loaded, listener, admin, stop)
                finally:
                    store_stop.set()
        finally:
            if data is not None:
                data.close()
        self._output.say("stopped")

    async def _serve(
        self, loaded: Loaded, listener: socket.socket, admin: socket.socket, stop: asyncio.Event
    ) -> None:
        settings = self._settings
        copies = settings.replicas if settings.profile == "ha" else 0
        redis = connect(self._url, replicas=copies)
        try:
            await ensure_profile(
                redis,
                settings.profile,
                stop,
                trust=settings.trust_store,
                on_wait=self._say_waiting,
                on_trust=lambda: None,  # the services say it
            )
            published = await self._publish(redis, loaded, stop)
            if published is None:
                return
            resolved, catalog = published
            async with asyncio.TaskGroup() as tasks:
                keeping = self._keep_published(redis, resolved, catalog, stop)
                tasks.create_task(keeping, name="keep published")
                for process in self._services(listener, admin):
                    tasks.create_task(process.run(stop), name=process.spec.name)
                if await self._becomes_ready(stop):
                    self._output.say("management API", url=_base_url(admin))
                    self._output.table(f"Poplin is up at {self._base_url}", rows(resolved.verdicts))
                await stop.wait()
                self._output.say("stopping")
        finally:
            await redis.aclose()

    def _say_waiting(self, error: StoreUnavailableError) -> None:
        self._output.say(f"waiting for {masked(self._url)}: {error}", level="warning")

    def _show_problems(self, loaded: Loaded) -> None:
        for note in loaded.notes:
            self._output.say(str(note))
        for problem in loaded.problems:
            self._output.say(str(problem), level="error")
        if not loaded.brokers:
            raise ConfigurationError(
                "no usable Broker in "
                + ", ".join(map(str, self._settings.files))
                + "; examples/01-quickstart/broker.yaml shows one"
            )

    async def _publish(
        self, redis: Redis, loaded: Loaded, stop: asyncio.Event
    ) -> tuple[Resolved, Catalog] | None:
        """Write the catalog before any service starts; None when stopped first."""
        while not stop.is_set():
            try:
                resolved = self._resolved(loaded, await read(redis))
                return resolved, await _published(redis, resolved)
            except StoreUnavailableError:
                await wait(stop, 0.1)
        return None

    async def _keep_published(
        self, redis: Redis, resolved: Resolved, catalog: Catalog, stop: asyncio.Event
    ) -> None:
        """The files are the truth: what the store lost of them is written again."""
        while not await wait(stop, _LOOK_EVERY_S):
            try:
                if not await is_in_force(redis, catalog):
                    self._output.say(
                        "the store has lost data; publishing the catalog again", level="critical"
                    )
                    catalog = await _published(redis, resolved, after=catalog.version)
            except StoreUnavailableError:
                continue

    def _resolved(self, loaded: Loaded, known: Catalog) -> Resolved:
        uids = known.uids()
        return resolve(
            loaded,
            lambda key, broker: uids.get((key, broker)) or str(uuid.uuid4()),
            broker_url=lambda namespace, name: f"{self._base_url}/{namespace}/{name}",
            known=known.verdicts,
        )

    def _store(self, data: DataDir) -> Process:
        if self._settings.profile == "ha":
            raise ConfigurationError(
                "profile ha needs a replica, and the embedded store has none; give --redis "
                "redis+sentinel://… or another store that has one"
            )
        command = store_command(
            data.store, profile=self._settings.profile, memory_bytes=self._settings.store_memory
        )
        self._url = command.url
        self._output.say("embedded store", server=command.argv[0], data=str(data.store))
        return self._process("store", command.argv, (data.lock_fd,))

    def _services(self, listener: socket.socket, admin: socket.socket) -> list[Process]:
        settings = self._settings
        common = ("--redis", self._url, "--log-format", "json")
        profile = ["--profile", settings.profile, "--replicas", str(settings.replicas)]
        if settings.trust_store:
            profile.append("--trust-store")
        ingress = (
            "ingress", *common, *profile,
            "--socket-fd", str(listener.fileno()),
            "--max-event-bytes", str(settings.max_event_bytes),
        )  # fmt: skip
        dispatcher = ("dispatcher", *common, *profile)
        return [
            *(
                self._python(name, ingress, (listener.fileno(),))
                for name in _names("ingress", settings.workers)
            ),
            *(
                self._python(name, dispatcher)
                for name in _names("dispatcher", settings.dispatchers)
            ),
            self._console(common, admin),
        ]

    def _console(self, common: tuple[str, ...], admin: socket.socket) -> Process:
        settings = self._settings
        arguments = ("console", *common, "--host", settings.admin_host)
        # In its environment: everybody on the machine may read its arguments.
        token = {} if settings.admin_token is None else {TOKEN_VARIABLE: settings.admin_token}
        spec = ProcessSpec(
            "console",
            (*_PYTHON, *arguments, "--socket-fd", str(admin.fileno())),
            (admin.fileno(),),
            token,
        )
        return Process(spec, self._output.relay, self._on_exit)

    def _python(self, name: str, arguments: tuple[str, ...], fds: tuple[int, ...] = ()) -> Process:
        return self._process(name, (*_PYTHON, *arguments), fds)

    def _process(self, name: str, argv: tuple[str, ...], fds: tuple[int, ...] = ()) -> Process:
        return Process(ProcessSpec(name, argv, fds), self._output.relay, self._on_exit)

    def _on_exit(self, name: str, code: int, pause_s: float) -> None:
        how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
        hint = (
            f"; its log is {self._settings.data_dir / 'store' / 'store.log'}"
            if name == "store"
            else ""
        )
        self._output.say(f"{name} {how}; starting it again in {pause_s:g} s{hint}", level="warning")

    async def _becomes_ready(self, stop: asyncio.Event) -> bool:
        """Wait until the ingress says that it would take an event; says why while it would not."""
        async with httpx.AsyncClient(
            base_url=self._base_url, trust_env=False, timeout=2.0
        ) as client:
            while not stop.is_set():
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return True
                except httpx.HTTPError:
                    pass
                await wait(stop, 0.02)
        return False


async def _published(redis: Redis, resolved: Resolved, *, after: int = 0) -> Catalog:
    return await publish(redis, resolved.brokers, resolved.triggers, resolved.verdicts, after=after)


async def up(settings: UpSettings) -> None:
    """Run until SIGINT or SIGTERM."""
    await Fabric(settings, Output(settings.log_format)).run()


def _names(service: str, count: int) -> list[str]:
    return [service] if count == 1 else [f"{service}-{n + 1}" for n in range(count)]


def _listen(host: str, port: int, option: str) -> socket.socket:
    """Bound here and handed down: a port stays ours, and clients wait, while a service restarts."""
    try:
        return listening_socket(host, port)
    except OSError as error:
        raise ConfigurationError(
            f"{option} {port} on {host}: {error.strerror}; name a free port"
        ) from error


def _base_url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
