"""Real processes, kept running: one that dies is started again, soon and then less soon."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from poplin.waiting import wait

__all__ = ["Process", "ProcessSpec"]

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 3.0
STEADY_S = 10.0
"""A process that lived this long starts over with the first pause."""

_LINE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What to run. `pass_fds` are inherited: listening sockets outlive the process that serves them."""

    name: str
    argv: Sequence[str]
    pass_fds: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside what we have ourselves; for what arguments must not show."""
    grace_s: float = 7.0
    """From SIGTERM to SIGKILL."""


class Process:
    """One supervised process. Its output lines go to `on_line`, its ends to `on_exit`."""

    def __init__(
        self,
        spec: ProcessSpec,
        on_line: Callable[[str, bytes], None],
        on_exit: Callable[[str, int, float], None],
    ) -> None:
        self.spec = spec
        self._on_line = on_line
        self._on_exit = on_exit
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Of the running process; None between two."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def run(self, stop: asyncio.Event) -> None:
        """Keep it running until `stop`, then end it: SIGTERM, and SIGKILL after its grace."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while not stop.is_set():
            started = loop.time()
            code = await self._run_once(stop)
            if stop.is_set():
                return
            if loop.time() - started >= STEADY_S:
                pause = FIRST_PAUSE_S
            self._on_exit(self.spec.name, code, pause)
            await wait(stop, pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _run_once(self, stop: asyncio.Event) -> int:
        process = await asyncio.create_subprocess_exec(
            *self.spec.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            pass_fds=self.spec.pass_fds,
            env={**os.environ, **self.spec.environment},
            # Ctrl-C reaches the supervisor alone; it ends the others in order.
            start_new_session=True,
            preexec_fn=_die_with_parent,
            limit=_LINE_BYTES,
        )
        self._process = process
        ended = asyncio.create_task(process.wait(), name=f"wait for {self.spec.name}")
        lines = asyncio.create_task(self._read_lines(process), name=f"read {self.spec.name}")
        stopping = asyncio.create_task(stop.wait(), name=f"stop {self.spec.name}")
        await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await self._end(process, ended)
        stopping.cancel()
        await lines
        return await ended

    async def _end(self, process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait({ended}, timeout=self.spec.grace_s)
        if not ended.done():
            with suppress(ProcessLookupError):
                process.kill()

    async def _read_lines(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:
                continue  # longer than the limit; the rest of it comes as the next line
            if not line:
                return
            self._on_line(self.spec.name, line.rstrip(b"\n"))


def _die_with_parent() -> None:
    """A supervisor that is killed leaves no process behind (Linux; elsewhere the lock tells)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
