"""What happened in a cluster by the word of those who did it, and what of it must be told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

__all__ = ["Gap", "History", "Life"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Of the revisions after `low`, up to `high`, nobody could be told one by one: when they were
    compacted, the source had come to `low`, and `high` is not before the list that it then made.
    """

    low: int
    high: int

    def hides(self, revision: int, until: int) -> bool:
        """A state that began and was over within."""
        return self.low < revision and until <= self.high


@dataclass(slots=True)
class Life:
    """Of one object: the revision of each of its states, and one that its end came after."""

    states: list[int] = field(default_factory=list)
    ended_after: int | None = None

    def spans(self) -> Iterator[tuple[int, int | None]]:
        """Each state with a revision at which it may be over; None of one that lasts."""
        ends = None if self.ended_after is None else self.ended_after + 1
        yield from zip(self.states, [*self.states[1:], ends], strict=True)


class History:
    """All objects by uid. Ids are those that events of them have."""

    def __init__(self) -> None:
        self.lives: dict[str, Life] = {}
        self.latest = 0

    def wrote(self, uid: str, revision: int) -> None:
        """It was made, or changed."""
        self.lives.setdefault(uid, Life()).states.append(revision)
        self.latest = max(self.latest, revision)

    def deleted(self, uid: str, after: int) -> None:
        """No answer says at which revision: `after` is one before."""
        self.lives[uid].ended_after = after

    @property
    def changes(self) -> int:
        ended = sum(each.ended_after is not None for each in self.lives.values())
        return ended + sum(len(each.states) for each in self.lives.values())

    def possible(self) -> set[str]:
        return {each for uid, life in self.lives.items() for each in _told(uid, life, ())}

    def required(self, gaps: Iterable[Gap] = ()) -> set[str]:
        """All but the states that came and went in a gap, and the ends of objects that did."""
        found = tuple(gaps)
        return {each for uid, life in self.lives.items() for each in _told(uid, life, found)}


def _told(uid: str, life: Life, gaps: Sequence[Gap]) -> Iterator[str]:
    for revision, until in life.spans():
        if until is None or not any(each.hides(revision, until) for each in gaps):
            yield f"{uid}/{revision}"
    if life.ended_after is None:
        return
    if not any(each.hides(life.states[0], life.ended_after + 1) for each in gaps):
        yield f"{uid}/deleted"
