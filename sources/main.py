"""The process of the sources: builds its clients, joins its parts, serves until told to stop."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from poplin.catalog import SourceStatus
from poplin.metrics import Counts, Flusher
from poplin.process import listening_socket, raise_file_limit, set_on_signal, tune_collector, url_of
from poplin.resources import Loaded, ResolvedSource, resolve_sources
from poplin.sender import Limits, Sender
from poplin.settings import SourcesSettings
from poplin.store import Availability, connect
from poplin.watch import source_news
from sources import views
from sources.active import Active
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.files import Files
from sources.github.keeper import Keeper
from sources.kinds import open_kinds
from sources.outlet import Outlets
from sources.service import Sources
from sources.statuses import Statuses
from sources.steady import steadily
from sources.tally import Tally
from sources.webhooks.body import BodyReader
from sources.webhooks.mapping import mapper_for
from sources.webhooks.opening import Opener
from sources.webhooks.receiver import Receiver
from sources.webhooks.server import serve_webhooks
from sources.webhooks.verify import verifier_for

__all__ = ["serve"]


async def serve(settings: SourcesSettings) -> None:
    """Serve until SIGTERM; then finish the webhooks under way. The store may be away all the time:
    it has statuses, counts and the turns of whoever keeps hooks or acts by itself, and no webhook
    waits for it.
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
    emitter = Emitter(sender)
    opener = _opener(settings, emitter, tally)
    sources = Sources(partial(_resolve, settings, base_url), opener.open)
    statuses = Statuses(redis, partial(views.statuses, sources), sources.go_on_from)
    keeper = Keeper(
        redis,
        partial(views.kept, sources, settings.webhook_url),
        redeliver_every_s=settings.redeliver_every_s,
        token=partial(views.token, sources),
    )
    stop = asyncio.Event()
    set_on_signal(stop)
    raise_file_limit()
    tune_collector()

    def take(loaded: Loaded) -> None:
        before = views.resolved(sources)
        sources.take(loaded)
        statuses.wake()
        active.wake()
        if not settings.is_supervised:
            _tell(before, views.resolved(sources))

    async with open_kinds(settings, redis, tally) as kinds, asyncio.TaskGroup() as tasks:
        active = Active(redis, kinds, sources, _outlets(settings, emitter, tally))
        tasks.create_task(files.follow(take, stop), name="follow files")
        tasks.create_task(statuses.run(stop), name="write statuses")
        tasks.create_task(flusher.run(stop), name="flush counts")
        keeping = tasks.create_task(
            steadily(keeper.run, stop, else_say="hooks at GitHub are not kept for now"),
            name="keep hooks",
        )
        tasks.create_task(
            steadily(active.run, stop, else_say="timers and watches do not run for now"),
            name="run sources",
        )
        receiver = _receiver(settings, sources, tally)
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


def _opener(settings: SourcesSettings, emitter: Emitter, tally: Tally) -> Opener:
    return Opener(
        verifier_for=verifier_for,
        mapper_for=mapper_for,
        emitter=emitter,
        emit_timeout_s=settings.emit_timeout_s,
        tally=tally,
    )


def _outlets(settings: SourcesSettings, emitter: Emitter, tally: Tally) -> Outlets:
    return Outlets(
        emitter=emitter,
        emit_timeout_s=settings.emit_timeout_s,
        tally=tally,
        lost=Complaints(what="events are lost: the sink refuses them for good"),
        waiting=Complaints(what="events wait: the sink does not take them"),
    )


def _receiver(settings: SourcesSettings, sources: Sources, tally: Tally) -> Receiver:
    return Receiver(
        sources,
        BodyReader(settings.max_webhook_bytes, settings.body_timeout_s),
        max_held_bytes=settings.max_held_bytes,
        tally=tally,
        complaints=Complaints(),
    )


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


def _tell(before: Sequence[ResolvedSource], now: Sequence[ResolvedSource]) -> None:
    log = structlog.get_logger()
    for text, level in source_news(before, now):
        getattr(log, level)(text)


def _never(_status: int, _headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """No more of an answer's body is of use: its status says all."""
    return False
