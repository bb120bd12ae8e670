"""What the tests of the sources share: a source of their own, and a receiver that serves it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from poplin.catalog import Condition, SourceStatus
from poplin.event import Event
from poplin.metrics import Counts
from poplin.process import url_of
from poplin.resources import Loaded, ResolvedSource
from poplin.resources.models import Destination
from poplin.resources.source_models import SecretKey, Source, WebhookSpec
from poplin.sender import Sender, Target
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.service import Sources
from sources.standing import Standing
from sources.tally import Tally
from sources.webhooks.body import BodyReader
from sources.webhooks.hook import Hook, Taker
from sources.webhooks.receiver import Receiver
from sources.webhooks.server import serve_webhooks
from sources.webhooks.values import Handled, RefusedError, Request

__all__ = [
    "GOOD",
    "KEY",
    "Stage",
    "counted",
    "hook",
    "resolved",
    "sent",
    "stage",
]

KEY = "WebhookSource/default/shop"
GOOD = {"x-token": "good"}
"""What the verifier here lets in."""


class TokenVerifier:
    def verify(self, request: Request) -> None:
        if request.headers.get("x-token") != "good":
            raise RefusedError(401, "bad_signature", "the signature is wrong")


class JsonMapper:
    """`{"id": …}` is an event, `{"ping": …}` is none; `{"bug": …}` is one of ours."""

    def event(self, request: Request) -> Event | Handled:
        try:
            found = json.loads(request.body)
        except ValueError as error:
            raise RefusedError(400, "invalid", "the body is no JSON") from error
        if "ping" in found:
            return Handled("pong", note="ping of hook 42")
        if "bug" in found:
            raise KeyError(found["bug"])
        attributes = {"specversion": "1.0", "id": found["id"], "source": "/shop", "type": "sold"}
        return Event({**attributes, **found.get("more", {})}, request.body)


def resolved(
    name: str = "shop",
    *,
    sink_uri: str | None = "http://127.0.0.1:1/",
    secrets: tuple[bytes, ...] = (b"s",),
    spec: WebhookSpec | None = None,
    digest: str = "1",
) -> ResolvedSource:
    spec = spec or WebhookSpec(preset="bearer", secrets=(SecretKey(name="s", key="k"),))
    provided = _condition("SecretsProvided", bool(secrets) or not spec.secrets)
    sunk = _condition("SinkProvided", sink_uri is not None)
    ready = _condition("Ready", provided.status == sunk.status == "True")
    source = Source(
        kind="WebhookSource",
        namespace="default",
        name=name,
        sink=Destination(uri=sink_uri),
        spec=spec,
    )
    status = SourceStatus(
        kind="WebhookSource",
        api_version="sources.poplin.dev/v1alpha1",
        namespace="default",
        name=name,
        conditions=(ready, sunk, provided),
        sink_uri=sink_uri,
        spec_digest=digest,
    )
    return ResolvedSource(status=status, source=source, sink_uri=sink_uri, secrets=secrets)


def _condition(kind: str, is_so: bool) -> Condition:
    return Condition(kind, "True" if is_so else "False")


def hook(
    key: str, sender: Sender, tally: Tally, sink_url: str, standing: Standing, emit_timeout_s: float
) -> Hook:
    return Hook(
        key=key,
        standing=standing,
        verifier=TokenVerifier(),
        mapper=JsonMapper(),
        overrides={"team": "billing"},
        target=Target.parse(sink_url),
        emitter=Emitter(sender),
        emit_timeout_s=emit_timeout_s,
        tally=tally,
    )


@dataclass
class Stage:
    """A receiver that serves the sources in `serves`."""

    url: str
    receiver: Receiver
    sources: Sources
    sender: Sender
    serves: dict[str, str]
    counts: Counts = field(default_factory=Counts)

    @property
    def standing(self) -> Standing:
        return self.sources.served[0].standing

    def serve(self, **sinks: str) -> None:
        """Each name with its sink from now on."""
        self.serves.clear()
        self.serves.update(sinks)
        self.sources.take(Loaded())


@asynccontextmanager
async def stage(
    sink_url: str | None,
    *,
    most_bytes: int = 1 << 20,
    body_timeout_s: float = 10.0,
    emit_timeout_s: float = 5.0,
    max_held_bytes: int = 1 << 28,
) -> AsyncIterator[Stage]:
    """Serving `/default/shop`, or nothing yet where no sink is given."""
    counts, sender, stop = Counts(), Sender(), asyncio.Event()
    tally = Tally(counts)
    serves: dict[str, str] = {}

    def make(each: ResolvedSource, standing: Standing) -> Taker:
        return hook(
            each.status.key, sender, tally, serves[each.status.name], standing, emit_timeout_s
        )

    sources = Sources(lambda _, __: [resolved(name) for name in serves], make)
    receiver = Receiver(
        sources,
        BodyReader(most_bytes, body_timeout_s),
        max_held_bytes=max_held_bytes,
        tally=tally,
        complaints=Complaints(),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    # Inherited by its connections: who reads no answers fills little room.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    listener.setblocking(False)
    found = Stage(url_of(listener), receiver, sources, sender, serves, counts)
    if sink_url is not None:
        found.serve(shop=sink_url)
    serving = asyncio.create_task(serve_webhooks(receiver, listener, stop, 5))
    try:
        yield found
    finally:
        stop.set()
        await serving
        await sender.close()


def counted(counts: Counts) -> dict[str, int]:
    """Counters by name without `poplin_source_`, histograms left out."""
    return {
        name.removeprefix("poplin_source_"): count
        for name, count in counts.take().items()
        if "_seconds/" not in name
    }


async def sent(url: str, data: bytes, *, within_s: float = 10) -> bytes:
    """What comes back for bytes that no client would write, until the server closes: nothing, where
    it does so without a word.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    try:
        async with asyncio.timeout(within_s):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
