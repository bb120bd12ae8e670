"""Asks GitHub again for the deliveries of one hook that nobody took."""

import asyncio
import time

import structlog

from poplin.waiting import wait
from sources.github.answers import InvalidError, MissingError, UnreachableError
from sources.github.client import GitHub
from sources.github.hooks import Hook
from sources.github.redelivery import HORIZON_S, Delivery, Plan, plan, read_delivery

__all__ = ["Redeliverer"]

_MOST_ASKED = 60
"""In one round."""
_LATE_S = 60.0
"""A delivery may be listed so long after one that was made later."""
_SOON = 10
"""Of the time between two looks: a look follows so much sooner after a failure of our own; the
first delay before an event is asked for again is the same.
"""
_APART = 300
"""Of the time between two looks: between two that are asked for. GitHub wants a second."""


class Redeliverer:
    """A round every `every_s`, and sooner after failures and while there is something to ask for."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._soon_s = every_s / _SOON
        self._settled_s = 0.0
        """By GitHub's clock: what it tried before is taken or given up."""
        self._began_s = 0.0
        self._next_s = 0.0
        self._alarmed_s: float | None = None

    def due_s(self, failed_at_s: float | None) -> float:
        """When the next round is due, by the monotonic clock. `failed_at_s`: when a delivery was
        last answered 5xx; further failures do not put it off.
        """
        if self._alarmed_s is None and failed_at_s is not None and failed_at_s > self._began_s:
            self._alarmed_s = failed_at_s
        if self._alarmed_s is None:
            return self._next_s
        return min(self._next_s, self._alarmed_s + self._soon_s)

    async def round(
        self, github: GitHub, path: str, hook: Hook, interrupted: asyncio.Event
    ) -> None:
        """`path` is the hook's. Raises GitHubError; nothing is lost by it, nor by `interrupted`."""
        self._began_s = time.monotonic()
        self._alarmed_s = None
        self._next_s = self._began_s + self._every_s
        deliveries, now_s = await self._list(github, path)
        planned = plan(
            deliveries, now_s=now_s, changed_s=hook.updated_s, first_delay_s=self._soon_s
        )
        await self._ask(github, path, planned, interrupted)
        self._settled_s = min(planned.open_since_s or now_s, now_s) - _LATE_S
        if planned.ask:
            self._next_s = time.monotonic() + self._soon_s
        elif planned.next_at_s is not None:
            wait_s = min(max(planned.next_at_s - now_s, self._soon_s), self._every_s)
            self._next_s = self._began_s + wait_s

    async def _list(self, github: GitHub, path: str) -> tuple[list[Delivery], float]:
        """Newest first, as GitHub lists them; and the time by its clock."""
        found: list[Delivery] = []
        now_s = time.time()
        async for page in github.pages(f"{path}/deliveries?per_page=100"):
            if not isinstance(page.body, list):
                raise UnreachableError("GitHub's answer is no list of deliveries")
            now_s = page.now_s(now_s)
            since_s = max(self._settled_s, now_s - HORIZON_S)
            listed = [each for raw in page.body if (each := read_delivery(raw)) is not None]
            found += [each for each in listed if each.at_s >= since_s]
            if any(each.at_s < since_s for each in listed):
                break
        return found, now_s

    async def _ask(
        self, github: GitHub, path: str, planned: Plan, interrupted: asyncio.Event
    ) -> None:
        asked = gone = 0
        for each in planned.ask[:_MOST_ASKED]:
            if github.is_frugal or await wait(interrupted, self._every_s / _APART):
                break
            try:
                await github.call("POST", f"{path}/deliveries/{each.id}/attempts")
                asked += 1
            except (InvalidError, MissingError):
                gone += 1  # GitHub keeps it no more, or refuses this one: the others may go
        if asked or gone:
            structlog.get_logger().info(
                "failed deliveries asked for again",
                hook=path,
                asked=asked,
                refused=gone,
                left=len(planned.ask) - asked - gone,
            )
