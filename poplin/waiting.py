"""The one way to wait: for a time, unless told to stop."""

import asyncio

__all__ = ["wait"]


async def wait(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep; returns True at once when `stop` is set, False after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
