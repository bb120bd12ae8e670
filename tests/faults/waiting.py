"""Waiting for what the processes of a fabric do: they tell nobody, so they are asked."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

__all__ = ["until"]


async def until(is_so: Callable[[], bool | Awaitable[bool]], within_s: float) -> None:
    """Raises TimeoutError when it is not so in time."""
    async with asyncio.timeout(within_s):
        while not await _asked(is_so):  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.02)


async def _asked(is_so: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = is_so()
    return await answer if isawaitable(answer) else bool(answer)
