"""A process that dies, as far as one task can."""

import asyncio
from typing import Any

from sources.finishing import BEGUN

__all__ = ["die"]


def die(task: asyncio.Task[Any]) -> None:
    """It ends where it is, and nothing that has begun is finished."""
    for each in asyncio.all_tasks():
        if each.get_name() == BEGUN:
            each.cancel()
    task.cancel()
