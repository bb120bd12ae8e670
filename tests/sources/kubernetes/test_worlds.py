"""Whatever happens to a cluster, and whenever we die: every final state and every delete is emitted.

A pretend cluster changes at random and forgets its history. A pretend consumer lists, watches and
compares; it dies before and after every event that it emits and every script that it runs, and
another takes over. The memory, the comparing and the events are the real ones.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.event import Event
from sources.kubernetes import memory as memory_module
from sources.kubernetes.comparing import announced, found_by_comparing, seen
from sources.kubernetes.errors import GoneError
from sources.kubernetes.events import Mapper
from sources.kubernetes.memory import Memory, Remembered
from sources.kubernetes.noting import noting
from sources.kubernetes.values import Change, Noted, WatchEvent
from sources.turn import TurnLostError
from tests.sources.in_hand import InHand
from tests.sources.kubernetes.objects import NOW, POD, pod, spec_of

WORLDS = 200
STEPS = 9
NAMESPACES = ("blog", "shop")
NOTE = noting(None)


def _within(scope: str, remembered: Remembered) -> dict[str, Noted]:
    found = remembered.objects.items()
    return {uid: noted for uid, noted in found if scope in ("", noted.namespace)}


class DiedError(Exception):
    """The process is gone."""


class Cluster:
    """Objects with a history, which is forgotten up to `oldest`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._version = 1
        self._oldest = 1
        self._history: list[tuple[int, WatchEvent]] = []
        self.objects: dict[str, dict[str, Any]] = {}

    def step(self) -> None:
        what = self._chance.choice(["create", "update", "update", "delete", "bookmark", "compact"])
        if what == "create" or not self.objects:
            self._tell("ADDED", f"uid-{self._version}", self._chance.choice(NAMESPACES))
        elif what == "compact":
            self._oldest = self._version
            self._history.clear()
        elif what == "bookmark":
            self._version += 1
            mark = WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": str(self._version)}})
            self._history.append((self._version, mark))
        else:
            uid = self._chance.choice(list(self.objects))
            namespace = self.objects[uid]["metadata"]["namespace"]
            self._tell("DELETED" if what == "delete" else "MODIFIED", uid, namespace)

    def _tell(self, type_: Any, uid: str, namespace: str) -> None:
        self._version += 1
        whole = pod(uid, str(self._version), namespace=namespace)
        self._history.append((self._version, WatchEvent(type_, whole)))
        if type_ == "DELETED":
            del self.objects[uid]
        else:
            self.objects[uid] = whole

    def listed(self, scope: str) -> tuple[dict[str, dict[str, Any]], str]:
        listed = {uid: each for uid, each in self.objects.items() if _is_in(each, scope)}
        return listed, str(self._version)

    def watch(self, scope: str, version: str) -> list[WatchEvent]:
        if int(version) < self._oldest:
            raise GoneError("compacted")
        return [
            event
            for at, event in self._history
            if at > int(version) and (event.type == "BOOKMARK" or _is_in(event.object, scope))
        ]


def _is_in(whole: dict[str, Any], scope: str) -> bool:
    return scope in ("", whole["metadata"]["namespace"])


class Fate:
    """Says when the consumer dies."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.is_kind = False

    def strike(self) -> None:
        if not self.is_kind and self._chance.random() < 0.08:
            raise DiedError


class Mortal:
    """A store whose script was carried out, or was not, when the consumer died."""

    def __init__(self, redis: Redis, fate: Fate) -> None:
        self._redis = redis
        self._fate = fate
        self.hgetall = redis.hgetall

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        self._fate.strike()
        answer = await self._redis.execute_command(*words, **options)
        self._fate.strike()
        return answer


@dataclass
class Ledger:
    """What the sink took, and what of it was then remembered for good."""

    fate: Fate
    events: list[Event] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)

    def emit(self, event: Event) -> None:
        self.fate.strike()
        assert event.attributes["id"] not in self.settled, "it was emitted and remembered before"
        self.events.append(event)
        self.fate.strike()

    @property
    def ids(self) -> set[str]:
        return {str(each.attributes["id"]) for each in self.events}


@dataclass
class Consumer:
    """Of one source, from its start until it is caught up, or dies."""

    cluster: Cluster
    memory: Memory
    held: InHand
    ledger: Ledger
    chance: random.Random
    mapper: Mapper = field(default_factory=lambda: Mapper("https://c", spec_of(), POD))

    async def begin(self, scopes: tuple[str, ...]) -> Remembered:
        """Nothing of what is there at the first start is emitted."""
        remembered = await self.memory.read()
        for scope in scopes:
            if scope not in remembered.checkpoints:
                listed, version = self.cluster.listed(scope)
                noted = {uid: NOTE(each) for uid, each in listed.items()}
                await self._put(scope, version, noted, remembered)
        return remembered

    async def run(self, scopes: tuple[str, ...]) -> None:
        remembered = await self.begin(scopes)
        for scope in scopes:
            while await self._watch(scope, remembered):
                if self.chance.random() < 0.3 and not self.ledger.fate.is_kind:
                    self.cluster.step()

    async def _watch(self, scope: str, remembered: Remembered) -> bool:
        """Whether there was anything."""
        try:
            events = self.cluster.watch(scope, remembered.checkpoints[scope])
        except GoneError:
            listed, version = self.cluster.listed(scope)
            found = found_by_comparing(listed, _within(scope, remembered), NOTE)
            await self._take(scope, version, found, remembered)
            return True
        batch = events[: self.chance.randint(1, 6)]
        if batch:
            changes = _changes(batch, remembered)
            await self._take(scope, batch[-1].resource_version, changes, remembered)
        return bool(batch)

    async def _take(
        self, scope: str, version: str, changes: list[Change], remembered: Remembered
    ) -> None:
        new = announced(each for each in changes if each.uid not in remembered.objects)
        if new:
            await self.memory.put(self.held, new, None)
        events = [self.mapper.event(each, NOW) for each in changes]
        for event in events:
            self.ledger.emit(event)
        noted = {each.uid: None if each.verb == "delete" else each.noted for each in changes}
        await self._put(scope, version, noted, remembered)
        self.ledger.settled |= {str(each.attributes["id"]) for each in events}

    async def _put(self, scope: str, version: str, noted: Any, remembered: Remembered) -> None:
        await self.memory.put(self.held, noted, (scope, version))
        _apply(noted, remembered.objects)
        remembered.checkpoints[scope] = version


def _changes(batch: list[WatchEvent], remembered: Remembered) -> list[Change]:
    """Each by what those before it in the batch have made of the objects."""
    objects, changes = dict(remembered.objects), []
    for event in batch:
        change = seen(event, objects, NOTE)
        if change is not None:
            changes.append(change)
            _apply({change.uid: None if change.verb == "delete" else change.noted}, objects)
    return changes


def _apply(noted: dict[str, Noted | None], objects: dict[str, Noted]) -> None:
    for uid, each in noted.items():
        if each is None:
            objects.pop(uid, None)
        else:
            objects[uid] = each


class World:
    def __init__(self, redis: Redis, seed: int) -> None:
        self.chance = random.Random(seed)
        self._redis = redis
        self._seed = seed
        self._lives = 0
        self.fate = Fate(self.chance)
        self.cluster = Cluster(self.chance)
        self.ledger = Ledger(self.fate)
        self.scopes = self.chance.choice([("",), NAMESPACES])
        self.found_at_first: dict[str, str] = {}

    async def run(self) -> None:
        await self._start()
        for _ in range(STEPS):
            self._change(5)
            await self._live()
        self.fate.is_kind = True
        await self._live()

    async def _start(self) -> None:
        self._change(20)
        self.found_at_first = {
            uid: each["metadata"]["resourceVersion"] for uid, each in self.cluster.objects.items()
        }
        while not await self._live(is_first=True):
            pass

    def _change(self, most: int) -> None:
        for _ in range(self.chance.randint(0, most)):
            self.cluster.step()

    async def _live(self, *, is_first: bool = False) -> bool:
        """Whether the consumer lived until it had caught up, or begun."""
        self._lives += 1
        held = InHand(f"life {self._lives}")
        await self._redis.set(held.key, held.token)
        store: Any = Mortal(self._redis, self.fate)
        memory = Memory(store, f"world-{self._seed}", "w")
        consumer = Consumer(self.cluster, memory, held, self.ledger, self.chance)
        try:
            await (consumer.begin if is_first else consumer.run)(self.scopes)
        except DiedError:
            await self._haunt(held)
            return False
        return True

    async def _haunt(self, held: InHand) -> None:
        """It was only paused, and comes back when another has the turn."""
        await self._redis.set(held.key, "another's")
        late = Memory(self._redis, f"world-{self._seed}", "w")
        with pytest.raises(TurnLostError):
            await late.put(held, dict.fromkeys(self.cluster.objects), ("", "1"))

    def check(self) -> None:
        emitted = self.ledger.ids
        for uid, each in self.cluster.objects.items():
            version = each["metadata"]["resourceVersion"]
            assert version == self.found_at_first.get(uid) or f"{uid}/{version}" in emitted
        for uid, version in self.found_at_first.items():
            assert f"{uid}/{version}" not in emitted
        told = {name.partition("/")[0] for name in emitted}
        for uid in (self.found_at_first.keys() | told) - self.cluster.objects.keys():
            assert f"{uid}/deleted" in emitted
        for uid in told & self.cluster.objects.keys():
            assert f"{uid}/deleted" not in emitted
        self._check_ids()

    def _check_ids(self) -> None:
        """One id, one state of one object."""
        told: dict[str, tuple[object, bytes]] = {}
        for each in self.ledger.events:
            what = (each.attributes["subject"], each.data)
            assert told.setdefault(str(each.attributes["id"]), what) == what


async def test_nothing_is_missed_and_nothing_told_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "_SLICE", 2)  # so that it dies between slices, too
    for seed in range(WORLDS):
        world = World(redis, seed)
        await world.run()
        try:
            world.check()
        except AssertionError as error:
            error.add_note(f"in world {seed}")
            raise
