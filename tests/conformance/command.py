"""The process under test, when the kit is to start it."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

__all__ = ["Command", "EndedError", "running"]

_GRACE_S = 15.0

T = TypeVar("T")


class EndedError(Exception):
    """The process ended before it was asked to."""


class Command:
    def __init__(self, process: asyncio.subprocess.Process | None) -> None:
        self._process = process

    async def outlives(self, work: Awaitable[T]) -> T:
        """The work's result; raises EndedError as soon as the process is gone."""
        if self._process is None:
            return await work
        task, end = asyncio.ensure_future(work), asyncio.ensure_future(self._process.wait())
        try:
            await asyncio.wait((task, end), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise EndedError(f"the command ended with code {end.result()}")
            return task.result()
        finally:
            task.cancel()
            end.cancel()


@asynccontextmanager
async def running(words: Sequence[str]) -> AsyncIterator[Command]:
    """Without words nothing runs. The output goes to standard error: the table stands alone."""
    if not words:
        yield Command(None)
        return
    process = await asyncio.create_subprocess_exec(*words, stdout=sys.stderr)
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _GRACE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
