"""What the holders of turns say lies in the store, and nobody else writes there."""

from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition
from sources.active.memory import ACTIVE, Said, Word, forget_said, read_said, say
from sources.turn import TurnLostError, turn_key

SHOP = "PingSource/default/shop"
SAID = Said((Condition("Deployed", "False", "Why", "größer"),), ("a", ""), 0.5)


@dataclass
class InHand:
    key: str
    token: str = "ours"  # noqa: S105 - of a turn

    def check(self) -> None:
        """Its own clock would let it go on."""


async def _held(redis: Redis, source: str, token: str = "ours") -> InHand:  # noqa: S107
    held = InHand(turn_key(source))
    await redis.set(held.key, token)
    return held


async def test_what_is_said_is_read_until_it_is_forgotten(redis: Redis) -> None:
    held = await _held(redis, SHOP)

    await say(redis, [Word(held, SHOP, SAID)])
    said = await read_said(redis)
    await forget_said(redis, held, SHOP)

    assert said == {SHOP: SAID}
    assert await read_said(redis) == {}


async def test_who_lost_the_turn_of_one_says_only_what_is_of_others(redis: Redis) -> None:
    ours, lost = await _held(redis, SHOP), await _held(redis, "PingSource/a/b", "another's")

    await say(redis, [Word(lost, "PingSource/a/b", SAID), Word(ours, SHOP, SAID)])

    assert list(await read_said(redis)) == [SHOP]


async def test_who_lost_the_turn_forgets_nothing(redis: Redis) -> None:
    held = await _held(redis, SHOP)
    await say(redis, [Word(held, SHOP, SAID)])
    await redis.set(held.key, "another's")

    with pytest.raises(TurnLostError):
        await forget_said(redis, held, SHOP)

    assert list(await read_said(redis)) == [SHOP]


async def test_many_say_something_at_once_also_when_memory_is_full(redis: Redis) -> None:
    sources = [f"PingSource/default/s{number}" for number in range(450)]
    words = [Word(await _held(redis, each), each, SAID) for each in sources]
    await redis.config_set("maxmemory", 1)

    await say(redis, words)

    assert await read_said(redis) == dict.fromkeys(sources, SAID)


async def test_what_cannot_be_read_is_known_to_be_there(redis: Redis) -> None:
    for value in (b"", b"{", b"[]", b"\xff", b'{"lag_s": "a"}'):
        await redis.hset(ACTIVE, value.hex() or "none", value)

    assert await read_said(redis) == dict.fromkeys(
        ["none", "7b", "5b5d", "ff", b'{"lag_s": "a"}'.hex()], Said()
    )
