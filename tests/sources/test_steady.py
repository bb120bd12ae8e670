"""Work that ends by an error is said, and begun anew."""

import asyncio

import pytest
import structlog

from poplin.errors import PoplinError
from sources import steady as module
from sources.steady import steadily


async def test_what_ends_it_is_said_and_it_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN_S", 0.01)
    runs = 0

    async def run(stop: asyncio.Event) -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ExceptionGroup("", [PoplinError("no rights"), ValueError("a secret")])
        stop.set()

    with structlog.testing.capture_logs() as lines:
        await steadily(run, asyncio.Event(), else_say="hooks are not kept")

    assert runs == 2
    assert lines == [
        {"event": "hooks are not kept", "log_level": "error", "why": "no rights; ValueError"}
    ]


async def test_who_is_told_to_stop_does_not_wait_to_begin_anew() -> None:
    stop = asyncio.Event()

    async def run(stop: asyncio.Event) -> None:
        stop.set()
        raise PoplinError("no")

    async with asyncio.timeout(5):
        await steadily(run, stop, else_say="it does not run")
