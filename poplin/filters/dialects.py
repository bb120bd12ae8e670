"""The dialects of `spec.filters` and `spec.filter`, each compiled to a closure.

Semantics are Knative's where the subscriptions API leaves them open: names
and values are compared as canonical strings, and an attribute that is absent fails every test.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from poplin.errors import InvalidResourceError
from poplin.event import AttributeValue

__all__ = ["DIALECTS", "Attributes", "Filter", "Matcher", "compile_filters"]

Attributes = Mapping[str, AttributeValue]
Matcher = Callable[[Attributes], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter.

    `pinned` are attributes that it requires to equal a value, for the index; `is_pin` says that
    it requires nothing but its only pin.
    """

    matches: Matcher
    pinned: Mapping[str, str] = field(default_factory=dict)
    is_pin: bool = False


def compile_filters(filters: Sequence[Mapping[str, Any]]) -> Filter:
    """All elements must match; none means that every event does.

    Raises InvalidResourceError for a dialect that is not known.
    """
    return _all(filters)


def _element(element: Mapping[str, Any]) -> Filter:
    ((dialect, argument),) = element.items()
    compiler = DIALECTS.get(dialect)
    if compiler is None:
        raise InvalidResourceError(
            f"filter dialect {dialect!r} is not known; use one of {', '.join(DIALECTS)}"
        )
    return compiler(argument)


def _text(attributes: Attributes, name: str) -> str | None:
    """The canonical string of an attribute; None when it is absent."""
    value = attributes.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _exact(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())
    if len(pairs) == 1:
        ((name, value),) = pairs

        def matches_one(attributes: Attributes) -> bool:
            return _text(attributes, name) == value

        return Filter(matches_one, dict(pairs), is_pin=True)

    def matches(attributes: Attributes) -> bool:
        return all(_text(attributes, name) == value for name, value in pairs)

    return Filter(matches, dict(pairs))


def _prefix(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())

    def matches(attributes: Attributes) -> bool:
        return all((_text(attributes, name) or "").startswith(value) for name, value in pairs)

    return Filter(matches)


def _suffix(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())

    def matches(attributes: Attributes) -> bool:
        return all((_text(attributes, name) or "").endswith(value) for name, value in pairs)

    return Filter(matches)


def _legacy(wanted: Mapping[str, str]) -> Filter:
    """`spec.filter.attributes`: an empty value asks only that the attribute is there."""
    exact = _exact({name: value for name, value in wanted.items() if value != ""})
    present = tuple(name for name, value in wanted.items() if value == "")
    if not present:
        return exact

    def matches(attributes: Attributes) -> bool:
        return exact.matches(attributes) and all(_text(attributes, name) for name in present)

    return Filter(matches, exact.pinned)


def _all(elements: Sequence[Mapping[str, Any]]) -> Filter:
    children = [_element(element) for element in elements]
    if len(children) == 1:
        return children[0]
    matchers = tuple(child.matches for child in children)
    pinned: dict[str, str] = {}
    for child in children:
        pinned = {**child.pinned, **pinned}

    def matches(attributes: Attributes) -> bool:
        return all(matcher(attributes) for matcher in matchers)

    return Filter(matches, pinned)


def _any(elements: Sequence[Mapping[str, Any]]) -> Filter:
    matchers = tuple(_element(element).matches for element in elements)

    def matches(attributes: Attributes) -> bool:
        return any(matcher(attributes) for matcher in matchers)

    return Filter(matches)


def _not(element: Mapping[str, Any]) -> Filter:
    matcher = _element(element).matches

    def matches(attributes: Attributes) -> bool:
        return not matcher(attributes)

    return Filter(matches)


# CESQL joins here: one entry, from an expression to a Filter.
DIALECTS: Mapping[str, Callable[[Any], Filter]] = {
    "exact": _exact,
    "prefix": _prefix,
    "suffix": _suffix,
    "all": _all,
    "any": _any,
    "not": _not,
    "attributes": _legacy,
}
