"""Checks of the store that is to keep the events."""

import statistics
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from redis.exceptions import ResponseError

from poplin.catalog.catalog import read
from poplin.errors import ConfigurationError, PoplinError, StoreFullError
from poplin.log import alive
from poplin.store import LeanRedis, Profile, check_profile, connect, masked, translated
from poplin_cli.doctor.finding import Finding, failed, ok, warned
from poplin_cli.doctor.machine import SLOW_MS

__all__ = ["check_store"]

_TIMEOUT_S = 3.0
_OLDEST_MAJOR = 7
_SKEW_S = 1.0
_WRITES = 10
_HIGH, _FULL = 0.8, 0.95


async def check_store(url: str, profile: Profile, *, replicas: int, trust: bool) -> list[Finding]:
    """The rest is not asked of a store that does not answer."""
    try:
        redis = connect(url, timeout_s=_TIMEOUT_S, replicas=replicas if profile == "ha" else 0)
    except ConfigurationError as error:
        return [failed("store", str(error), "mend --redis")]
    found: list[Finding] = []
    try:
        with translated():
            async for finding in _findings(redis, url, profile, trust=trust):
                found.append(finding)  # noqa: PERF401 - those before an error are told too
    except PoplinError as error:
        found.append(failed("store", f"{masked(url)}: {error}", "start it, or mend --redis"))
    except ResponseError as error:
        found.append(failed("store", f"{masked(url)} refuses: {error}", "allow its user more"))
    finally:
        await redis.aclose()
    return found


async def _findings(
    redis: LeanRedis, url: str, profile: Profile, *, trust: bool
) -> AsyncIterator[Finding]:
    infos = await redis.everywhere("INFO")
    versions = {_version(info) for info in infos}
    for name, version in versions:
        yield _versioned(f"{masked(url)}: {name} {version}", version)
    yield await _profile(redis, profile, trust=trust)
    for info in infos:
        yield _memory(int(info["used_memory"]), int(info.get("maxmemory", 0)))
    yield await _writes(redis)
    yield await _clock(redis)
    yield await _dispatchers(redis)


def _version(info: dict[str, object]) -> tuple[str, str]:
    if "valkey_version" in info:
        return "Valkey", str(info["valkey_version"])
    return "Redis", str(info["redis_version"])


def _versioned(found: str, version: str) -> Finding:
    if int(version.split(".")[0]) < _OLDEST_MAJOR:
        return failed("store", found, f"use Redis {_OLDEST_MAJOR} or newer, or Valkey 8 or newer")
    return ok("store", found)


async def _profile(redis: LeanRedis, profile: Profile, *, trust: bool) -> Finding:
    try:
        is_shown = await check_profile(redis, profile, trust=trust)
    except PoplinError as error:
        return failed("profile", str(error), "change the store as told, or take another --profile")
    if not is_shown:
        return warned(
            "profile", f"{profile}: the store forbids CONFIG and is trusted", "ask its provider"
        )
    return ok("profile", f"the store is configured for {profile}")


def _memory(used: int, most: int) -> Finding:
    if not most:
        return warned(
            "memory",
            "the store has no maxmemory: nothing is refused before all memory is taken",
            "run CONFIG SET maxmemory BYTES; and put it into its configuration file",
        )
    found = f"{used / most:.0%} of {most / 1024**2:.0f} MiB used"
    step = "mend the subscribers that are behind, or give the store more memory"
    if used >= _FULL * most:
        return failed("memory", f"{found}; all brokers are refused from {_FULL:.0%} on", step)
    if used >= _HIGH * most:
        return warned("memory", f"{found}; brokers are refused from {_HIGH:.0%} on", step)
    return ok("memory", found)


async def _writes(redis: LeanRedis) -> Finding:
    try:
        with translated():
            took_ms = await _write_ms(redis)
    except StoreFullError as error:
        return failed("store write", str(error), "give it more memory, or purge dead letters")
    found = f"takes 1 KiB in {took_ms:.1f} ms (median of {_WRITES})"
    if took_ms > SLOW_MS:
        return warned("store write", f"{found}; every 202 waits for one", "bring it nearer")
    return ok("store write", found)


async def _write_ms(redis: LeanRedis) -> float:
    """Of a key of our own, which is gone afterwards, or at the latest in ten seconds."""
    key, times = f"poplin:doctor:{uuid.uuid4()}", []
    for _ in range(_WRITES):
        began = time.perf_counter()
        await redis.execute_command("SET", key, bytes(1024), "EX", 10)
        times.append(1000 * (time.perf_counter() - began))
    await redis.execute_command("DEL", key)
    return statistics.median(times)


async def _clock(redis: LeanRedis) -> Finding:
    before = time.time()
    seconds, micros = await redis.execute_command("TIME")
    theirs = int(seconds) + int(micros) / 1e6
    skew = theirs - (before + time.time()) / 2
    if abs(skew) > _SKEW_S:
        direction = "ahead of" if skew > 0 else "behind"
        return warned(
            "clock",
            f"the store's is {abs(skew):.1f} s {direction} this machine's",
            "set both by NTP: times in traces are the store's",
        )
    return ok("clock", f"{datetime.fromtimestamp(theirs, UTC):%H:%M:%S} UTC, as this machine's")


async def _dispatchers(redis: LeanRedis) -> Finding:
    catalog, names = await read(redis), await alive(redis)
    found = (
        f"{len(names)} alive; {len(catalog.brokers)} brokers and {len(catalog.triggers)} triggers "
        "are in the catalog"
    )
    if catalog.triggers and not names:
        return warned(
            "dispatchers",
            f"{found}: events are kept and not delivered",
            "start a fabric: poplin up -f …, or poplin dispatcher --redis …",
        )
    return ok("dispatchers", found)
