"""What `--redis` may be, and what is shown of it."""

import pytest
from redis.asyncio import SSLConnection

from poplin.errors import ConfigurationError
from poplin.store import (
    connect,
    masked,
)
from poplin.store.url import parse_store_url


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
