"""What all watches of one source work with, while this process has the turn."""

import asyncio
from dataclasses import dataclass, field

from poplin.resources.source_models import ApiServerSpec
from sources.kubernetes.api import Api
from sources.kubernetes.readiness import Readiness
from sources.outlet import Outlet
from sources.tally import Tally
from sources.turn import Held

__all__ = ["Hands", "Pace"]

_CHAINS = 16
_ASKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. Of each pair the first pause after a failure, and the longest."""

    unavailable: tuple[float, float] = (0.5, 30.0)
    """The API server does not answer, or the history is gone."""
    refused: tuple[float, float] = (1.0, 60.0)
    """A kind or a permission is missing."""
    lasts_s: float = 5.0
    """A watch that ended after it, in peace, was a good one."""
    away_s: float = 10.0
    """Until an API server that does not answer is told of."""
    bookmark_s: float = 5.0
    """Between two checkpoints that nothing but a bookmark moves."""
    grace_s: float = 10.0
    """For the deletes of what was in a namespace that is gone, until they are found by comparing."""
    gone_s: float = 600.0
    """How long it is at least remembered whether a namespace that is gone was asked for."""
    lookup_s: float = 3.0
    """For the news of a namespace that objects came from, and that is not there."""
    sweep_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    key: str
    """The source's."""
    namespace: str
    spec: ApiServerSpec
    api: Api
    held: Held
    outlet: Outlet
    tally: Tally
    readiness: Readiness
    lists: asyncio.Semaphore
    """Of all sources of the process: pages of a list are large."""
    pace: Pace
    chains: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CHAINS))
    """What is under way to the sink at once."""
    asks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_ASKS))
    """For permissions: hundreds of namespaces may begin together."""

    @property
    def account(self) -> str:
        """The ServiceAccount, as people write it."""
        return f"{self.namespace}/{self.spec.service_account}"
