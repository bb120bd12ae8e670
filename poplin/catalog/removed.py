"""What left the catalog and is kept a while: an editor that saves in two steps, or a mistake that is
noticed soon, costs nothing.
"""

from dataclasses import dataclass

__all__ = ["RemovedBroker", "RemovedTrigger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedTrigger:
    """A trigger that left the catalog; its queues wait a while in case it comes back."""

    uid: str
    namespace: str
    name: str
    broker: str
    partitions: int
    removed_us: int

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def broker_key(self) -> str:
        return f"{self.namespace}/{self.broker}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedBroker:
    """A broker that left the catalog; its log is closed, and waits a while in case it comes back."""

    namespace: str
    name: str
    partitions: int
    removed_us: int

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"
