"""Checking `spec.filter` and `spec.filters`; what passes is what `poplin.filters` compiles."""

import re
from collections.abc import Iterator
from typing import Any

from poplin.filters import cesql
from poplin.resources.fields import Checker
from poplin.resources.values import Value

__all__ = ["read_filters"]

_NAME = re.compile(r"[a-z][a-z0-9]*\Z")
_MAPS = ("exact", "prefix", "suffix")
_LISTS = ("all", "any")
_EXPRESSIONS = ("cesql", "sql")
_DIALECTS = (*_MAPS, *_LISTS, "not", "cesql")
_DEEPEST = 16
_MOST_ELEMENTS = 1000
# Each is compiled, and asked of events, within bounds; so many are within them together too.
_MOST_EXPRESSIONS = 8
_MOST_CHARACTERS = 8192


def read_filters(
    checker: Checker, filters: Value | None, legacy: Value | None
) -> tuple[dict[str, Any], ...]:
    """`filters` when it has elements, else `filter` as in Knative."""
    elements = checker.items(filters) if filters is not None else None
    attributes = _legacy(checker, legacy)
    if filters is not None and (words := _why_too_many(filters)):
        checker.refuse(filters, words)
        return ()
    if elements:
        return tuple(plain for each in elements if (plain := _element(checker, each, 0)))
    return ({"attributes": attributes},) if attributes else ()


def _why_too_many(filters: Value) -> str | None:
    if (count := _count(filters)) > _MOST_ELEMENTS:
        return f"holds {count} elements; at most {_MOST_ELEMENTS} are allowed"
    sizes = [len(text) for text in _expressions(filters)]
    if len(sizes) > _MOST_EXPRESSIONS:
        return (
            f"holds {len(sizes)} CESQL expressions; at most {_MOST_EXPRESSIONS} are allowed; join "
            "them by AND and OR"
        )
    if len(sizes) > 1 and sum(sizes) > _MOST_CHARACTERS:
        return f"holds {sum(sizes)} characters of CESQL; at most {_MOST_CHARACTERS} are allowed"
    return None


def _expressions(value: Value) -> Iterator[str]:
    if isinstance(value.data, list):
        for each in value.data:
            yield from _expressions(each)
    elif isinstance(value.data, dict):
        for name, each in value.data.items():
            if name in _EXPRESSIONS and isinstance(each.data, str):
                yield each.data
            elif name not in _MAPS:
                yield from _expressions(each)


def _count(value: Value) -> int:
    """How many elements a list holds, those nested in it included."""
    children = value.data.values() if isinstance(value.data, dict) else value.data
    if not isinstance(children, str) and isinstance(value.data, dict | list):
        own = len(value.data) if isinstance(value.data, list) else 0
        return own + sum(map(_count, children))
    return 0


def _legacy(checker: Checker, value: Value | None) -> dict[str, str]:
    fields = checker.fields(value) if value is not None else None
    if fields is None:
        return {}
    attributes = fields.take("attributes")
    fields.refuse_unknown()
    return {} if attributes is None else _strings(checker, attributes, may_be_empty=True)


def _element(checker: Checker, value: Value, depth: int) -> dict[str, Any] | None:
    if not isinstance(value.data, dict):
        checker.bad(value, "a mapping with one dialect")
        return None
    if len(value.data) != 1:
        names = ", ".join(value.data) or "no dialect"
        checker.refuse(value, f"has {names}; an element has exactly one of {', '.join(_DIALECTS)}")
        return None
    ((dialect, argument),) = value.data.items()
    if depth > _DEEPEST:
        checker.refuse(value, f"is nested more than {_DEEPEST} deep")
        return None
    if dialect in _MAPS:
        return {dialect: _strings(checker, argument, may_be_empty=False)}
    if dialect in _LISTS:
        children = checker.items(argument)
        if children == []:
            checker.refuse(argument, "is empty; give at least one element")
        return {dialect: [_element(checker, each, depth + 1) for each in children or ()]}
    if dialect == "not":
        return {"not": _element(checker, argument, depth + 1)}
    if dialect in _EXPRESSIONS:
        return {dialect: _expression(checker, argument)}
    checker.refuse(argument, f"unknown dialect; use one of {', '.join(_DIALECTS)}")
    return None


def _expression(checker: Checker, value: Value) -> str:
    """Refused is what Knative would accept and never match: a call of an unknown function."""
    text = checker.text(value) or ""
    if not text:
        return text
    try:
        expression = cesql.compile(text)
    except cesql.ParseError as error:
        checker.refuse(value, str(error))
        return text
    for sentence in expression.unknown_calls:
        checker.refuse(value, sentence)
    for warning in expression.warnings:
        checker.warn(value, warning)
    return text


def _strings(checker: Checker, value: Value, *, may_be_empty: bool) -> dict[str, str]:
    if not isinstance(value.data, dict) or not (value.data or may_be_empty):
        a_mapping = "a mapping" if may_be_empty or value.data != {} else "a non-empty mapping"
        checker.bad(value, f"{a_mapping} from attribute names to strings")
        return {}
    found: dict[str, str] = {}
    for name, text in value.data.items():
        if _NAME.match(name) is None:
            checker.refuse(
                text,
                f"attribute name {ascii(name)[:60]} is not allowed; it must start with a letter "
                "and hold lower-case letters and digits only",
            )
        elif not isinstance(text.data, str) or not (text.data or may_be_empty):
            checker.bad(
                text,
                f"a {'' if may_be_empty else 'non-empty '}string (quote numbers and booleans)",
            )
        else:
            found[name] = text.data
    return found
