"""The fabric: files → catalog → store, ingress and dispatcher, until told to stop."""

import asyncio
import socket
import sys
from contextlib import suppress
from functools import partial

from poplin.catalog import forget_sources
from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.process import listening_socket, set_on_signal, url_of
from poplin.resources import Loaded, ResolvedSource, resolve_sources
from poplin.store import connect, ensure_profile, masked
from poplin.watch import source_news
from poplin_cli.embedded import store_command
from poplin_cli.options import TOKEN_VARIABLE
from poplin_cli.up.announce import announce
from poplin_cli.up.datadir import DataDir
from poplin_cli.up.live import LiveFiles
from poplin_cli.up.output import Output
from poplin_cli.up.publishing import Publisher
from poplin_cli.up.readiness import becomes_ready
from poplin_cli.up.rows import rows, source_rows
from poplin_cli.up.settings import UpSettings
from poplin_cli.up.supervisor import Process, ProcessSpec
from poplin_cli.up.webhooks import Webhooks, is_without_source

__all__ = ["Fabric", "up"]

_PYTHON = (sys.executable, "-m", "poplin_cli.main")
_SOURCES_GRACE_S = 10.0
"""A webhook under way may wait 5 s for its sink."""


class Fabric:
    """Builds and owns every process. The sources end first, since what they have under way goes to
    the ingress, and the store ends last: the others still write while they end.
    """

    def __init__(self, settings: UpSettings, output: Output) -> None:
        self._settings = settings
        self._output = output
        self._url = settings.redis or ""
        self._base_url = ""
        self._webhooks = Webhooks(
            settings.webhook_host, settings.webhook_port, output, self._sources
        )

    async def run(self) -> None:
        """Raises ConfigurationError before anything runs if something cannot be."""
        stop = asyncio.Event()
        set_on_signal(stop)
        live = LiveFiles(self._settings.files, self._output)
        loaded = live.read()
        if not (loaded.brokers or any(each.sink_uri for each in self._resolved(loaded))):
            raise ConfigurationError(
                "no usable Broker, and no source with a sink, in "
                + ", ".join(map(str, self._settings.files))
                + "; examples/01-quickstart/broker.yaml shows one"
            )
        # Bound here and handed down: a port stays ours, and clients wait, while a service restarts.
        listener = listening_socket(self._settings.host, self._settings.port)
        admin = listening_socket(
            self._settings.admin_host, self._settings.admin_port, option="--admin-port"
        )
        self._base_url = url_of(listener)
        self._webhooks.bind(loaded)
        data = DataDir(self._settings.data_dir) if self._settings.redis is None else None
        try:
            store_stop = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                if data is not None:
                    tasks.create_task(self._store(data).run(store_stop), name="store")
                try:
                    await self._serve(live, listener, admin, stop)
                finally:
                    store_stop.set()
        finally:
            if data is not None:
                data.close()
        self._output.say("stopped")

    async def _serve(
        self, live: LiveFiles, listener: socket.socket, admin: socket.socket, stop: asyncio.Event
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
                on_answer=lambda: self._output.say("the store answers"),
                on_trust=lambda: None,  # the services say it
            )
            publisher = Publisher(redis, self._output, self._base_url, settings.services)
            found = await publisher.publish(live.loaded, stop)
            if found is None:
                return
            # The table tells what there is, but not what was removed since the last run.
            gone = [change for change in found if change.kept is not None]
            await announce(redis, self._output, gone, settings.removed_kept_s)
            if is_without_source(live.loaded):
                with suppress(StoreUnavailableError):
                    await forget_sources(redis)  # of an earlier run
            async with asyncio.TaskGroup() as tasks:
                sources_ended = asyncio.Event()
                tasks.create_task(publisher.keep(stop), name="keep published")
                on_edit = partial(self._edited, tasks, stop)
                following = live.follow(redis, publisher, settings.removed_kept_s, on_edit, stop)
                tasks.create_task(following, name="follow files")
                self._webhooks.serve(tasks, stop)
                for process in self._services(listener, admin):
                    tasks.create_task(process.run(sources_ended), name=process.spec.name)
                if await becomes_ready(self._base_url, stop, self._warn):
                    self._say_up(admin, publisher, live.loaded)
                await stop.wait()
                self._output.say("stopping")
                await self._webhooks.ended()
                sources_ended.set()
        finally:
            await redis.aclose()

    def _say_up(self, admin: socket.socket, publisher: Publisher, loaded: Loaded) -> None:
        self._output.say("management API", url=url_of(admin))
        if self._webhooks.url is not None:
            self._output.say("webhook receiver", url=self._webhooks.url)
        found = [each.status for each in self._resolved(loaded)]
        self._output.table(
            f"Poplin is up at {self._base_url}", [*rows(publisher.verdicts), *source_rows(found)]
        )

    def _edited(
        self, tasks: asyncio.TaskGroup, stop: asyncio.Event, before: Loaded, loaded: Loaded
    ) -> None:
        """The sources read the edit by themselves; here it is told."""
        self._webhooks.follow(loaded, tasks, stop)
        for text, level in source_news(self._resolved(before), self._resolved(loaded)):
            self._output.say(text, level=level)

    def _resolved(self, loaded: Loaded) -> list[ResolvedSource]:
        """The sources, as their service resolves them."""
        base_url = self._settings.webhook_url or self._webhooks.url or ""
        return resolve_sources(
            loaded,
            broker_url=lambda namespace, name: f"{self._base_url}/{namespace}/{name}",
            services=self._settings.services,
            receiver_url=lambda path: base_url + path,
        )

    def _say_waiting(self, error: StoreUnavailableError) -> None:
        self._warn(f"waiting for {masked(self._url)}: {error}")

    def _warn(self, what: str) -> None:
        self._output.say(what, level="warning")

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
        if (webhooks := self._webhooks.url) is not None:
            ingress += ("--also-ready", f"{webhooks}/readyz")
        kept = str(settings.removed_kept_s)
        dispatcher = ("dispatcher", *common, *profile, "--keep-removed", kept)
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

    def _sources(self, listener: socket.socket) -> Process:
        settings = self._settings
        arguments = [
            "sources", "--redis", self._url, "--log-format", "json",
            "--ingress-url", self._base_url,
            "--socket-fd", str(listener.fileno()),
            "--max-webhook-bytes", str(settings.max_webhook_bytes),
            "--redeliver-every", str(settings.redeliver_every_s),
        ]  # fmt: skip
        for file in settings.files:
            arguments += ("--file", str(file))
        for name, url in settings.services.items():
            arguments += ("--resolve", f"{name}={url}")
        if settings.webhook_url is not None:
            arguments += ("--webhook-url", settings.webhook_url)
        if settings.kubeconfig is not None:
            arguments += ("--kubeconfig", str(settings.kubeconfig))
        if settings.kube_context is not None:
            arguments += ("--kube-context", settings.kube_context)
        fds = (listener.fileno(),)
        spec = ProcessSpec("sources", (*_PYTHON, *arguments), fds, grace_s=_SOURCES_GRACE_S)
        return Process(spec, self._output.relay, self._on_exit)

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


async def up(settings: UpSettings) -> None:
    """Run until SIGINT or SIGTERM."""
    await Fabric(settings, Output(settings.log_format)).run()


def _names(service: str, count: int) -> list[str]:
    return [service] if count == 1 else [f"{service}-{n + 1}" for n in range(count)]
