"""What a kind of source has to be able to do, to be run."""

from typing import Protocol

from redis.asyncio import Redis

from poplin.resources import ResolvedSource
from sources.outlet import Outlet
from sources.standing import Standing
from sources.turn import Held

__all__ = ["Kind", "Worker"]


class Worker(Protocol):
    """One source at work, until its document is edited or the turn is lost."""

    async def run(self, held: Held) -> None:
        """Until it is cancelled. After it raised another one is made.

        It says how it fares by its Standing, also that it works: Deployed, which nobody else makes
        True. A PoplinError is shown, with its `reason` if it has one, and the work is begun anew
        after growing delays. TurnLostError and StoreUnavailableError end the turn. Anything else is
        a defect: it is logged by its type, and tried again too.
        """


class Kind(Protocol):
    """One of the kinds of sources that act by themselves."""

    def worker(self, resolved: ResolvedSource, standing: Standing, outlet: Outlet) -> Worker:
        """Of a source with a document and a sink. A PoplinError is shown, and tried again."""

    async def forget(self, redis: Redis, source_key: str) -> None:
        """The source is gone for good: nothing of it may stay in the store. Done in its turn, and
        again where it was interrupted.
        """
