"""One source's hook in good hands: looked at again and again, and what it failed to deliver asked for."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx
import structlog

from poplin.catalog import Condition
from poplin.waiting import wait
from sources.github.answers import GitHubError, RateLimitedError
from sources.github.client import GitHub, Limits
from sources.github.conditions import configured, failed
from sources.github.hooks import Hook, Wanted
from sources.github.look import look
from sources.github.memory import KeptHook, Memory, TokenPlace
from sources.github.redeliverer import Redeliverer
from sources.github.wishes import Wish
from sources.standing import Standing
from sources.turn import Held

__all__ = ["Care", "Hands", "growing_s"]

_FIRST_PAUSES = 60
"""In the time between two looks: the first pause after a failure, which then doubles up to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What everybody works with who has the turn."""

    http: httpx.AsyncClient
    limits: Limits
    memory: Memory
    held: Held
    every_s: float
    """Between two looks."""
    removed_kept_s: float
    """How long a hook stays whose source is gone."""
    token: Callable[[TokenPlace], str | None]
    """Of a source that is gone."""

    def github(self, api_url: str, token: str) -> GitHub:
        """Its requests are refused once the turn is lost."""
        return GitHub(self.http, api_url, token, limits=self.limits, before=self.held.check)

    @property
    def tick_s(self) -> float:
        """How often is looked whether something changed."""
        return min(1.0, self.every_s / 100)


def growing_s(failures: int, every_s: float) -> float:
    """The pause after so many failures in a row, with jitter."""
    pause_s = min(every_s / _FIRST_PAUSES * 2.0 ** min(failures - 1, 20), every_s)
    return pause_s * random.uniform(0.8, 1.2)  # noqa: S311


class Care:
    """`known` is what is remembered of the hook, None of a new one."""

    def __init__(
        self, hands: Hands, wish: Wish, standing: Standing, known: KeptHook | None
    ) -> None:
        self._hands = hands
        self._wish = wish
        self._standing = standing
        self.known = known or KeptHook(
            source=wish.source, place=wish.place, url=wish.wanted.url, token=wish.token_place
        )
        self._answered: tuple[Wanted, Hook] | None = None
        self._redeliverer = Redeliverer(hands.every_s)
        self._changed = asyncio.Event()
        self._failures = 0

    def follow(self, wish: Wish, standing: Standing) -> None:
        """What is asked for from now on; looked at once if it is something else."""
        self._standing = standing
        if wish != self._wish:
            self._wish = wish
            self._failures = 0
            self._changed.set()

    async def run(self) -> None:
        """Until it is cancelled. Raises StoreUnavailableError: what cannot be remembered is not
        done.
        """
        while True:
            self._changed.clear()
            due_s = time.monotonic() + await self._round(self._wish)
            while time.monotonic() < self._due_s(due_s):
                if await wait(self._changed, self._hands.tick_s):
                    break

    def _due_s(self, due_s: float) -> float:
        """A failed look is waited out; else a round may be due for redeliveries before it."""
        if self._failures:
            return due_s
        return min(due_s, self._redeliverer.due_s(self._standing.failed_at_s))

    async def _round(self, wish: Wish) -> float:
        """Returns how long to wait until the next, in seconds."""
        # Remembered before it is made: should we die in between, it is known where to look for it.
        await self._remember(wish, self.known.condition)
        github = self._hands.github(wish.place.api_url, wish.token)
        try:
            found = await look(github, wish, self.known, self._answered)
        except GitHubError as error:
            return await self._fail(wish, error)
        self._failures = 0
        self._answered = found.answered
        self.known = replace(self.known, hook_id=found.hook.id, secret_digest=wish.digest)
        # And at once after it: a secret that is not known to be there would be written again.
        await self._remember(wish, configured(found.hook.id, wish.place))
        await self._redeliver(github, wish, found.hook)
        return self._hands.every_s

    async def _redeliver(self, github: GitHub, wish: Wish, hook: Hook) -> None:
        if time.monotonic() < self._redeliverer.due_s(self._standing.failed_at_s):
            return
        path = wish.place.hook(hook.id)
        try:
            await self._redeliverer.round(github, path, hook, self._changed)
        except GitHubError as error:
            note = f"; failed deliveries are not asked for again: {error}"
            await self._remember(wish, configured(hook.id, wish.place, note))

    async def _fail(self, wish: Wish, error: GitHubError) -> float:
        self._failures += 1
        was = self.known.condition
        told = failed(error, wish.place, wish.token_place, was, time.time())
        await self._remember(wish, told)
        if isinstance(error, RateLimitedError):
            return error.wait_s * random.uniform(1.0, 1.1)  # noqa: S311
        return growing_s(self._failures, self._hands.every_s)

    async def _remember(self, wish: Wish, condition: Condition | None) -> None:
        """Also when nothing changed: a store that lost it has it again."""
        was = self.known.condition
        self.known = replace(
            self.known, url=wish.wanted.url, token=wish.token_place, condition=condition
        )
        await self._hands.memory.put(self._hands.held, self.known)
        if condition is None:
            return
        self._standing.webhook = condition
        self._standing.webhook_id = str(self.known.hook_id or "")
        if was is None or (was.status, was.reason) != (condition.status, condition.reason):
            log = structlog.get_logger().bind(source=wish.source)
            said = log.info if condition.status == "True" else log.warning
            said("hook at GitHub", reason=condition.reason or "Kept", message=condition.message)
