"""`poplin` as a process of its own, as a script runs it: no terminal."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Ended", "Poplin"]


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self
        return json.loads(self.out)


class Poplin:
    """Commands to the management API at `url`."""

    def __init__(self, url: str) -> None:
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("POPLIN_")
        } | {"POPLIN_API": url}

    async def __call__(self, *arguments: str, within_s: float = 60) -> Ended:
        return await self._run(None, arguments, within_s)

    async def interrupted(self, when: Callable[[], Awaitable[object]], *arguments: str) -> Ended:
        """With Ctrl-C when that has come to be."""
        return await self._run(when, arguments, 60)

    async def _run(
        self,
        when: Callable[[], Awaitable[object]] | None,
        arguments: tuple[str, ...],
        within_s: float,
    ) -> Ended:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "poplin_cli.main", *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
        )  # fmt: skip
        ending = asyncio.create_task(process.communicate())
        if when is not None:
            await when()
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(within_s):
            out, err = await ending
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())
