"""What is remembered of watches, in every kind of store."""

import asyncio
import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from sources.kubernetes.memory import Memory, Remembered, forget, forget_watches
from sources.kubernetes.values import Noted
from sources.turn import TurnLostError
from tests.sources.in_hand import InHand

SOURCE = "ApiServerSource/default/pods"
WEB = Noted("shop", "web-1", "41")
JOB = Noted("", "cleaner", "42", is_owned=False)
HOW_MANY = 20_000
TEAMS = 50
SLICE = 500


@pytest.fixture
async def held(redis: Redis) -> InHand:
    """The turn is ours."""
    hand = InHand()
    await redis.set(hand.key, hand.token)
    return hand


def _many(number: int, version: str = "1") -> dict[str, Noted | None]:
    return {f"uid-{each}": Noted("shop", f"web-{each}", version) for each in range(number)}


async def _kept(redis: Redis, source: str = SOURCE) -> list[bytes | str]:
    """The keys in which anything of a source is."""
    return [
        *await redis.keys("{poplin:sources}:objects:" + source + ":*"),
        *await redis.keys("{poplin:sources}:checkpoints:" + source),
    ]


class Cut:
    """A store from which we are cut off after a number of scripts."""

    hkeys = Redis.hkeys

    def __init__(self, redis: Redis, scripts: int) -> None:
        self._redis = redis
        self._left = scripts

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        if words[0] == "EVALSHA":
            self._left -= 1
        if self._left < 0:
            raise StoreUnavailableError("cut off")
        return await self._redis.execute_command(*words, **options)


async def test_what_was_put_is_read_until_it_is_forgotten(redis: Redis, held: InHand) -> None:
    memory = Memory(redis, SOURCE, "w")

    assert await memory.read() == Remembered({}, {})
    await memory.put(held, {"a": WEB, "b": JOB}, ("", "42"))
    assert await memory.read() == Remembered({"a": WEB, "b": JOB}, {"": "42"})
    await memory.put(held, {"a": None, "c": WEB}, None)
    assert await memory.read() == Remembered({"b": JOB, "c": WEB}, {"": "42"})
    await memory.put(held, {}, ("", "43"))
    assert await memory.read() == Remembered({"b": JOB, "c": WEB}, {"": "43"})
    await memory.put(held, {"b": None, "c": None}, ("", ""))
    assert await memory.read() == Remembered({}, {})


async def test_each_watch_and_each_scope_is_remembered_apart(redis: Redis, held: InHand) -> None:
    first, second = Memory(redis, SOURCE, "w1"), Memory(redis, SOURCE, "w2")
    other = Memory(redis, f"{SOURCE}-2", "w1")

    await first.put(held, {"a": WEB, "b": JOB}, ("shop", "42"))
    await first.put(held, {}, ("blog", "7"))
    await second.put(held, {}, ("shop", "43"))

    assert await first.read() == Remembered({"a": WEB, "b": JOB}, {"shop": "42", "blog": "7"})
    assert await second.read() == Remembered({}, {"shop": "43"})
    assert await other.read() == Remembered({}, {})


@pytest.mark.parametrize("instead", [b"another's", None])
async def test_who_lost_the_turn_changes_nothing(
    redis: Redis, held: InHand, instead: bytes | None
) -> None:
    memory = Memory(redis, SOURCE, "w")
    await memory.put(held, {"a": WEB}, ("", "42"))
    await redis.delete(held.key)
    if instead:
        await redis.set(held.key, instead)

    with pytest.raises(TurnLostError):
        await memory.put(held, {"a": None, "b": JOB}, ("", "43"))
    with pytest.raises(TurnLostError):
        await memory.put(held, {}, None)
    with pytest.raises(TurnLostError):
        await forget_watches(redis, held, SOURCE, keep=set())

    assert await memory.read() == Remembered({"a": WEB}, {"": "42"})


@pytest.mark.parametrize("number", [SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
async def test_however_many_are_put_all_are_remembered(
    redis: Redis, held: InHand, number: int
) -> None:
    memory = Memory(redis, SOURCE, "w")

    await memory.put(held, _many(number), ("", "9"))

    assert await memory.read() == Remembered(dict(_many(number)), {"": "9"})  # type: ignore[arg-type]


async def test_between_slices_the_checkpoint_is_the_old_one(redis: Redis, held: InHand) -> None:
    memory = Memory(redis, SOURCE, "w")
    await memory.put(held, {"a": WEB}, ("", "1"))
    cut = Memory(Cut(redis, 2), SOURCE, "w")  # type: ignore[arg-type]

    with pytest.raises(StoreUnavailableError):
        await cut.put(held, _many(3 * SLICE), ("", "9"))

    remembered = await memory.read()
    assert remembered.checkpoints == {"": "1"}
    assert len(remembered.objects) == 2 * SLICE + 1


async def test_who_loses_the_turn_between_slices_writes_no_more(redis: Redis, held: InHand) -> None:
    class Stolen(Cut):
        async def execute_command(self, *words: Any, **options: Any) -> Any:
            answer = await super().execute_command(*words, **options)
            await redis.set(held.key, "another's")
            return answer

    memory = Memory(Stolen(redis, 9), SOURCE, "w")  # type: ignore[arg-type]
    await Memory(redis, SOURCE, "w").put(held, {}, None)  # the script is known

    with pytest.raises(TurnLostError):
        await memory.put(held, _many(2 * SLICE), ("", "9"))

    remembered = await Memory(redis, SOURCE, "w").read()
    assert len(remembered.objects) == SLICE
    assert remembered.checkpoints == {}


async def test_it_is_remembered_and_forgotten_when_memory_is_full(
    redis: Redis, held: InHand
) -> None:
    memory = Memory(redis, SOURCE, "w")
    await redis.config_set("maxmemory", 1)

    await memory.put(held, {"a": WEB}, ("", "42"))
    assert await memory.read() == Remembered({"a": WEB}, {"": "42"})
    await forget_watches(redis, held, SOURCE, keep=set())
    assert await _kept(redis) == []


@pytest.mark.parametrize(
    ("uid", "value"),
    [
        (b"b", b""),
        (b"b", b"{"),
        (b"b", b"\xff"),
        (b"b", b'["shop","web","1"]'),
        (b"b", b'["shop","web",1,1]'),
        (b"\xff", b'["shop","web","1",1]'),
    ],
)
async def test_what_cannot_be_read_makes_it_a_first_start_and_is_gone_with_the_next_put(
    redis: Redis, held: InHand, uid: bytes, value: bytes
) -> None:
    await Memory(redis, SOURCE, "w").put(held, {"a": WEB}, ("shop", "42"))
    await Memory(redis, SOURCE, "w").put(held, {}, ("blog", "43"))
    other = Memory(redis, SOURCE, "w2")
    await other.put(held, {"a": WEB}, ("shop", "42"))
    await redis.hset("{poplin:sources}:objects:" + SOURCE + ":w", uid, value)

    memory = Memory(redis, SOURCE, "w")
    with structlog.testing.capture_logs() as lines:
        assert await memory.read() == Remembered({}, {})
    await memory.put(held, {"c": JOB}, ("shop", "50"))
    await memory.put(held, {"d": JOB}, None)

    assert [(line["log_level"], line["source"]) for line in lines] == [("warning", SOURCE)]
    assert await Memory(redis, SOURCE, "w").read() == Remembered(
        {"c": JOB, "d": JOB}, {"shop": "50"}
    )
    assert await other.read() == Remembered({"a": WEB}, {"shop": "42"})


async def test_what_cannot_be_read_goes_once_however_many_put_at_the_same_time(
    redis: Redis, held: InHand
) -> None:
    await redis.hset("{poplin:sources}:objects:" + SOURCE + ":w", b"b", b"{")
    memory = Memory(redis, SOURCE, "w")
    await memory.read()

    puts = (memory.put(held, {f"uid-{each}": WEB}, (f"ns-{each}", "1")) for each in range(20))
    await asyncio.gather(*puts)

    remembered = await Memory(redis, SOURCE, "w").read()
    assert (len(remembered.objects), len(remembered.checkpoints)) == (20, 20)


async def test_nothing_stays_of_a_source_that_is_forgotten(redis: Redis, held: InHand) -> None:
    await Memory(redis, SOURCE, "w1").put(held, _many(3), ("shop", "1"))
    await Memory(redis, SOURCE, "w2").put(
        held, {"a": WEB}, None
    )  # died before its first checkpoint
    other = Memory(redis, f"{SOURCE}-2", "w1")
    await other.put(held, {"a": WEB}, ("", "1"))

    await forget(redis, SOURCE)

    assert await _kept(redis) == []
    assert await other.read() == Remembered({"a": WEB}, {"": "1"})
    await forget(redis, SOURCE)


async def test_a_source_is_forgotten_at_once(redis: Redis, held: InHand) -> None:
    """One that comes back meanwhile finds all of it or nothing."""
    kept: list[int] = []

    class Looking:
        hkeys = redis.hkeys

        async def unlink(self, *keys: str) -> int:
            removed: int = await redis.unlink(*keys)
            kept.append(len(await _kept(redis)))
            return removed

    for watch_id in ("w1", "w2"):
        await Memory(redis, SOURCE, watch_id).put(held, {"a": WEB}, ("", "1"))

    await forget(Looking(), SOURCE)  # type: ignore[arg-type]

    assert kept == [0]


async def test_nothing_stays_of_a_watch_that_an_edit_dropped(redis: Redis, held: InHand) -> None:
    kept, dropped = Memory(redis, SOURCE, "w1"), Memory(redis, SOURCE, "w2")
    await kept.put(held, {"a": WEB}, ("", "1"))
    for scope in range(SLICE + 1):
        await dropped.put(held, {"a": WEB}, (f"namespace-{scope}", "1"))
    await Memory(redis, SOURCE, "w3").put(held, {"a": WEB}, None)

    await forget_watches(redis, held, SOURCE, keep={"w1"})

    assert len(await _kept(redis)) == 2
    assert await kept.read() == Remembered({"a": WEB}, {"": "1"})
    assert await dropped.read() == Remembered({}, {})
    await forget_watches(redis, held, SOURCE, keep=set())
    assert await _kept(redis) == []


async def test_a_watch_that_was_forgotten_by_half_is_forgotten_by_the_next_attempt(
    redis: Redis, held: InHand
) -> None:
    memory = Memory(redis, SOURCE, "w")
    for scope in range(2 * SLICE):
        await memory.put(held, {"a": WEB}, (f"namespace-{scope}", "1"))

    with pytest.raises(StoreUnavailableError):
        await forget_watches(Cut(redis, 1), held, SOURCE, keep=set())  # type: ignore[arg-type]
    assert len((await memory.read()).checkpoints) in range(1, 2 * SLICE)
    await forget_watches(redis, held, SOURCE, keep=set())

    assert await _kept(redis) == []


async def test_what_is_read_while_another_writes_is_never_behind_its_checkpoint(
    redis: Redis, held: InHand
) -> None:
    memory, writing = Memory(redis, SOURCE, "w"), True

    async def write() -> None:
        nonlocal writing
        for number in range(1, 400):
            await memory.put(held, {f"uid-{number}": WEB}, ("", str(number)))
        writing = False

    writer = asyncio.create_task(write())
    seen = set()
    while writing:
        remembered = await Memory(redis, SOURCE, "w").read()
        version = int(remembered.checkpoints.get("", "0"))
        seen.add(version)
        assert remembered.objects.keys() >= _uids(range(1, version + 1))
    await writer

    assert len(seen) > 10


def _uids(numbers: Iterable[int]) -> set[str]:
    return {f"uid-{each}" for each in numbers}


async def test_twenty_thousand_objects_take_little_memory(redis: Redis, held: InHand) -> None:
    """Of a process that may take 300 MB for them; a page of a list is far more."""
    await Memory(redis, SOURCE, "w").put(
        held,
        {
            f"0c119059-7113-11e9-a6c5-{each:012}": Noted(
                f"team-{each % TEAMS}", f"checkout-7d9f8b6c5d-{each:05}", f"{10_000_000 + each}"
            )
            for each in range(HOW_MANY)
        },
        ("", "1"),
    )

    tracemalloc.start()
    remembered = await Memory(redis, SOURCE, "w").read()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(remembered.objects) == HOW_MANY
    assert len({id(noted.namespace) for noted in remembered.objects.values()}) == TEAMS
    assert kept < 1000 * HOW_MANY
    assert peak < 2000 * HOW_MANY
