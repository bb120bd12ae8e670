"""What has begun is brought to its end, though whoever waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["BEGUN", "finished"]

BEGUN = "finish what has begun"
"""The name of such a task."""

_WITHIN_S = 2.0

_T = TypeVar("_T")


async def finished(work: Coroutine[Any, Any, _T], *, within_s: float = _WITHIN_S) -> _T:
    """What the work returns or raises. Who is cancelled meanwhile is so after the work has ended,
    or after `within_s`, when it is cancelled, too.

    For an event that is on its way and what is then to be remembered of it: parted from each other,
    the next one sends it again.
    """
    task = asyncio.create_task(work, name=BEGUN)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=within_s)
        raise
    finally:
        if not task.done():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
