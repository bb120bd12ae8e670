"""What is remembered of hooks, in every kind of store."""

import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition
from sources.github.hooks import Place
from sources.github.memory import HOOKS, KeptHook, Memory, TokenPlace
from sources.turn import TurnLostError
from tests.sources.in_hand import InHand

KEPT = KeptHook(
    source="GitHubSource/default/shop",
    place=Place("https://api.github.com/", "acme/shop"),
    url="https://hooks.example/default/shop",
    token=TokenPlace("default", "github", "token"),
    hook_id=42,
    secret_digest="abc",  # noqa: S106 - no secret
    condition=Condition("WebhookConfigured", "True", "", "hook 42 at acme/shop"),
)


async def test_what_was_put_is_read_until_it_is_forgotten(redis: Redis) -> None:
    memory, held = Memory(redis), InHand()
    await redis.set(held.key, held.token)

    await memory.put(held, KEPT)
    assert await memory.read() == {KEPT.field: KEPT}

    await memory.forget(held, KEPT)
    assert await memory.read() == {}


async def test_who_lost_the_turn_changes_nothing(redis: Redis) -> None:
    memory, held = Memory(redis), InHand()
    await redis.set(held.key, held.token)
    await memory.put(held, KEPT)
    await redis.set(held.key, "another's")

    with pytest.raises(TurnLostError):
        await memory.forget(held, KEPT)
    await redis.delete(held.key)
    with pytest.raises(TurnLostError):
        await memory.forget(held, KEPT)

    assert await memory.read() == {KEPT.field: KEPT}


async def test_it_is_remembered_when_memory_is_full(redis: Redis) -> None:
    memory, held = Memory(redis), InHand()
    await redis.set(held.key, held.token)
    await redis.config_set("maxmemory", 1)

    await memory.put(held, KEPT)

    assert len(await memory.read()) == 1


async def test_what_cannot_be_read_is_passed_over(redis: Redis) -> None:
    memory, held = Memory(redis), InHand()
    await redis.set(held.key, held.token)
    await memory.put(held, KEPT)
    for value in (b"", b"{", b"[]", b"\xff", b'{"source": 1}'):
        await redis.hset(HOOKS, value.hex(), value)

    assert await memory.read() == {KEPT.field: KEPT}
