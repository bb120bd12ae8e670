"""Waits until the ingress would take an event, and says what it waits for when that takes long."""

import asyncio
from collections.abc import Callable

import httpx

from poplin.waiting import wait

__all__ = ["becomes_ready"]

_PATIENCE_S = 2.0
_SAY_EVERY_S = 10.0
_PAUSE_S = 0.02


async def becomes_ready(base_url: str, stop: asyncio.Event, say: Callable[[str], None]) -> bool:
    """False when `stop` was set before."""
    loop = asyncio.get_running_loop()
    say_at = loop.time() + _PATIENCE_S
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=2.0) as client:
        while not stop.is_set():
            reason = await _why_not(client)
            if reason is None:
                return True
            if loop.time() >= say_at:
                say(f"waiting for the ingress: {reason}")
                say_at = loop.time() + _SAY_EVERY_S
            await wait(stop, _PAUSE_S)
    return False


async def _why_not(client: httpx.AsyncClient) -> str | None:
    try:
        answer = await client.get("/readyz")
    except httpx.TimeoutException:
        return "it has not answered yet"
    except httpx.HTTPError as error:
        return f"it does not answer ({str(error) or type(error).__name__})"
    if answer.status_code == 200:
        return None
    try:
        return str(answer.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return f"it answers {answer.status_code}"
