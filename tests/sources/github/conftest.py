"""A GitHub, somebody who takes what it delivers, and a keeper beside them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import httpx
import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition, SourceStatus
from poplin.resources import ResolvedSource
from poplin.resources.parts import Destination
from poplin.resources.source_models import GitHubSpec, SecretKey, Source
from sources.github import Keeper, Kept, TokenPlace
from sources.standing import Standing
from tests.conftest import running_store
from tests.fabric import Subscriber, subscriber
from tests.sources.github_api import TOKEN, GitHubApi, github_api
from tests.waiting import until

SECRET = b"it's a secret to everybody"
EVERY_S = 30.0
"""Between two looks: longer than any test, so that what happens sooner has another reason."""


@pytest.fixture(scope="session")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One kind of store: the scripts are tried on both beside this folder."""
    with running_store(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def receiver() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest.fixture
async def api(receiver: Subscriber) -> AsyncIterator[GitHubApi]:
    """It leaves before who takes what it delivers."""
    assert receiver.port
    async with github_api() as each:
        yield each


@dataclass
class World:
    """What the files say, and a keeper that follows it."""

    redis: Redis
    api: GitHubApi
    receiver: Subscriber
    sources: dict[str, Kept] = field(default_factory=dict)
    tokens: dict[TokenPlace, str] = field(default_factory=dict)
    is_known: bool = True

    @property
    def url(self) -> str:
        return f"{self.receiver.url}/default/shop"

    def save(self, name: str = "shop", **changes: Any) -> Kept:
        """A source, as it is after an edit."""
        before = self.sources.get(name)
        kept = source(name, self.api.url, f"{self.receiver.url}/default/{name}", **changes)
        self.sources[name] = replace(kept, standing=before.standing) if before else kept
        return self.sources[name]

    @asynccontextmanager
    async def keeping(
        self, *, every_s: float = EVERY_S, removed_kept_s: float = 0.1
    ) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        # Who is trusted is not read: it takes long, and nothing here is https.
        client = httpx.AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        keeper = Keeper(
            self.redis,
            lambda: list(self.sources.values()) if self.is_known else None,
            redeliver_every_s=every_s,
            removed_kept_s=removed_kept_s,
            token=self.tokens.get,
            client=client,
        )
        running = asyncio.create_task(keeper.run(stop))
        try:
            yield stop
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await running
            await client.aclose()

    async def shows(self, status: str, reason: str = "", name: str = "shop") -> Condition:
        standing = self.sources[name].standing
        try:
            await until(
                lambda: (
                    standing.webhook
                    and (standing.webhook.status, standing.webhook.reason) == (status, reason)
                ),
                10,
            )
        except TimeoutError:
            raise AssertionError(f"not {status}/{reason}: {standing.webhook}") from None
        return cast(Condition, standing.webhook)

    def hooks(self, place: str = "acme/shop") -> list[dict[str, Any]]:
        return self.api.hooks.get(place, [])


def source(
    name: str,
    api_url: str,
    url: str | None,
    *,
    place: str = "acme/shop",
    events: tuple[str, ...] = ("push",),
    token: str | None = TOKEN,
    secret: bytes = SECRET,
    is_managed: bool = True,
    is_secure: bool = True,
    is_readable: bool = True,
    has_url: bool = True,
) -> Kept:
    spec = GitHubSpec(
        owner_and_repository=place,
        event_types=events,
        secrets=(SecretKey(name="github", key="secret"),),
        access_token=SecretKey(name="github", key="token") if is_managed else None,
        api_url=api_url,
        is_secure=is_secure,
    )
    found = Source(
        kind="GitHubSource", namespace="default", name=name, sink=Destination(), spec=spec
    )
    status = SourceStatus(
        kind="GitHubSource",
        api_version="sources.knative.dev/v1alpha1",
        namespace="default",
        name=name,
    )
    resolved = ResolvedSource(
        status=status,
        source=found if is_readable else None,
        sink_uri=None,
        secrets=(secret,) if secret else (),
        access_token=token,
    )
    return Kept(resolved, Standing(), url if has_url else None)


@pytest.fixture
def world(redis: Redis, api: GitHubApi, receiver: Subscriber) -> World:
    return World(redis, api, receiver)
