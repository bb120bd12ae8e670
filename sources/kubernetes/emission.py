"""From changes to the sink, and then into what is remembered."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from poplin.event import Event
from sources.kubernetes.events import Mapper, wanted_by
from sources.kubernetes.hands import Hands
from sources.kubernetes.records import Records
from sources.kubernetes.values import Change, Resource

__all__ = ["Among", "Emission"]

Among = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Of some namespaces those that the source asks for. May raise UnavailableError."""


class Emission:
    """Of one watch. `among` is None where all that is watched is asked for."""

    def __init__(
        self, hands: Hands, records: Records, resource: Resource, among: Among | None = None
    ) -> None:
        self._hands = hands
        self._records = records
        self._mapper = Mapper(hands.api.host, hands.spec, resource)
        self._is_wanted = wanted_by(hands.spec)
        self._among = among

    async def tell(self, changes: Sequence[Change]) -> None:
        """Returns when the sink has taken, or refused for good, all that it is to have of them.

        If we die in midst of it, what is remembered is as before, but for new objects, which are
        known to be there: all are told again, with the same ids.
        """
        wanted = await self._wanted(changes)
        await self._records.announce(change for change, _ in wanted)
        async with asyncio.TaskGroup() as tasks:
            for events in _chains(wanted):
                tasks.create_task(self._put_all(events), name="emit changes of an object")

    async def remember(
        self, changes: Sequence[Change], checkpoint: tuple[str, str] | None = None
    ) -> None:
        """After they were told, those that nobody is to be told of included: what is remembered is
        all there is, so that nothing looks new later.
        """
        await self._records.put(changes, checkpoint)

    async def _wanted(self, changes: Sequence[Change]) -> list[tuple[Change, Event]]:
        namespaces = {each.noted.namespace for each in changes}
        asked = namespaces if self._among is None else await self._among(namespaces)
        now = datetime.now(UTC)
        found = [
            (each, self._mapper.event(each, now))
            for each in changes
            if each.noted.is_owned and each.noted.namespace in asked
        ]
        return [(change, event) for change, event in found if self._is_wanted(event)]

    async def _put_all(self, events: Sequence[Event]) -> None:
        for event in events:
            async with self._hands.chains:
                await self._hands.outlet.put(event, self._hands.held)


def _chains(wanted: Sequence[tuple[Change, Event]]) -> Iterable[list[Event]]:
    """Those of one name, in order: an object that is made anew has the name of the one before."""
    chains: dict[tuple[str, str], list[Event]] = {}
    for change, event in wanted:
        chains.setdefault((change.noted.namespace, change.noted.name), []).append(event)
    return chains.values()
