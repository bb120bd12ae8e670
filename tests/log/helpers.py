"""Short ways to bring a partition into a state and to look at it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from poplin.log import Burial, Deferral, Entry, Held, Log, LogId, Matches, Position, Token
from poplin.log.look import Look, Place

GENERATION = 1
MARK = "r1"
"""Of a replay."""
FOR_EVER = 1 << 40
"""Bytes that no log of a test has."""
NEWEST = LogId(b"99999999999999-0")
"""An id above every id: age alone removes everything that may go."""


def event(number: int = 0, data: bytes = b"") -> Entry:
    return Entry(b'{"n":%d}' % number, None, data)


async def accepted(log: Log, count: int, data: bytes = b"") -> list[LogId]:
    ids: list[LogId] = []
    for start in range(0, count, 500):
        batch = [event(number, data) for number in range(start, min(start + 500, count))]
        ids += await log.append(batch) or []
    assert len(ids) == count
    return ids


async def routed(
    log: Log, last: LogId, matches: Mapping[str, Sequence[LogId]], leased: int = 0
) -> Token:
    """Route up to `last` as a router that is up to date; the caller leases the first ones."""
    position = await log.position()
    wanted = {uid: Matches(list(ids), min(leased, len(ids))) for uid, ids in matches.items()}
    unrouted = [log_id for log_id, _ in await log.read(position.cursor, 1_000_000, 0)]
    count = unrouted.index(last) + 1
    token = (await log.route(position, last, count, wanted)).token
    assert token is not None
    return token


async def owed(log: Log, count: int, *uids: str, data: bytes = b"") -> list[LogId]:
    """Events that wait, due, for each of the triggers."""
    ids = await accepted(log, count, data)
    await routed(log, ids[-1], dict.fromkeys(uids, ids))
    return ids


async def leased(log: Log, count: int, uid: str = "a", data: bytes = b"") -> list[Held]:
    """Events that the caller holds for the trigger."""
    ids = await accepted(log, count, data)
    token = await routed(log, ids[-1], {uid: ids}, leased=count)
    return [Held(uid, log_id, token) for log_id in ids]


async def dead(log: Log, count: int, uid: str = "a") -> list[LogId]:
    """Events that were given up for the trigger, with no dead-letter sink."""
    items = await leased(log, count, uid)
    assert all(await log.bury([Burial(held, b"why", has_sink=False) for held in items]))
    return [held.id for held in items]


async def dropped(log: Log, uid: str = "a", generation: int = GENERATION) -> tuple[int, int]:
    """A slice of the queues dropped, by who knows the newest trigger set."""
    slice_ = await log.drop(uid, generation)
    assert slice_ is not None
    return slice_


async def replayed(log: Log, uid: str, ids: Sequence[LogId]) -> int:
    """How many went into the queue again."""
    found = await log.replay(uid, ids, GENERATION, MARK)
    assert found is not None
    return found.replayed


def later(items: Iterable[Held], delay_s: float = 60, counts: bool = True) -> list[Deferral]:
    return [Deferral(held, delay_s, counts) for held in items]


def graves(items: Iterable[Held], has_sink: bool = False) -> list[Burial]:
    return [Burial(held, b"why", has_sink) for held in items]


def as_of(position: Position, generation: int) -> Position:
    """The position as a router with another trigger set has it."""
    return Position(position.cursor, generation)


async def lease_runs_out(redis: Redis, log: Log, uid: str, *ids: LogId) -> None:
    """As after ten seconds: a negative time that has passed."""
    for log_id in ids:
        assert await redis.zscore(log.keys.due(uid), log_id) is not None
        await redis.zadd(log.keys.due(uid), {log_id: -1})


async def times(redis: Redis, key: str) -> dict[LogId, int]:
    """Members of a due or dead set, lowest time first."""
    rows: Any = await redis.zrange(key, 0, -1, withscores=True)
    return {LogId(member): int(score) for member, score in rows}


async def counts(redis: Redis, key: str) -> dict[bytes, int]:
    found: Any = await redis.hgetall(key)
    return {field: int(value) for field, value in found.items()}


async def fields(redis: Redis, key: str) -> set[bytes]:
    names: Any = await redis.hkeys(key)
    return set(names)


async def stream(redis: Redis, key: str) -> list[tuple[LogId, dict[bytes, bytes]]]:
    rows: Any = await redis.xrange(key)
    return [(LogId(row_id), row) for row_id, row in rows]


async def journal(redis: Redis, log: Log) -> list[bytes]:
    """Its lines but for those that tell the time."""
    page = await Look(redis, log.keys).journal(Place())
    assert page.is_end
    lines = b"".join(chunk.lines for chunk in page.chunks).split(b"\n")
    return [line for line in lines if line and not line.startswith(b"@")]


async def log_ids(redis: Redis, log: Log) -> list[LogId]:
    return [log_id for log_id, _ in await stream(redis, log.keys.log)]


async def everything(redis: Redis) -> dict[bytes, object]:
    """All that the store holds, to say that nothing has changed."""
    found: dict[bytes, object] = {}
    keys: Any = await redis.keys("*")
    for key in keys:
        kind: Any = await redis.type(key)
        read: Any = {
            "hash": redis.hgetall,
            "stream": redis.xrange,
            "string": redis.get,
            "zset": lambda name: redis.zrange(name, 0, -1, withscores=True),
        }[kind.decode()]
        found[key] = await read(key)
    return found
