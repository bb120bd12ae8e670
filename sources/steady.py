"""Work beside the webhooks, which must not end with it."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from poplin.waiting import wait
from sources.causes import words

__all__ = ["steadily"]

_AGAIN_S = 10.0


async def steadily(
    run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event, *, else_say: str
) -> None:
    """Until `stop`. Whatever ends it before, and so a store that refuses us, is said; then it is
    begun anew.
    """
    while not stop.is_set():
        try:
            await run(stop)
        except Exception as error:  # noqa: BLE001 - the others go on
            structlog.get_logger().error(else_say, why=words(error))
            await wait(stop, _AGAIN_S)
