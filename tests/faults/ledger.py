"""A ledger outside the system: what was sent with which answer, what each subscriber received."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Ledger", "Verdict", "digest_of", "verdict"]


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(slots=True)
class Ledger:
    """Times are the loop's, in seconds. An event is sent once, whatever its answer."""

    sent: dict[str, str] = field(default_factory=dict)
    """Digest of the data by event id."""
    sent_at: dict[str, float] = field(default_factory=dict)
    accepted: dict[str, float] = field(default_factory=dict)
    """Answered 202, and when."""
    refused: dict[str, int] = field(default_factory=dict)
    """Answered anything else: the status."""
    refused_at: list[tuple[float, float, int]] = field(default_factory=list)
    """Of each refusal: when it was sent, when it was answered, the status."""
    unknown: set[str] = field(default_factory=set)
    """Not answered: it may appear, or not."""
    arrivals: dict[str, Counter[str]] = field(default_factory=dict)
    """By path of the subscriber: how often each event came."""
    first_arrival: dict[tuple[str, str], float] = field(default_factory=dict)
    altered: list[tuple[str, str]] = field(default_factory=list)
    """Path and event id of what came with other data than was sent."""

    def arrived(self, path: str, event: str, digest: str, now: float) -> None:
        counts = self.arrivals.setdefault(path, Counter())
        counts[event] += 1
        if counts[event] == 1:
            self.first_arrival[path, event] = now
        if self.sent.get(event, digest) != digest:
            self.altered.append((path, event))

    def missing(self, paths: Iterable[str]) -> list[tuple[str, str]]:
        """What was accepted and has not come to each of the paths."""
        return [
            (path, event)
            for path in paths
            for event in self.accepted.keys() - self.arrivals.get(path, {}).keys()
        ]

    def is_complete(self, paths: Iterable[str]) -> bool:
        """Nothing is missing. Counted first: the sets of a million events take a while."""
        paths = list(paths)
        counts = [len(self.arrivals.get(path, {})) for path in paths]
        return min(counts) >= len(self.accepted) and not self.missing(paths)

    def works_again_s(self, since: float) -> float:
        """From `since` until an event was accepted that came after it, and one came to each path."""
        accepted = min((at for at in self.accepted.values() if at > since), default=float("inf"))
        came = [
            min(
                (
                    at
                    for (where, event), at in self.first_arrival.items()
                    if where == path and self.sent_at.get(event, 0.0) > since
                ),
                default=float("inf"),
            )
            for path in self.arrivals
        ]
        return max([accepted, *came]) - since

    def ages_s(self, path: str) -> list[float]:
        """From sending to first arrival, sorted."""
        return sorted(
            at - self.sent_at[event]
            for (where, event), at in self.first_arrival.items()
            if where == path and event in self.sent_at
        )


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What every path should have had against what it did; `dead` counts what was kept instead."""

    lost: list[tuple[str, str]]
    phantom: list[tuple[str, str]]
    altered: list[tuple[str, str]]
    duplicates: int
    deliveries: int
    accepted: int
    dead: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.phantom or self.altered)

    def __repr__(self) -> str:
        return (
            f"accepted {self.accepted}, deliveries {self.deliveries}, dead {self.dead}, "
            f"lost {self.lost[:5]}, phantom {self.phantom[:5]}, altered {self.altered[:5]}, "
            f"duplicates {self.duplicates}"
        )


def verdict(
    ledger: Ledger, paths: Iterable[str], dead: Mapping[str, set[str]] | None = None
) -> Verdict:
    """The balance: each accepted event came to each path, or is among its dead letters."""
    paths, dead = list(paths), dead or {}
    counts = [
        (path, event, times)
        for path in paths
        for event, times in ledger.arrivals.get(path, {}).items()
    ]
    return Verdict(
        lost=[each for each in ledger.missing(paths) if each[1] not in dead.get(each[0], set())],
        phantom=[(path, event) for path, event, _ in counts if event not in ledger.sent]
        + [(path, event) for path in dead for event in dead[path] - ledger.sent.keys()],
        altered=list(ledger.altered),
        duplicates=sum(times - 1 for _, _, times in counts),
        deliveries=len(counts),
        accepted=len(ledger.accepted),
        dead=sum(map(len, dead.values())),
    )
