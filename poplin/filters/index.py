"""An index over many filters: a thousand that pin different types cost about what one costs."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from poplin.filters.dialects import Attributes, Filter, Matcher

__all__ = ["FilterIndex"]

T = TypeVar("T")
OnFault = Callable[[T, Attributes, Exception], None]

# The attributes that tell triggers apart best come first.
_PREFERRED = ("type", "source", "subject")


class _Candidate(NamedTuple, Generic[T]):
    position: int
    item: T
    matcher: Matcher | None
    """None when its pin was all that it asked for."""


class FilterIndex(Generic[T]):
    """Built once for a trigger set; `match` asks only those filters whose pin fits.

    A filter that raises, which is a fault of ours, does not match, and `on_fault` is told: the
    others must not suffer for it.
    """

    def __init__(
        self, entries: Iterable[tuple[T, Filter]], *, on_fault: OnFault[T] | None = None
    ) -> None:
        self._on_fault = on_fault
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
        candidates = self._candidates(attributes)
        try:
            found = [
                each for each in candidates if each.matcher is None or each.matcher(attributes)
            ]
        except Exception:  # noqa: BLE001 - whatever it was, one filter did it
            found = [each for each in candidates if self._matches_without_fault(each, attributes)]
        if len(found) > 1:
            found.sort(key=_position)
        return [each.item for each in found]

    def _candidates(self, attributes: Attributes) -> list[_Candidate[T]]:
        found = [*self._others]
        for name, values in self._pinned.items():
            value = attributes.get(name)
            if value is None:
                continue
            if not isinstance(value, str):
                value = str(value).lower()  # true, false or a decimal
            found += values.get(value, ())
        return found

    def _matches_without_fault(self, candidate: _Candidate[T], attributes: Attributes) -> bool:
        try:
            return candidate.matcher is None or candidate.matcher(attributes)
        except Exception as error:  # noqa: BLE001 - as above
            if self._on_fault is not None:
                self._on_fault(candidate.item, attributes, error)
            return False


def _position(candidate: _Candidate[T]) -> int:
    return candidate.position


def _best_pin(compiled: Filter) -> str | None:
    for name in _PREFERRED:
        if name in compiled.pinned:
            return name
    return next(iter(compiled.pinned), None)
