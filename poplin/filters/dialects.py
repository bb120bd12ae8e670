"""The dialects of `spec.filters` and `spec.filter`, each compiled to a closure.

Semantics are Knative's where the subscriptions API leaves them open: values are compared as
canonical strings, and an attribute that is absent fails every test.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from poplin.errors import InvalidResourceError
from poplin.event import AttributeValue
from poplin.filters import cesql

__all__ = ["DIALECTS", "Attributes", "Filter", "Matcher", "attribute_text", "compile_filters"]

Attributes = Mapping[str, AttributeValue]
Matcher = Callable[[Attributes], bool]

# Knative's filters know these too, beside what an event holds (its LookupAttribute).
_DERIVED: Mapping[str, Callable[[Attributes], str | None]] = {
    "schemaurl": lambda attributes: attribute_text(attributes, "dataschema"),
    "datamediatype": lambda attributes: _media_type(attribute_text(attributes, "datacontenttype")),
}


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


def attribute_text(attributes: Attributes, name: str) -> str | None:
    """The canonical string of an attribute; None when it is absent."""
    value = attributes.get(name)
    if isinstance(value, str):
        return value
    if value is None:
        return _DERIVED[name](attributes) if name in _DERIVED else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _media_type(content_type: str | None) -> str | None:
    return None if content_type is None else content_type.partition(";")[0].strip()


def _exact(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())
    # The index looks into the event alone.
    pinned = {name: value for name, value in pairs if name not in _DERIVED}
    if len(pairs) == 1:
        ((name, value),) = pairs

        def matches_one(attributes: Attributes) -> bool:
            return attribute_text(attributes, name) == value

        return Filter(matches_one, pinned, is_pin=bool(pinned))

    def matches(attributes: Attributes) -> bool:
        return all(attribute_text(attributes, name) == value for name, value in pairs)

    return Filter(matches, pinned)


def _prefix(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())

    def matches(attributes: Attributes) -> bool:
        return all(
            (attribute_text(attributes, name) or "").startswith(value) for name, value in pairs
        )

    return Filter(matches)


def _suffix(wanted: Mapping[str, str]) -> Filter:
    pairs = tuple(wanted.items())

    def matches(attributes: Attributes) -> bool:
        return all(
            (attribute_text(attributes, name) or "").endswith(value) for name, value in pairs
        )

    return Filter(matches)


def _legacy(wanted: Mapping[str, str]) -> Filter:
    """`spec.filter.attributes`: an empty value asks only that the attribute is there."""
    exact = _exact({name: value for name, value in wanted.items() if value != ""})
    present = tuple(name for name, value in wanted.items() if value == "")
    if not present:
        return exact

    def matches(attributes: Attributes) -> bool:
        return exact.matches(attributes) and all(
            attribute_text(attributes, name) for name in present
        )

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


def _cesql(text: str) -> Filter:
    """Only TRUE matches; an expression that ends in an error does not."""
    try:
        expression = cesql.compile(text)
    except cesql.ParseError as error:
        raise InvalidResourceError(f"the expression is not CESQL: {error}") from error
    return Filter(expression.matches, expression.pinned)


DIALECTS: Mapping[str, Callable[[Any], Filter]] = {
    "exact": _exact,
    "prefix": _prefix,
    "suffix": _suffix,
    "all": _all,
    "any": _any,
    "not": _not,
    "cesql": _cesql,
    "sql": _cesql,  # as the Subscriptions API names it
    "attributes": _legacy,
}
