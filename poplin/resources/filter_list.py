"""A list of filters that comes by itself, not in a document: checked as `spec.filters` is."""

from typing import Any

from poplin.errors import InvalidResourceError
from poplin.resources.fields import Checker
from poplin.resources.filter_fields import read_filters
from poplin.resources.values import Value

__all__ = ["check_filters"]

_DEEPEST = 64


def check_filters(data: Any, path: str = "filters") -> tuple[dict[str, Any], ...]:
    """What `poplin.filters.compile_filters` takes, of plain JSON.

    Raises InvalidResourceError, which names the field under `path` and what is allowed.
    """
    checker = Checker("")
    filters = read_filters(checker, _value(data, path, 0), None)
    if checker.problems:
        raise InvalidResourceError("; ".join(map(str, checker.problems[:5])))
    return filters


def _value(data: Any, path: str, depth: int) -> Value:
    if depth > _DEEPEST:
        raise InvalidResourceError(f"{path}: is nested more than {_DEEPEST} deep")
    if isinstance(data, dict):
        fields = {name: _value(each, f"{path}.{name}", depth + 1) for name, each in data.items()}
        return Value(fields, 0, path)
    if isinstance(data, list):
        items = [_value(each, f"{path}[{n}]", depth + 1) for n, each in enumerate(data)]
        return Value(items, 0, path)
    return Value(data, 0, path)
