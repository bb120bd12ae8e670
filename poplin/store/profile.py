"""The check that the store keeps its word, for each profile, at the start and while it runs."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import structlog
from redis import exceptions

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.store.client import LeanRedis
from poplin.store.translation import translated
from poplin.waiting import wait

__all__ = ["Profile", "check_profile", "ensure_profile"]

Profile = Literal["durable", "fast", "ha"]

_PATIENCE_S = 1.0
_SAY_EVERY_S = 10.0
_SILENT_S = 5
"""A replica that has said nothing for so long acknowledges nothing: they report every second."""

_FSYNC = {"durable": ("always",), "fast": ("always", "everysec"), "ha": ("always",)}


async def check_profile(redis: LeanRedis, profile: Profile, *, trust: bool = False) -> bool:
    """Raise ConfigurationError, with the line to change, when the store contradicts the profile.

    With `trust`, a store that does not show its configuration is asked for what its INFO tells,
    and the rest is taken on trust: then it returns False. With profile ha, raises
    StoreUnavailableError while too few replicas acknowledge.
    """
    with translated():
        shown = await _configurations(redis)
        told = await _told_by_info(redis, trust=trust) if profile == "ha" or not shown else []
    if not shown and not trust:
        raise ConfigurationError(
            f"profile {profile} cannot be checked, because the store forbids CONFIG; if it keeps "
            "what it accepts (see its provider), start with --trust-store"
        )
    for settings in shown or map(_told, told):
        _check_settings(settings, profile, is_shown=bool(shown))
        _check_kind(settings, redis)
    if profile == "ha":
        for info in told:
            _check_replicas(info, redis.replicas)
    return bool(shown)


async def _told_by_info(redis: LeanRedis, *, trust: bool) -> list[Any]:
    try:
        return await redis.everywhere("INFO")
    except exceptions.NoPermissionError as error:
        if trust:
            raise ConfigurationError(
                "the store forbids INFO, so nothing of it can be checked; allow its user +info"
            ) from error
        return []


async def _configurations(redis: LeanRedis) -> list[dict[str, str]]:
    """Of each primary; empty when they must not be read."""
    names = ("appendonly", "appendfsync", "maxmemory-policy", "cluster-enabled")
    try:
        found = await redis.everywhere("CONFIG GET", *names)
    except exceptions.ResponseError as error:
        forbidden = isinstance(error, exceptions.NoPermissionError)
        if not forbidden and "unknown command" not in str(error):
            raise
        return []
    return [{_text(name): _text(value) for name, value in each.items()} for each in found]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _told(info: Mapping[str, Any]) -> dict[str, str]:
    """What INFO tells of the configuration."""
    told = {}
    for name, field in (("appendonly", "aof_enabled"), ("cluster-enabled", "cluster_enabled")):
        if field in info:
            told[name] = "yes" if info[field] else "no"
    if "maxmemory_policy" in info:
        told["maxmemory-policy"] = info["maxmemory_policy"]
    return told


def _check_settings(settings: Mapping[str, str], profile: Profile, *, is_shown: bool) -> None:
    for name, allowed in (
        ("appendonly", ("yes",)),
        ("appendfsync", _FSYNC[profile]),
        ("maxmemory-policy", ("noeviction",)),
    ):
        if settings.get(name) in allowed or (name not in settings and not is_shown):
            continue
        change = f"run CONFIG SET {name} {allowed[0]}" if is_shown else f"set it to {allowed[0]}"
        raise ConfigurationError(
            f"profile {profile} needs the store to keep what it accepts, but its {name} is "
            f"{settings.get(name)!r}; {change}"
            + (", or start with --profile fast" if allowed == ("always",) else "")
            + ("; and put it into its configuration file" if is_shown else "")
        )


def _check_kind(settings: Mapping[str, str], redis: LeanRedis) -> None:
    if settings.get("cluster-enabled") == "yes" and not redis.is_cluster:
        raise ConfigurationError(
            "the store is a node of a Redis Cluster; use --redis redis+cluster://HOST:PORT"
        )


def _check_replicas(info: Mapping[str, Any], needed: int) -> None:
    fresh = [
        replica
        for name, replica in info.items()
        if re.fullmatch(r"slave\d+", name)
        and replica["state"] == "online"
        and replica["lag"] <= _SILENT_S
    ]
    if len(fresh) >= needed:
        return
    # The backlog is made for the first replica, and kept for an hour after the last.
    if not info["connected_slaves"] and not info["repl_backlog_active"]:
        raise ConfigurationError(
            f"profile ha needs {needed} replica(s) that hold every event, but the store has none; "
            "connect one with REPLICAOF, or start with --profile durable"
        )
    raise StoreUnavailableError(f"{len(fresh)} of {needed} replicas of the store acknowledge")


def _say_waiting(error: StoreUnavailableError) -> None:
    structlog.get_logger().warning("waiting for the store", why=str(error))


def _say_answer() -> None:
    structlog.get_logger().info("the store answers")


def _say_trusted() -> None:
    structlog.get_logger().warning("the store forbids CONFIG: --trust-store takes its word")


async def ensure_profile(
    redis: LeanRedis,
    profile: Profile,
    stop: asyncio.Event,
    *,
    trust: bool = False,
    on_wait: Callable[[StoreUnavailableError], None] = _say_waiting,
    on_answer: Callable[[], None] = _say_answer,
    on_trust: Callable[[], None] = _say_trusted,
) -> bool:
    """`check_profile` as soon as the store answers; False when `stop` was set before.

    `on_wait` is told after a second, then every ten; `on_answer` when that is over.
    """
    loop = asyncio.get_running_loop()
    say_at = loop.time() + _PATIENCE_S
    has_waited = False
    while not stop.is_set():
        try:
            is_shown = await check_profile(redis, profile, trust=trust)
            if has_waited:
                on_answer()
            if not is_shown:
                on_trust()
            return True
        except StoreUnavailableError as error:
            if loop.time() > say_at:
                on_wait(error)
                has_waited = True
                say_at = loop.time() + _SAY_EVERY_S
            await wait(stop, 0.1)
    return False
