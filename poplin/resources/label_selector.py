"""A LabelSelector of Kubernetes → its text in the API's query."""

import re
from collections.abc import Iterator
from itertools import chain

from poplin.names import is_name
from poplin.resources.fields import Checker, Fields
from poplin.resources.values import Value

__all__ = ["read_selector"]

_MOST_CHARACTERS = 4096
"""It stands in a URL."""
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "", "DoesNotExist": "!"}
# Kubernetes, "Labels and Selectors": Syntax and character set.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_KEY_WORDS = (
    "a label's key: 1 to 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, "
    "and before it a domain and '/' if need be"
)
_VALUE_WORDS = (
    "a label's value: at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both "
    "ends (quote numbers and booleans)"
)

_Requirement = tuple[str, str]
"""A key, and its text."""


def read_selector(checker: Checker, value: Value) -> str:
    """'' selects all. What is written in another order is the same text."""
    fields = checker.fields(value)
    if fields is None:
        return ""
    labels, expressions = fields.take("matchLabels"), fields.take("matchExpressions")
    fields.refuse_unknown()
    found = chain(
        _labels(checker, labels) if labels else (),
        _expressions(checker, expressions) if expressions else (),
    )
    text = ",".join(requirement for _, requirement in sorted(set(found)))
    if len(text) > _MOST_CHARACTERS:
        words = f"is {len(text)} characters long as the text of a query"
        checker.refuse(value, f"{words}; at most {_MOST_CHARACTERS} are allowed")
    return text


def _labels(checker: Checker, value: Value) -> Iterator[_Requirement]:
    fields = checker.fields(value)
    for key, each in (fields.value.data if fields else {}).items():
        if not _is_key(key):
            checker.refuse(each, f"{key[:60]!a} is not allowed; use {_KEY_WORDS}")
        elif (text := _value(checker, each)) is not None:
            yield key, f"{key}={text}"


def _expressions(checker: Checker, value: Value) -> Iterator[_Requirement]:
    for each in checker.items(value) or ():
        fields = checker.fields(each)
        if fields is not None and (found := _expression(checker, fields)):
            yield found


def _expression(checker: Checker, fields: Fields) -> _Requirement | None:
    key_value, operator_value = fields.need("key"), fields.need("operator")
    listed = fields.take("values")
    fields.refuse_unknown()
    key = checker.parsed(key_value, _key) if key_value else None
    operator = checker.one_of(operator_value, *_OPERATORS) if operator_value else None
    if key is None or operator is None:
        return None
    values = _values(checker, listed) if listed else []
    word = _OPERATORS[operator]
    if word not in ("in", "notin"):
        if listed and values:
            checker.refuse(listed, f"is not allowed with operator {operator}; leave it out")
        return key, f"{word}{key}"
    if not values:
        path = f"{fields.value.path}.values"
        checker.refuse(fields.value, f"operator {operator} needs at least one value", path)
    return key, f"{key} {word} ({','.join(sorted(set(values)))})"


def _values(checker: Checker, value: Value) -> list[str]:
    found = [_value(checker, each) for each in checker.items(value) or ()]
    return [each or "" for each in found]


def _value(checker: Checker, value: Value) -> str | None:
    if isinstance(value.data, str) and (not value.data or _NAME.match(value.data)):
        return value.data
    checker.bad(value, _VALUE_WORDS)
    return None


def _key(text: str) -> str:
    if not _is_key(text):
        raise ValueError(f"use {_KEY_WORDS}")
    return text


def _is_key(text: str) -> bool:
    domain, slash, name = text.rpartition("/")
    return _NAME.match(name) is not None and (not slash or is_name(domain))
