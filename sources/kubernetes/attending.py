"""A scope is watched for as long as that is allowed, and tried again where it is not."""

import asyncio
import time
from collections.abc import Callable

from sources.kubernetes.backoff import Backoff
from sources.kubernetes.errors import ForbiddenError, KubernetesError, UnavailableError
from sources.kubernetes.hands import Hands, Pace
from sources.kubernetes.permissions import ask
from sources.kubernetes.readiness import Place
from sources.kubernetes.scope import Scope
from sources.kubernetes.values import Resource

__all__ = ["Tries", "attend", "attend_once"]


class Tries:
    """The pauses between them: a kind or a permission is added by people, who take their time."""

    def __init__(self, pace: Pace) -> None:
        self._unavailable = Backoff(*pace.unavailable)
        self._refused = Backoff(*pace.refused)
        self._steady_s = pace.refused[1]
        self._began_s = time.monotonic()

    async def pause(self, error: KubernetesError) -> None:
        """Another one ended so."""
        if time.monotonic() - self._began_s >= self._steady_s:
            self._unavailable.reset()
            self._refused.reset()
        if isinstance(error, UnavailableError):
            await asyncio.sleep(self._unavailable.pause_s(error.retry_after_s))
        else:
            await asyncio.sleep(self._refused.pause_s())
        self._began_s = time.monotonic()


async def attend(
    hands: Hands, resource: Resource, place: Place, scope: Callable[[], Scope]
) -> None:
    """Until it is cancelled. Raises UnknownKindError."""
    tries = Tries(hands.pace)
    while True:
        try:
            await attend_once(hands, resource, place, scope)
        except ForbiddenError as error:
            hands.readiness.refused(place, str(error))
            await tries.pause(error)
        except UnavailableError as error:
            hands.readiness.away(place, str(error))
            await tries.pause(error)


async def attend_once(
    hands: Hands, resource: Resource, place: Place, scope: Callable[[], Scope]
) -> None:
    """Until it is cancelled. Raises ForbiddenError and UnknownKindError, and UnavailableError where
    it cannot be asked what is allowed.
    """
    hands.readiness.expected(place)
    if hands.spec.checks_permissions:
        async with hands.asks:
            await ask(hands.api, resource, place[1], hands.account)
        hands.readiness.allowed(place)
    await scope().run()
