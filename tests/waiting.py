"""Waiting for what other processes do: they tell nobody, so they are asked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable

from redis.exceptions import RedisError

__all__ = ["until"]


async def until(is_so: Callable[[], object | Awaitable[object]], within_s: float = 20) -> None:
    """Raises TimeoutError when it is not so in time. Errors of servers that are about to answer
    are passed over.
    """
    async with asyncio.timeout(within_s):
        while True:
            with suppress(RedisError, OSError):
                answer = is_so()
                if await answer if isawaitable(answer) else answer:
                    return
            await asyncio.sleep(0.02)
