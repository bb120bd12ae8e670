"""`poplin sources` as a process that can be killed, held and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from poplin.catalog import SourceStatus, read_sources
from poplin.store import connect
from tests.conftest import die_with_parent
from tests.waiting import until

__all__ = ["Service", "Setup", "is_ready", "ready", "serving", "status_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the process is told."""

    redis_url: str
    files: Path
    kubeconfig: Path
    ingress_url: str = "http://127.0.0.1:1"

    @property
    def argv(self) -> tuple[str, ...]:
        return (
            *(sys.executable, "-m", "poplin_cli.main", "sources"),
            *("--redis", self.redis_url, "--file", str(self.files)),
            *("--ingress-url", self.ingress_url, "--kubeconfig", str(self.kubeconfig)),
            *("--webhook-port", "0"),
        )


class Service:
    """Its lines are in `log`, of all its lives."""

    def __init__(self, setup: Setup, log: Path) -> None:
        self._setup = setup
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def lines(self) -> list[str]:
        return self._log.read_text().splitlines()

    async def start(self) -> None:
        """Not yet of any use on return."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._setup.argv,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
                env={**os.environ, "NO_COLOR": "1"},
            )

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            async with asyncio.timeout(20):
                await self._process.wait()

    def most_rss(self) -> int:
        """Bytes that it had at most."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("the system tells no VmHWM")


@asynccontextmanager
async def serving(setup: Setup, log: Path) -> AsyncIterator[Service]:
    """Started; ended at the latest here, and not a word of a defect in its log."""
    service = Service(setup, log)
    await service.start()
    try:
        yield service
    finally:
        await service.end()
    assert not [each for each in service.lines if "Traceback" in each], log


async def status_of(redis_url: str, key: str) -> SourceStatus | None:
    redis = connect(redis_url)
    try:
        return (await read_sources(redis)).statuses.get(key)
    finally:
        await redis.aclose()


async def is_ready(redis_url: str, *keys: str) -> bool:
    """Each of them has caught up."""
    found = [await status_of(redis_url, key) for key in keys]
    return all(each and each.ready and _condition(each, "Deployed") for each in found)


async def ready(redis_url: str, *keys: str, within_s: float = 30) -> None:
    try:
        await until(lambda: is_ready(redis_url, *keys), within_s)
    except TimeoutError:
        found = [await status_of(redis_url, key) for key in keys]
        raise AssertionError(f"not ready after {within_s:g} s: {found}") from None


def _condition(status: SourceStatus, kind: str) -> bool:
    return any(each.type == kind and each.status == "True" for each in status.conditions)
