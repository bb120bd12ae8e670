"""What `poplin.dev/dedupe-window` costs the store: memory for each event, and time in the append.

Run as `python -m bench.repeats [--server PATH]`; prints a line for each figure.
"""

import argparse
import asyncio
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson
from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.log import Entry, Log
from poplin.log.once import digest_of
from poplin.store import connect, translated
from poplin_cli.embedded import store_command

_EVENTS = 100_000
_BATCH = 64
_ROUNDS = 5
_WINDOW_MS = 7 * 86_400_000
_DATA = b"x" * 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.repeats", description=__doc__)
    parser.add_argument("--server", help="a valkey-server or redis-server; default: as poplin up")
    asyncio.run(_measure(parser.parse_args().server))


async def _measure(server: str | None) -> None:
    async with _store(server) as redis:
        await redis.config_set("lazyfree-lazy-user-del", "no")
        log = Log(redis, "bench/repeats")
        await log.fence(1)
        batches = [_batch(start) for start in range(0, _EVENTS, _BATCH)]
        digests = [[digest_of(entry) for entry in batch] for batch in batches]

        async def append(number: int) -> object:
            return await log.append(batches[number])

        async def append_once(number: int) -> object:
            return await log.append_once(batches[number], digests[number], _WINDOW_MS)

        for name, call, is_fresh in (
            ("append without a window", append, True),
            ("append with a window, new events", append_once, True),
            ("append with a window, repeats", append_once, False),
        ):
            cost = min(
                [await _cost_us(redis, log, call, is_fresh=is_fresh) for _ in range(_ROUNDS)]
            )
            print(f"{name:38} {cost:6.2f} us of the server an event")
        print(f"{'a remembered event':38} {await _memory(redis, log):6.0f} bytes")
        print(f"{'its digest, in the ingress':38} {_digest_us(batches[0]):6.2f} us")
        print(f"{'100,000 forgotten at one go':38} {await _delete_ms(redis, log):6.1f} ms")


def _batch(start: int) -> list[Entry]:
    return [_entry(number) for number in range(start, min(start + _BATCH, _EVENTS))]


def _entry(number: int) -> Entry:
    attributes = {
        "specversion": "1.0",
        "id": f"0f1e2d3c-4b5a-6978-8796-{number:012d}",
        "source": "https://shop.example.com/eu/orders",
        "type": "com.example.shop.order.created",
        "subject": f"order-{number}",
        "datacontenttype": "application/json",
        "knativebrokerttl": 255,
        "knativearrivaltime": "2026-11-21T06:35:58.123456Z",
    }
    return Entry(orjson.dumps(attributes), None, _DATA)


async def _cost_us(
    redis: Redis, log: Log, call: Callable[[int], Awaitable[object]], *, is_fresh: bool
) -> float:
    """By the server's own account."""
    if is_fresh:
        await redis.unlink(log.keys.log, *log.keys.seen)
    await redis.config_resetstat()
    for number in range(_EVENTS // _BATCH):
        await call(number)
    stats = (await redis.info("commandstats"))["cmdstat_evalsha"]
    return float(stats["usec"]) / (_EVENTS // _BATCH * _BATCH)


async def _memory(redis: Redis, log: Log) -> float:
    """What INFO says less when they are forgotten."""
    before = (await redis.info("memory"))["used_memory"]
    remembered = sum([await redis.hlen(key) for key in log.keys.seen])
    await redis.delete(*log.keys.seen)
    return float(before - (await redis.info("memory"))["used_memory"]) / remembered


def _digest_us(batch: Sequence[Entry]) -> float:
    began = time.process_time()
    for _ in range(200):
        for entry in batch:
            digest_of(entry)
    return (time.process_time() - began) / (200 * len(batch)) * 1e6


async def _delete_ms(redis: Redis, log: Log) -> float:
    """How long the server serves nobody else where it expires a bucket in its own thread."""
    for number in range(_EVENTS // _BATCH):
        batch = _batch(number * _BATCH)
        await log.append_once(batch, [digest_of(entry) for entry in batch], _WINDOW_MS)
    await redis.config_resetstat()
    await redis.delete(*log.keys.seen)
    return float((await redis.info("commandstats"))["cmdstat_del"]["usec"]) / 1000


@asynccontextmanager
async def _store(server: str | None) -> AsyncIterator[Redis]:
    with tempfile.TemporaryDirectory() as folder:
        command = store_command(
            Path(folder), profile="fast", memory_bytes=1 << 30, server=server or None
        )
        process = await asyncio.create_subprocess_exec(*command.argv, stdout=DEVNULL)
        redis = connect(command.url)
        try:
            while not await _answers(redis):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)
            yield redis
        finally:
            await redis.aclose()
            process.terminate()
            await process.wait()


async def _answers(redis: Redis) -> bool:
    with suppress(StoreUnavailableError), translated():
        return bool(await redis.ping())
    return False


if __name__ == "__main__":
    main()
