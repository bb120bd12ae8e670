"""The process of the sources: builds its clients, joins its parts, serves until told to stop."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import structlog

from poplin.catalog import SourceStatus
from poplin.errors import PoplinError
from poplin.metrics import Counts, Flusher
from poplin.process import listening_socket, raise_file_limit, set_on_signal, tune_collector, url_of
from poplin.resources import Loaded, ResolvedSource, resolve_sources
from poplin.sender import Limits, Sender
from poplin.settings import SourcesSettings
from poplin.store import Availability, connect
from poplin.waiting import wait
from poplin.watch import source_news
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.files import Files
from sources.github.keeper import Keeper
from sources.github.memory import TokenPlace
from sources.github.wishes import Kept
from sources.service import Sources
from sources.statuses import Statuses
from sources.tally import Tally
from sources.webhooks.body import BodyReader
from sources.webhooks.mapping import mapper_for
from sources.webhooks.opening import Opener
from sources.webhooks.receiver import Receiver
from sources.webhooks.server import serve_webhooks
from sources.webhooks.verify import verifier_for

__all__ = ["serve"]

_KEEP_AGAIN_S = 10.0


async def serve(settings: SourcesSettings) -> None:
    """Serve until SIGTERM; then finish the webhooks under way. The store may be away all the time:
    it has statuses, counts and the turn of whoever keeps hooks, and no webhook waits for it.
    """
    redis = connect(
        settings.redis_url, timeout_s=settings.store_timeout_s, availability=Availability()
    )
    files = Files(settings.files, is_supervised=settings.is_supervised)
    listener = listening_socket(
        settings.host, settings.port, settings.socket_fd, option="--webhook-port"
    )
    base_url = settings.webhook_url or url_of(listener)
    counts = Counts()
    flusher = Flusher(redis, counts)
    tally = Tally(counts)
    sender = Sender(Limits(needs_more=_never))
    opener = Opener(
        verifier_for=verifier_for,
        mapper_for=mapper_for,
        emitter=Emitter(sender),
        emit_timeout_s=settings.emit_timeout_s,
        tally=tally,
    )
    sources = Sources(partial(_resolve, settings, base_url), opener.open)
    statuses = Statuses(redis, partial(_current, sources), sources.go_on_from)
    receiver = Receiver(
        sources,
        BodyReader(settings.max_webhook_bytes, settings.body_timeout_s),
        max_held_bytes=settings.max_held_bytes,
        tally=tally,
        complaints=Complaints(),
    )
    keeper = Keeper(
        redis,
        partial(_kept, sources, settings.webhook_url),
        redeliver_every_s=settings.redeliver_every_s,
        token=partial(_token, sources),
    )
    stop = asyncio.Event()
    set_on_signal(stop)
    raise_file_limit()
    tune_collector()

    def take(loaded: Loaded) -> None:
        before = _resolved(sources)
        sources.take(loaded)
        statuses.wake()
        if not settings.is_supervised:
            _tell(before, _resolved(sources))

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(files.follow(take, stop), name="follow files")
        tasks.create_task(statuses.run(stop), name="write statuses")
        tasks.create_task(flusher.run(stop), name="flush counts")
        keeping = tasks.create_task(_keep(keeper, stop), name="keep hooks")
        serving = tasks.create_task(
            serve_webhooks(receiver, listener, stop, settings.grace_s), name="serve"
        )
        structlog.get_logger().info("listening", url=url_of(listener))
        await stop.wait()
        statuses.wake()
        await serving
        keeping.cancel()
    await flusher.flush()
    await sender.close()
    await redis.aclose()


async def _keep(keeper: Keeper, stop: asyncio.Event) -> None:
    """Whatever befalls the hooks at providers, and so a store that refuses us, ends no webhook."""
    while not stop.is_set():
        try:
            await keeper.run(stop)
        except Exception as error:  # noqa: BLE001 - webhooks go on
            why = "; ".join(_words(error))
            structlog.get_logger().error("hooks at GitHub are not kept for now", why=why)
            await wait(stop, _KEEP_AGAIN_S)


def _words(error: Exception) -> Iterator[str]:
    """What our own errors say is fit to be shown; of others the type."""
    if isinstance(error, ExceptionGroup):
        for each in error.exceptions:
            yield from _words(each)
    else:
        yield str(error) if isinstance(error, PoplinError) else type(error).__name__


def _resolve(
    settings: SourcesSettings, base_url: str, loaded: Loaded, known: Mapping[str, SourceStatus]
) -> list[ResolvedSource]:
    return resolve_sources(
        loaded,
        broker_url=lambda namespace, name: f"{settings.ingress_url}/{namespace}/{name}",
        services=settings.services,
        known=known,
        receiver_url=lambda path: base_url + path,
    )


def _resolved(sources: Sources) -> list[ResolvedSource]:
    return [each.resolved for each in sources.served]


def _tell(before: Sequence[ResolvedSource], now: Sequence[ResolvedSource]) -> None:
    log = structlog.get_logger()
    for text, level in source_news(before, now):
        getattr(log, level)(text)


def _current(sources: Sources) -> list[SourceStatus] | None:
    return [each.status for each in sources.served] if sources.is_known else None


def _kept(sources: Sources, webhook_url: str | None) -> list[Kept] | None:
    """None while a source may be hidden: what is not there loses its hook."""
    if not sources.is_whole:
        return None
    return [
        Kept(each.resolved, each.standing, webhook_url and webhook_url + each.path)
        for each in sources.served
    ]


def _token(sources: Sources, place: TokenPlace) -> str | None:
    """What its Secret holds now, though the source itself may be gone."""
    for each in (sources.loaded or Loaded()).secrets:
        if (each.namespace, each.name) == (place.namespace, place.name):
            return each.values.get(place.key, b"").decode("utf-8", "replace").strip() or None
    return None


def _never(_status: int, _headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """No more of an answer's body is of use: its status says all."""
    return False
