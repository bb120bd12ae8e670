"""The client, the errors it translates and the check that the store keeps its word."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from redis.asyncio import Redis, SSLConnection
from redis.exceptions import ResponseError

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Log
from poplin.store import (
    Availability,
    LeanRedis,
    Profile,
    check_profile,
    connect,
    ensure_profile,
    masked,
)
from poplin.store.url import parse_store_url
from tests.conftest import REDIS, VALKEY, running_store
from tests.resp import CLOSE, array, resp_server
from tests.waiting import until

# connect


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", ": it has no scheme"),
        ("localhost:6379", ": it has no scheme"),
        ("http://localhost:6379", ": its scheme is 'http'"),
        ("redis://localhost:port", ": its port 'port' is not a number"),
        (
            "redis://localhost?socket_timeout=soon",
            ": its option 'socket_timeout' is unknown or has a wrong value",
        ),
        ("redis://[::1", ": its host '[::1' has no closing bracket"),
        (
            "redis://localhost?no_such_option=1",
            ": its option 'no_such_option' is unknown or has a wrong value",
        ),
        ("redis+sentinel://localhost:26379", ": behind its hosts stands /PRIMARY"),
        ("redis+sentinel://localhost:26379/", ": behind its hosts stands /PRIMARY"),
        ("redis+sentinel://localhost:26379/orchard/first", ": behind its hosts stands /PRIMARY"),
        ("redis+sentinel://localhost:port/orchard", ": its port 'port' is not a number"),
        ("redis+sentinel://one,,two/orchard", ": one of its hosts has no name"),
        ("redis+sentinel:///orchard", ": one of its hosts has no name"),
        ("redis+cluster://localhost:7000/1", ": a cluster has no database but 0"),
        ("redis+cluster://localhost:7000/orchard/0", ": a cluster has no database but 0"),
        ("redis+unix://localhost:7000", ": its scheme is 'redis+unix'"),
        ("unix+cluster://localhost:7000", ": its scheme is 'unix+cluster'"),
    ],
)
def test_a_url_that_is_not_understood_says_which_part_is_wrong(url: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=r"use redis://HOST:PORT/DB") as caught:
        connect(url)

    assert f"--redis {url!r} is not understood{fault}" in str(caught.value)


def test_a_bad_url_is_reported_without_its_password() -> None:
    """An unescaped '/' or '#' in a password breaks the URL; that is when it would be shown."""
    with pytest.raises(ConfigurationError) as caught:
        connect("redis://me:se/cret@host:6379")

    assert "cret" not in str(caught.value)
    assert "host:6379" in str(caught.value)


def test_a_url_of_sentinels_names_them_the_primary_and_who_logs_in_where() -> None:
    parsed = parse_store_url(
        "redis+sentinel://me:secret@one:1,two,[::1]:3/orchard/2?sentinel_password=other"
    )

    assert parsed.hosts == (("one", 1), ("two", 26379), ("::1", 3))
    assert parsed.primary == "orchard"
    assert parsed.options["username"] == "me"
    assert (parsed.options["password"], parsed.options["db"]) == ("secret", 2)
    assert parsed.sentinel_options.get("password") == "other"
    assert not {"username", "db"} & parsed.sentinel_options.keys()


def test_a_url_of_a_cluster_names_some_of_its_nodes() -> None:
    parsed = parse_store_url("rediss+cluster://:secret@one:7000,two/0?ssl_ca_certs=ca.pem")

    assert parsed.hosts == (("one", 7000), ("two", 6379))
    assert parsed.connection_class is SSLConnection
    assert (parsed.options["password"], parsed.options["ssl_ca_certs"]) == ("secret", "ca.pem")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host:6379/0", "redis://host:6379/0"),
        ("redis://:secret@host:6379/0", "redis://…@host:6379/0"),
        ("rediss://me:secret@host", "rediss://…@host"),
        ("redis://me:s@cr@t@host", "redis://…@host"),
        ("redis://me:se/c#r?t@host:1", "redis://…@host:1"),
        ("unix:///run/store.sock", "unix:///run/store.sock"),
        (
            "unix://me@/run/store.sock?password=secret&db=1",
            "unix://…@/run/store.sock?password=…&db=1",
        ),
        ("redis://host?db=1&password=secret", "redis://host?db=1&password=…"),
        ("redis://[::1", "redis://[::1"),
        ("redis+sentinel://me:secret@a,b/orchard", "redis+sentinel://…@a,b/orchard"),
        (
            "redis+sentinel://a/orchard?sentinel_password=secret&db=1",
            "redis+sentinel://a/orchard?sentinel_password=…&db=1",
        ),
        ("rediss+cluster://:se/c@a:7000,b", "rediss+cluster://…@a:7000,b"),
        ("", ""),
    ],
)
def test_a_masked_url_shows_no_credentials(url: str, shown: str) -> None:
    assert masked(url) == shown


async def test_a_client_reaches_the_store(store_url: str) -> None:
    redis = connect(store_url)

    assert await redis.ping()
    await redis.aclose()


# translated


@asynccontextmanager
async def _peer(answer: bytes) -> AsyncIterator[tuple[Redis, list[bytes]]]:
    """A client of a server that gives this answer to scripts; and the commands it was sent."""
    sent: list[bytes] = []

    def answered(words: list[bytes]) -> bytes:
        sent.append(words[0])
        return answer

    async with resp_server(answered) as port:
        redis = connect(f"redis://127.0.0.1:{port}", timeout_s=2.0)
        try:
            yield redis, sent
        finally:
            await redis.aclose()


@pytest.mark.parametrize(
    "reply",
    [
        "ASK 3999 127.0.0.1:6381",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "CLUSTERDOWN The cluster is down",
        "ERR max number of clients reached",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "MOVED 3999 127.0.0.1:6381",
        "NOREPLICAS Not enough good replicas to write.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "READONLY You can't write against a read only replica.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "UNBLOCKED force unblock from blocking operation",
    ],
)
async def test_a_reply_that_means_not_now_is_an_unavailable_store(reply: str) -> None:
    async with _peer(f"-{reply}\r\n".encode()) as (redis, sent):
        with pytest.raises(StoreUnavailableError) as caught:
            await Log(redis, "shop/orders").fence(1)

    assert caught.value.__cause__ is not None
    assert len(sent) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "ERR user_script:12: attempt to compare number with nil",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "NOPERM this user has no permissions to run the 'evalsha' command",
        "CROSSSLOT Keys in request don't hash to the same slot",
        "BUSYKEY Target key name already exists.",
    ],
)
async def test_a_reply_that_means_a_mistake_is_not_hidden(reply: str) -> None:
    async with _peer(f"-{reply}\r\n".encode()) as (redis, _):
        with pytest.raises(ResponseError):
            await Log(redis, "shop/orders").fence(1)


@pytest.mark.parametrize("answer", [b"", CLOSE, b":1"], ids=["silent", "closes", "stops short"])
async def test_a_lost_answer_is_an_unavailable_store_and_nothing_is_sent_twice(
    answer: bytes,
) -> None:
    async with _peer(answer) as (redis, sent):
        with pytest.raises(StoreUnavailableError):
            await Log(redis, "shop/orders").append([])

    assert len(sent) == 1


async def test_a_primary_that_was_demoted_costs_its_connections() -> None:
    """Behind a name or a balancer, a new connection may reach the next primary."""
    connections: list[bytes] = []

    def answer(words: list[bytes]) -> bytes:
        if words[0] == b"AUTH":
            connections.append(words[1])
            return b"+OK\r\n"
        return b"-READONLY You can't write against a read only replica.\r\n"

    async with resp_server(answer) as port:
        redis = connect(f"redis://:secret@127.0.0.1:{port}")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await Log(redis, "shop/orders").fence(1)
        await redis.aclose()

    assert len(connections) == 2


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "unix:///nowhere/store.sock"])
async def test_a_refused_connection_is_an_unavailable_store(url: str) -> None:
    redis = connect(url)

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        await Log(redis, "shop/orders").position()
    await redis.aclose()


# check_profile


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


# One connection


async def test_what_nobody_asked_for_is_taken_for_no_answer() -> None:
    """A push (RESP3) comes amid the replies; taken for one, all that follow would be another's."""
    pushed = b">2\r\n+moving\r\n:7\r\n"
    numbers = iter(range(1, 4))

    def answered(_words: list[bytes]) -> bytes:
        return pushed + b":%d\r\n" % next(numbers)

    async with resp_server(answered) as port:
        redis = connect(f"redis://127.0.0.1:{port}", timeout_s=0.5)
        generations = [await Log(redis, "shop/orders").fence(1) for _ in range(3)]
        await redis.aclose()

    assert generations == [1, 2, 3]


async def test_a_connection_that_ended_while_idle_costs_no_call(store_url: str) -> None:
    redis, other = connect(store_url), connect(store_url)
    await Log(redis, "shop/idle").fence(1)
    (link,) = redis._topology._server._free  # type: ignore[attr-defined]
    await other.execute_command("CLIENT", "KILL", "TYPE", "normal")
    await until(lambda: not link.is_open)

    generation = await Log(redis, "shop/idle").fence(2)

    assert generation == 2
    await redis.aclose()
    await other.aclose()
