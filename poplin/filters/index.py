"""An index over many filters: a thousand that pin different types cost about what one costs."""

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from poplin.filters.dialects import Attributes, Filter, Matcher

__all__ = ["FilterIndex"]

T = TypeVar("T")

# The attributes that tell triggers apart best come first.
_PREFERRED = ("type", "source", "subject")


class _Candidate(NamedTuple, Generic[T]):
    position: int
    item: T
    matcher: Matcher | None
    """None when its pin was all that it asked for."""


class FilterIndex(Generic[T]):
    """Built once for a trigger set; `match` asks only those filters whose pin fits."""

    def __init__(self, entries: Iterable[tuple[T, Filter]]) -> None:
        self._pinned: dict[str, dict[str, list[_Candidate[T]]]] = {}
        self._others: list[_Candidate[T]] = []
        for position, (item, compiled) in enumerate(entries):
            name = _best_pin(compiled)
            if name is None:
                self._others.append(_Candidate(position, item, compiled.matches))
                continue
            matcher = None if compiled.is_pin else compiled.matches
            values = self._pinned.setdefault(name, {})
            candidates = values.setdefault(compiled.pinned[name], [])
            candidates.append(_Candidate(position, item, matcher))

    def match(self, attributes: Attributes) -> list[T]:
        """The items whose filters match, in the order they were given."""
        found = [each for each in self._others if each.matcher and each.matcher(attributes)]
        for name, values in self._pinned.items():
            value = attributes.get(name)
            if value is None:
                continue
            if not isinstance(value, str):
                value = str(value).lower()  # true, false or a decimal
            found += [
                each
                for each in values.get(value, ())
                if each.matcher is None or each.matcher(attributes)
            ]
        if len(found) > 1:
            found.sort(key=_position)
        return [each.item for each in found]


def _position(candidate: _Candidate[T]) -> int:
    return candidate.position


def _best_pin(compiled: Filter) -> str | None:
    for name in _PREFERRED:
        if name in compiled.pinned:
            return name
    return next(iter(compiled.pinned), None)
