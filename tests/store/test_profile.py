"""The check that the store keeps its word, and the wait for one that is away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from redis.asyncio import Redis

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.store import (
    Availability,
    LeanRedis,
    Profile,
    check_profile,
    connect,
    ensure_profile,
)
from tests.conftest import REDIS, VALKEY, running_store
from tests.resp import array, resp_server


@pytest.fixture(scope="module", params=[VALKEY, REDIS])
def own_store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A store whose configuration these tests may change."""
    with running_store(tmp_path_factory.mktemp("own"), request.param) as url:
        yield url


@pytest.fixture
async def own(own_store_url: str) -> AsyncIterator[LeanRedis]:
    redis = connect(own_store_url)
    yield redis
    await _configure(redis, appendonly="yes", appendfsync="always", maxmemory_policy="noeviction")
    # It does not exit before; only the server knows when.
    while (await redis.info("persistence"))["aof_rewrite_in_progress"]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await redis.aclose()


async def _configure(redis: Redis, **settings: str) -> None:
    for name, value in settings.items():
        await redis.config_set(name.replace("_", "-"), value)


@pytest.mark.parametrize("profile", ["durable", "fast"])
async def test_the_embedded_store_keeps_its_word(own: LeanRedis, profile: Profile) -> None:
    await check_profile(own, profile)


async def test_everysec_is_enough_for_fast(own: LeanRedis) -> None:
    await _configure(own, appendfsync="everysec")

    await check_profile(own, "fast")


@pytest.mark.parametrize(
    ("profile", "name", "value", "advice"),
    [
        ("durable", "appendonly", "no", "CONFIG SET appendonly yes"),
        ("durable", "appendfsync", "everysec", "CONFIG SET appendfsync always, or start with --pr"),
        ("durable", "appendfsync", "no", "CONFIG SET appendfsync always"),
        ("durable", "maxmemory-policy", "allkeys-lru", "CONFIG SET maxmemory-policy noeviction"),
        ("fast", "appendonly", "no", "CONFIG SET appendonly yes"),
        ("fast", "appendfsync", "no", "CONFIG SET appendfsync always"),
        ("fast", "maxmemory-policy", "volatile-ttl", "CONFIG SET maxmemory-policy noeviction"),
    ],
)
async def test_a_store_that_contradicts_the_profile_is_refused_with_the_line_to_change(
    own: LeanRedis, profile: Profile, name: str, value: str, advice: str
) -> None:
    await own.config_set(name, value)

    with pytest.raises(ConfigurationError) as caught:
        await check_profile(own, profile)

    message = str(caught.value)
    assert f"profile {profile}" in message
    assert f"{name} is {value!r}" in message
    assert advice in message


@pytest.mark.parametrize(
    ("replica", "is_fresh"),
    [
        ("state=online,offset=9,lag=1", True),
        ("state=online,offset=9,lag=60", False),
        ("state=wait_bgsave,offset=0,lag=0", False),
    ],
)
async def test_a_replica_counts_while_it_keeps_up(replica: str, is_fresh: bool) -> None:
    """One whose link broke without a word stays listed for a minute."""
    info = f"connected_slaves:1\r\nslave0:ip=::1,port=1,{replica}\r\nrepl_backlog_active:1\r\n"

    def answer(words: list[bytes]) -> bytes:
        if words[0] == b"INFO":
            return b"$%d\r\n%b\r\n" % (len(info), info.encode())
        settings = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
        return array(*(word for pair in settings.items() for word in pair))

    async with resp_server(answer) as port:
        redis = connect(f"redis://127.0.0.1:{port}", replicas=1)
        try:
            assert await check_profile(redis, "ha")
            counts = True
        except StoreUnavailableError:
            counts = False
        await redis.aclose()

    assert counts == is_fresh


# Availability


async def test_a_store_is_away_while_some_calls_fail_and_others_do_not() -> None:
    availability = Availability()
    with structlog.testing.capture_logs() as lines:
        availability.failed(OSError("not there yet"))
        for _ in range(20):
            availability.answered()
            availability.failed(OSError("refused"))

    assert [line["why"] for line in lines] == ["refused"]


async def test_a_store_that_is_away_is_asked_until_it_answers(tmp_path: Path) -> None:
    stop = asyncio.Event()
    redis = connect(f"unix://{tmp_path}/store.sock")
    said: asyncio.Queue[StoreUnavailableError] = asyncio.Queue()
    asking = asyncio.create_task(ensure_profile(redis, "durable", stop, on_wait=said.put_nowait))
    async with asyncio.timeout(5):
        await said.get()
    assert not asking.done()

    stop.set()

    async with asyncio.timeout(1):
        assert not await asking
    assert said.empty()
    await redis.aclose()


async def test_that_the_wait_is_over_is_said_once_and_only_after_it_was_said(
    tmp_path: Path, own_store_url: str
) -> None:
    said: list[str] = []
    socket = tmp_path / "late.sock"
    redis = connect(f"unix://{socket}")
    waited = asyncio.Event()

    def on_wait(_: StoreUnavailableError) -> None:
        said.append("waiting")
        waited.set()

    async def ensure() -> bool:
        return await ensure_profile(
            redis,
            "durable",
            asyncio.Event(),
            on_wait=on_wait,
            on_answer=lambda: said.append("over"),
        )

    asking = asyncio.create_task(ensure())
    await asyncio.wait_for(waited.wait(), 5)
    socket.symlink_to(own_store_url.removeprefix("unix://"))
    assert await asyncio.wait_for(asking, 10)
    assert await ensure()

    assert said == ["waiting", "over"]
    await redis.aclose()


async def test_a_store_that_answers_at_last_is_checked(own: LeanRedis) -> None:
    await _configure(own, appendonly="no")

    with pytest.raises(ConfigurationError):
        await ensure_profile(own, "durable", asyncio.Event())


async def test_a_store_that_keeps_its_word_is_asked_once(own: LeanRedis) -> None:
    async with asyncio.timeout(1):
        await ensure_profile(own, "durable", asyncio.Event())
