"""Work that is begun anew each time it fails, after delays that grow."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from poplin.errors import StoreUnavailableError
from sources.causes import causes
from sources.pauses import pause_s
from sources.turn import TurnLostError

__all__ = ["keep_trying"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_STEADY_S = 60.0
"""What went well for so long starts over with the first pause."""


async def keep_trying(
    work: Callable[[], Awaitable[None]],
    failed: Callable[[BaseException], None],
    *,
    pace: float = 1.0,
) -> None:
    """Until it returns. `failed` is told of each failure, but for TurnLostError and
    StoreUnavailableError, which are raised: they end the turn. `pace` is of all times.
    """
    clock = asyncio.get_running_loop().time
    failures = 0
    while True:
        began_s = clock()
        try:
            return await work()
        # A task may also end cancelled because of something within it that was.
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - each has a fate
            _raise_ends(error)
            failures = 1 if clock() - began_s >= _STEADY_S * pace else failures + 1
            failed(error)
        await asyncio.sleep(_pause_s(failures) * pace)


def _raise_ends(error: BaseException) -> None:
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        # A group of tasks that is cancelled may raise what one of them did in its last moment.
        raise asyncio.CancelledError from error
    for each in causes(error):
        if isinstance(each, TurnLostError | StoreUnavailableError):
            raise each


def _pause_s(failures: int) -> float:
    return pause_s(
        failures,
        random.random(),  # noqa: S311
        first_s=_FIRST_PAUSE_S,
        longest_s=_LONGEST_PAUSE_S,
    )
