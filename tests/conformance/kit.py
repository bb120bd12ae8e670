"""What a check is: an item of the contract that first declares resources, then runs on them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.conformance.callbacks import Callbacks, Receiver
from tests.conformance.ingress import Broker, Ingress
from tests.conformance.resources import Resources

__all__ = [
    "CHECKS",
    "MAY",
    "MUST",
    "SHOULD",
    "Check",
    "Declare",
    "DiffersError",
    "FailError",
    "Kit",
    "Level",
    "Result",
    "Run",
    "SkipError",
    "expect",
    "item",
]

Level = Literal["MUST", "SHOULD", "MAY"]
MUST: Level = "MUST"
SHOULD: Level = "SHOULD"
MAY: Level = "MAY"

Verdict = Literal["pass", "fail", "differs", "skipped"]


class FailError(Exception):
    """What was expected and what was seen instead."""


class DiffersError(Exception):
    """Not Knative's way, but the one that docs/compatibility.md states."""


class SkipError(Exception):
    """Why the item cannot be seen from outside."""


@dataclass(frozen=True, slots=True)
class Result:
    number: int
    level: Level
    title: str
    verdict: Verdict
    detail: str


@dataclass(slots=True)
class Kit:
    """What a check declares and uses. Names are unique to the check."""

    prefix: str
    ingress: Ingress
    callbacks: Callbacks
    resources: Resources
    brokers: list[str] = field(default_factory=list)
    again: list[Callable[[], None]] = field(default_factory=list)
    """Assertions that are asked once more when every check has ended: nothing came late."""
    _count: int = 0

    def broker(self, **spec: object) -> Broker:
        name = f"{self.prefix}-{self._next()}"
        self.resources.broker(name, spec)
        self.brokers.append(name)
        return self.ingress.broker(name)

    def receiver(self) -> Receiver:
        return self.callbacks.receiver(f"{self.prefix}-{self._next()}")

    def closed_receiver(self) -> Receiver:
        """Refuses connections until `open`."""
        return self.callbacks.closed_receiver(f"{self.prefix}-{self._next()}")

    async def open(self, receiver: Receiver) -> None:
        await self.callbacks.open(receiver)

    def trigger(
        self,
        broker: Broker,
        subscriber: Receiver,
        *,
        annotations: dict[str, str] | None = None,
        **spec: object,
    ) -> str:
        """Its name."""
        name = f"{broker.name}-{self._next()}"
        spec = {"subscriber": {"uri": subscriber.url}, **spec}
        self.resources.trigger(name, broker.name, spec, annotations)
        return name

    def received_only(self, receiver: Receiver, *ids: str) -> None:
        """The receiver got each of these once, in any order, and nothing else; also later on."""

        def check() -> None:
            found = sorted(each.id for each in receiver.received)
            expect(found == sorted(ids), f"{receiver.name} to receive {sorted(ids)}", found)

        check()
        self.again.append(check)

    def _next(self) -> int:
        self._count += 1
        return self._count


Run = Callable[[], Awaitable[str | None]]
"""Returns a remark, or None; raises FailError, DiffersError or SkipError."""


Declare = Callable[[Kit], Run]
"""Says which resources the check needs, all before anything is sent."""


@dataclass(frozen=True, slots=True)
class Check:
    number: int
    level: Level
    title: str
    declare: Declare


CHECKS: list[Check] = []


def item(number: int, level: Level, title: str) -> Callable[[Declare], Declare]:
    """Registers a check; an item may have several."""

    def register(declare: Declare) -> Declare:
        CHECKS.append(Check(number, level, title, declare))
        return declare

    return register


def expect(holds: bool, expected: str, seen: object) -> None:
    if not holds:
        raise FailError(f"expected {expected}; saw {seen}")
