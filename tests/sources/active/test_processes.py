"""Two real processes that serve one source: one works, whatever becomes of the other."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.conftest import running_store
from tests.fabric import Subscriber, subscriber
from tests.waiting import until

TAKEOVER_S = 15.0


def _by(sink: Subscriber, name: str) -> int:
    """How many events came from that process."""
    return sum(each.headers["ce-id"].startswith(f"{name}-") for each in sink.received)


@asynccontextmanager
async def _serving(store_url: str, sink: Subscriber, name: str) -> AsyncIterator[Process]:
    arguments = ("-m", "tests.sources.active.alone", store_url, str(sink.port), name)
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    try:
        yield process
    finally:
        for number in (signal.SIGCONT, signal.SIGTERM):
            with suppress(ProcessLookupError):
                process.send_signal(number)
        async with asyncio.timeout(15):
            await process.wait()


async def _paused_then_stopped(store_url: str) -> None:
    async with (
        subscriber() as sink,
        _serving(store_url, sink, "a") as first,
    ):
        await until(lambda: _by(sink, "a"))
        async with _serving(store_url, sink, "b") as second:
            await asyncio.sleep(2)
            assert _by(sink, "b") == 0

            # Paused in the midst of its turn, which runs out meanwhile.
            first.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            await until(lambda: _by(sink, "b"))
            assert time.monotonic() - began < TAKEOVER_S
            await asyncio.sleep(0.2)  # what it had sent is read by now
            sent = _by(sink, "a")
            first.send_signal(signal.SIGCONT)
            await asyncio.sleep(1)
            assert _by(sink, "a") <= sent + 1  # one that was under way may still go out
            sent = _by(sink, "a")

            # Told to stop, it gives the turn back.
            second.terminate()
            began = time.monotonic()
            await until(lambda: _by(sink, "a") > sent)
            assert time.monotonic() - began < 5
            await second.wait()


def test_a_paused_process_sends_nothing_more_and_one_that_stops_hands_over(tmp_path: Path) -> None:
    with running_store(tmp_path) as store_url:
        asyncio.run(_paused_then_stopped(store_url))
