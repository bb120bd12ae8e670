"""Why an event matches or not: every part of a trigger's filters, with its place and its reason."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from poplin.filters import cesql
from poplin.filters.dialects import Attributes, attribute_text, compile_filters

__all__ = ["Reason", "explain_filters"]

_SHOULD: Mapping[str, str] = {
    "exact": "should be",
    "prefix": "should begin with",
    "suffix": "should end with",
    "attributes": "should be",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """`place` is a path in the Trigger's spec, or a line and column in an expression of it;
    `matches` is None for a part that is no condition or was not reached.
    """

    place: str
    matches: bool | None
    text: str
    parts: tuple["Reason", ...] = ()


def explain_filters(
    filters: Sequence[Mapping[str, Any]], attributes: Attributes
) -> tuple[Reason, ...]:
    """One reason for each element; the event matches when all do."""
    return tuple(
        _element(element, f"filters[{number}]", attributes)
        for number, element in enumerate(filters)
    )


def _element(element: Mapping[str, Any], place: str, attributes: Attributes) -> Reason:
    ((dialect, argument),) = element.items()
    if dialect == "attributes":
        place = "filter"
    place = f"{place}.{dialect}"
    matches = compile_filters([element]).matches(attributes)
    match dialect:
        case "all" | "any":
            parts = tuple(
                _element(each, f"{place}[{number}]", attributes)
                for number, each in enumerate(argument)
            )
            return Reason(place, matches, f"{dialect} of {len(parts)}", parts)
        case "not":
            return Reason(
                place,
                matches,
                "matches unless the part below does",
                (_element(argument, place, attributes),),
            )
        case "cesql" | "sql":
            step = cesql.compile(argument).explain(attributes)
            return Reason(place, matches, _said(step), tuple(_steps(step)))
    parts = tuple(_names(dialect, argument, place, attributes))
    return parts[0] if len(parts) == 1 else Reason(place, matches, "all of these", parts)


def _names(
    dialect: str, wanted: Mapping[str, str], place: str, attributes: Attributes
) -> Iterator[Reason]:
    for name, value in wanted.items():
        matches = compile_filters([{dialect: {name: value}}]).matches(attributes)
        text = attribute_text(attributes, name)
        found = f"{name} is absent" if text is None else f"{name} is {_shown(text)}"
        should = f"{_SHOULD[dialect]} {_shown(value)}"
        if dialect == "attributes" and value == "":
            should = "should be there, whatever it is"
        yield Reason(f"{place}.{name}", matches, found if matches else f"{found}; it {should}")


def _steps(step: cesql.Step) -> Iterator[Reason]:
    for part in step.parts:
        matches = False if part.error else part.value if isinstance(part.value, bool) else None
        place = f"line {part.line}, column {part.column}"
        yield Reason(place, matches, _said(part), tuple(_steps(part)))


def _said(step: cesql.Step) -> str:
    if step.error is not None:
        return f"{step.text}: {step.error.kind} error, {step.error}"
    if step.value is None:
        return f"{step.text}: not reached"
    return f"{step.text} gives {_shown(step.value)}"


def _shown(value: cesql.Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    return ascii(value if len(value) <= 60 else value[:57] + "...")
