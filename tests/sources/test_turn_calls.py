"""Whoever asks for a turn gets an answer, whatever the store does."""

import asyncio

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from sources.turn import turn_key
from sources.turn_calls import TurnCalls


async def test_what_a_store_refuses_is_raised_where_it_was_asked_and_nobody_is_left_waiting(
    redis: Redis,
) -> None:
    """More ask than fit into one call: the next is made nevertheless."""
    await redis.rpush(turn_key("0"), "no turn")
    calls = TurnCalls(redis)
    asked = [calls.ask(turn_key(str(number)), "keep", "ours", 1000) for number in range(1001)]
    async with asyncio.timeout(10):
        *refused, last = await asyncio.gather(*asked, return_exceptions=True)

    assert {type(each) for each in refused} == {ResponseError}
    assert last is False
