"""One of `spec.resources`, watched in all scopes that the source asks for."""

from collections.abc import Callable, Collection

from poplin.resources.source_models import WatchedKind
from sources.kubernetes.attending import Tries, attend, attend_once
from sources.kubernetes.emission import Among, Emission
from sources.kubernetes.errors import ForbiddenError, UnavailableError, UnknownKindError
from sources.kubernetes.extent import Extent
from sources.kubernetes.hands import Hands
from sources.kubernetes.hearing import Hearing
from sources.kubernetes.namespaces import Namespaces
from sources.kubernetes.noting import noting
from sources.kubernetes.permissions import is_allowed
from sources.kubernetes.readiness import Place
from sources.kubernetes.records import Records
from sources.kubernetes.scope import Scope
from sources.kubernetes.several import Several
from sources.kubernetes.values import Resource

__all__ = ["Watch"]


class Watch:
    """`name` is its id; `namespaces` is None where the source does not ask for them by a selector."""

    def __init__(
        self,
        hands: Hands,
        name: str,
        kind: WatchedKind,
        records: Records,
        namespaces: Namespaces | None,
    ) -> None:
        self._hands = hands
        self._name = name
        self._kind = kind
        self._records = records
        self._namespaces = namespaces

    async def run(self) -> None:
        """Until it is cancelled. A kind that is unknown may come, and a permission."""
        readiness = self._hands.readiness
        tries = Tries(self._hands.pace)
        while True:
            try:
                await self._watch(await self._found())
            except UnknownKindError as error:
                readiness.unknown(self._name, self._told(error))
                await tries.pause(error)
            except ForbiddenError as error:
                readiness.refused((self._name, ""), str(error))
                await tries.pause(error)
            except UnavailableError as error:
                readiness.away((self._name, ""), str(error))
                await tries.pause(error)

    def _told(self, error: UnknownKindError) -> str:
        kind, why = self._kind.kind, str(error)
        return why if kind in why else f"{kind} of {self._kind.api_version}: {why}"

    async def _found(self) -> Resource:
        found = await self._hands.api.resource(self._kind.api_version, self._kind.kind)
        self._hands.readiness.found(self._name)
        return found

    async def _watch(self, resource: Resource) -> None:
        asked, namespaces = self._hands.spec.namespaces, self._namespaces
        if not resource.is_namespaced or asked == "":
            await attend(self._hands, resource, self._place(""), self._scope(resource, ""))
        elif namespaces is None:
            await self._watch_own(resource)
        else:
            await namespaces.ready()
            if await self._may_watch_all(resource):
                # Not tried again here: what is forbidden at once may be allowed one by one.
                scope = self._scope(resource, "", namespaces.among)
                await attend_once(self._hands, resource, self._place(""), scope)
            else:
                await self._watch_each(resource, namespaces)

    async def _may_watch_all(self, resource: Resource) -> bool:
        """One watch costs the API server less than one for each namespace. But all that is there when
        a namespace begins to be asked for is found by listing it.
        """
        if self._hands.spec.emits_existing:
            return False
        if not self._hands.spec.checks_permissions:
            return True
        return await is_allowed(self._hands.api, resource, "")

    async def _watch_own(self, resource: Resource) -> None:
        own = self._hands.namespace
        self._narrow({own})
        await self._records.split({own})
        await attend(self._hands, resource, self._place(own), self._scope(resource, own))

    async def _watch_each(self, resource: Resource, namespaces: Namespaces) -> None:
        hands = self._hands
        self._narrow(namespaces.matching)
        emission = Emission(hands, self._records, resource)

        async def attend_one(namespace: str) -> None:
            place, scope = self._place(namespace), self._scope(resource, namespace)
            hands.readiness.expected(place)
            try:
                await attend(hands, resource, place, scope)
            finally:
                hands.readiness.left(place)

        await Several(namespaces, self._records, emission, attend_one, hands.pace).run()

    def _narrow(self, namespaces: Collection[str]) -> None:
        """It is none of all of them that is going to be watched, but these."""
        self._hands.readiness.expected(*map(self._place, namespaces))
        self._hands.readiness.left(self._place(""))

    def _place(self, namespace: str) -> Place:
        return self._name, namespace

    def _scope(
        self, resource: Resource, namespace: str, among: Among | None = None
    ) -> Callable[[], Scope]:
        hands = self._hands
        extent = Extent(
            api=hands.api,
            resource=resource,
            scope=namespace,
            selector=self._kind.selector,
            is_metadata=hands.spec.mode == "Reference",
        )
        return lambda: Scope(
            extent,
            self._records,
            noting(hands.spec.owner),
            Emission(hands, self._records, resource, among),
            Hearing(hands, resource, self._place(namespace)),
            lists=hands.lists,
            pace=hands.pace,
            tells_existing=hands.spec.emits_existing,
        )
