"""One source that acts by itself: it waits for its turn, and works as long as it has it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from redis.asyncio import Redis

from poplin.catalog import Condition
from poplin.errors import PoplinError, StoreUnavailableError
from poplin.resources import ResolvedSource
from sources.active.memory import Said, Word, say
from sources.active.trying import keep_trying
from sources.active.worker import Worker
from sources.causes import causes, words
from sources.complaints import Complaints
from sources.service import Served
from sources.standing import Standing
from sources.turn import Held, Turn

__all__ = ["Means", "Running"]

_FAILS = "a source does not work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all that run share."""

    redis: Redis
    turn: Callable[[str], Turn]
    """Of a source by its key."""
    worker: Callable[[ResolvedSource, Standing], Worker]
    pace: float = 1.0
    """Of the delays after failures."""
    complaints: Complaints = field(default_factory=lambda: Complaints(what=_FAILS))


class Running:
    """From when the source stands in the files until `end`."""

    def __init__(self, means: Means, served: Served) -> None:
        self._means = means
        self._served = served
        self._edited = asyncio.Event()
        self._ended = asyncio.Event()
        self.held: Held | None = None
        """While it works in this process."""

    @property
    def key(self) -> str:
        return self._served.resolved.status.key

    @property
    def word(self) -> Word | None:
        """What it says in this process, if anything."""
        if self.held is None:
            return None
        return Word(self.held, self.key, Said.of(self._served.standing))

    def follow(self, served: Served) -> None:
        """As the files say now. A work that they change is begun anew."""
        before, self._served = self._served, served
        if _asked(before) != _asked(served):
            self._edited.set()

    def end(self) -> None:
        """The turn is given back."""
        self._ended.set()

    async def run(self) -> None:
        """Until `end`, also while the store is away."""
        await self._means.turn(self.key).run(self._ended, self._work)

    async def _work(self, held: Held) -> None:
        self.held = held
        try:
            while True:
                await self._until_edited(held)
        finally:
            self.held = None

    async def _until_edited(self, held: Held) -> None:
        self._edited.clear()
        self._served.standing.rest()
        # Before anything is done: what it may leave behind is known to be there.
        await say(self._means.redis, [Word(held, self.key, Said.of(self._served.standing))])
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(self._keep_at_it(held), name=f"work of {self.key}")
            await self._edited.wait()
            working.cancel()

    async def _keep_at_it(self, held: Held) -> None:
        resolved, standing = self._served.resolved, self._served.standing

        async def work() -> None:
            await self._means.worker(resolved, standing).run(held)
            raise RuntimeError("a worker ended by itself")

        try:
            await keep_trying(work, self._failed, pace=self._means.pace)
        except StoreUnavailableError as error:
            self._show("StoreUnavailable", str(error))
            raise

    def _failed(self, error: BaseException) -> None:
        defect = next((each for each in causes(error) if not isinstance(each, PoplinError)), None)
        if defect is not None:
            why = f"an internal error ({type(defect).__name__}); it is tried again"
            self._show("InternalError", why)
            return
        reason = next((str(each.reason) for each in causes(error) if hasattr(each, "reason")), "")
        self._show(reason or "Failed", words(error))

    def _show(self, reason: str, why: str) -> None:
        self._served.standing.say(Condition("Deployed", "False", reason, why))
        self._means.complaints.refused(self.key, reason, None, why)


def _asked(served: Served) -> object:
    """What is to be done. A status tells of it and changes nothing, and neither does an edit that
    was refused.
    """
    source = served.resolved.source
    return source and replace(source, refused_edit="", warnings=()), served.resolved.sink_uri
