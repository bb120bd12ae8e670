"""Redis clients with every timeout and retry stated, and the check that the store keeps its word."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import structlog
from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from poplin.client import LeanRedis
from poplin.errors import ConfigurationError, StoreFullError, StoreUnavailableError
from poplin.waiting import wait

__all__ = ["Profile", "check_profile", "connect", "ensure_profile", "masked", "translated"]

Profile = Literal["durable", "fast"]

_COMMAND_TIMEOUT_S = 5.0
_MOST_CONNECTIONS = 64
_PATIENCE_S = 1.0
_SAY_EVERY_S = 10.0

# Error replies that mean "not now"; any other reply is a mistake of ours.
# redis-py cuts the code off the replies for which it has a class.
_TRANSIENT_ERRORS = (
    exceptions.AskError,  # and MovedError
    exceptions.ClusterDownError,  # and MasterDownError
    exceptions.ReadOnlyError,
    exceptions.TryAgainError,
)
_TRANSIENT_REPLIES = ("BUSY ", "MISCONF ", "NOREPLICAS ", "UNBLOCKED ")


_USERINFO = re.compile(r"(?<=://).*@", re.DOTALL)
_PASSWORD_OPTION = re.compile(r"(?<=[?&]password=)[^&]*")


def connect(url: str, *, timeout_s: float = _COMMAND_TIMEOUT_S) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`.

    It never sends a command twice: a lost reply to an append would store the event twice. A
    reader that blocks passes a timeout longer than its block.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_MOST_CONNECTIONS,
            timeout=timeout_s,
            socket_timeout=timeout_s,
            socket_connect_timeout=2.0,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"--redis {masked(url)!r} is not understood; use redis://HOST:PORT/DB, "
            "rediss://… for TLS or unix://PATH"
        ) from error
    return LeanRedis(pool, most=_MOST_CONNECTIONS, timeout_s=timeout_s)


def masked(url: str) -> str:
    """The URL without its credentials, for messages."""
    # By text, not by urlsplit: a password with '/' or '#' breaks the URL and must not be shown.
    return _PASSWORD_OPTION.sub("…", _USERINFO.sub("…@", url))


@contextmanager
def translated() -> Iterator[None]:
    """Say StoreUnavailableError for every failure of the store that passes by itself.

    Wrong credentials do not: they are a ConfigurationError.
    """
    try:
        yield
    except exceptions.AuthenticationError as error:
        raise ConfigurationError(
            f"the store refuses us: {error}; check the user and password in --redis"
        ) from error
    except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
        raise StoreUnavailableError(f"the store does not answer: {error}") from error
    except exceptions.OutOfMemoryError as error:
        raise StoreFullError(f"the store's memory is full: {error}") from error
    except exceptions.ResponseError as error:
        if not _is_transient(error):
            raise
        raise StoreUnavailableError(f"the store refuses for now: {error}") from error


def _is_transient(error: exceptions.ResponseError) -> bool:
    return isinstance(error, _TRANSIENT_ERRORS) or str(error).startswith(_TRANSIENT_REPLIES)


_FSYNC = {"durable": ("always",), "fast": ("always", "everysec")}


async def check_profile(redis: Redis, profile: Profile) -> None:
    """Raise ConfigurationError, with the line to change, when the store contradicts the profile."""
    with translated():
        settings = await redis.config_get("appendonly", "appendfsync", "maxmemory-policy")
    found = {str(_text(name)): str(_text(value)) for name, value in settings.items()}
    for name, allowed in (
        ("appendonly", ("yes",)),
        ("appendfsync", _FSYNC[profile]),
        ("maxmemory-policy", ("noeviction",)),
    ):
        if found.get(name) not in allowed:
            raise ConfigurationError(
                f"profile {profile} needs the store to keep what it accepts, but its {name} is "
                f"{found.get(name)!r}; run CONFIG SET {name} {allowed[0]}"
                + (", or start with --profile fast" if allowed == ("always",) else "")
            )


def _text(value: object) -> object:
    return value.decode() if isinstance(value, bytes) else value


def _say_waiting(error: StoreUnavailableError) -> None:
    structlog.get_logger().warning("waiting for the store", why=str(error))


async def ensure_profile(
    redis: Redis,
    profile: Profile,
    stop: asyncio.Event,
    *,
    on_wait: Callable[[StoreUnavailableError], None] = _say_waiting,
) -> bool:
    """`check_profile` as soon as the store answers; False when `stop` was set before.

    `on_wait` is told after a second, then every ten.
    """
    loop = asyncio.get_running_loop()
    say_at = loop.time() + _PATIENCE_S
    while not stop.is_set():
        try:
            await check_profile(redis, profile)
            return True
        except StoreUnavailableError as error:
            if loop.time() > say_at:
                on_wait(error)
                say_at = loop.time() + _SAY_EVERY_S
            await wait(stop, 0.1)
    return False
