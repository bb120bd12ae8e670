"""YAML values with their places, and the checks that every kind of document shares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import yaml

from poplin.errors import InvalidResourceError
from poplin.resources.models import Problem

__all__ = ["Checker", "Fields", "Value", "build"]

_MOST_VALUES = 100_000
_DEEPEST = 64
_SCALARS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "binary", "value")
)
_CONSTRUCTED = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))


@dataclass(frozen=True, slots=True)
class Value:
    """`data` is a scalar, a dict of Values or a list of Values."""

    data: Any
    line: int
    path: str = ""

    def plain(self) -> Any:
        """Without the places."""
        if isinstance(self.data, dict):
            return {name: value.plain() for name, value in self.data.items()}
        if isinstance(self.data, list):
            return [value.plain() for value in self.data]
        return self.data


class _Builder(yaml.constructor.SafeConstructor):
    """Turns nodes into Values within bounds: aliases may repeat a value, not explode it."""

    def __init__(self, first_line: int) -> None:
        super().__init__()
        self._first_line = first_line
        self._count = 0

    def value(self, node: yaml.Node, path: str = "", depth: int = 0) -> Value:
        self._count += 1
        line = node.start_mark.line + self._first_line
        if self._count > _MOST_VALUES or depth > _DEEPEST:
            raise _PlacedError(line, "the document is too large or too deeply nested")
        if isinstance(node, yaml.MappingNode):
            return Value(self._mapping(node, path, depth), line, path)
        if isinstance(node, yaml.SequenceNode):
            items = [
                self.value(item, f"{path}[{number}]", depth + 1)
                for number, item in enumerate(node.value)
            ]
            return Value(items, line, path)
        if node.tag not in _SCALARS:
            raise _PlacedError(line, f"the tag {node.tag[:60]!r} is not allowed; use plain YAML")
        if node.tag not in _CONSTRUCTED:
            return Value(node.value, line, path)
        try:
            return Value(self.construct_object(node), line, path)
        except (ValueError, OverflowError) as error:
            raise _PlacedError(line, f"{node.value[:40]!r} is not a number") from error

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, item in node.value:
            line = key.start_mark.line + self._first_line
            if not isinstance(key, yaml.ScalarNode):
                raise _PlacedError(line, "a field name must be plain text")
            name = key.value
            if name in found:
                raise _PlacedError(line, f"the field {name[:60]!r} is there twice; keep one")
            found[name] = self.value(item, f"{path}.{name}" if path else name, depth + 1)
        return found


class _PlacedError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def build(text: str, file: str, first_line: int) -> Value | None:
    """One document; None when it is empty. Raises InvalidResourceError whose text is a Problem."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _Builder(first_line).value(node)
    except _PlacedError as error:
        line, message = error.line, str(error)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        message = f"this is not YAML: {error.problem or error.context}"
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line, message = first_line, f"this is not YAML: {str(error).splitlines()[0][:120]}"
    raise InvalidResourceError(str(Problem(file, line, message)))


@dataclass(slots=True)
class Checker:
    """Collects the problems of one document."""

    file: str
    where: str = ""
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, value: Value, message: str, path: str | None = None) -> None:
        place = value.path if path is None else path
        self.problems.append(Problem(self.file, value.line, message, self.where, place))

    def bad(self, value: Value, allowed: str) -> None:
        """Name the value and what is allowed instead."""
        text = ascii(value.plain())
        text = text if len(text) <= 60 else text[:57] + "..."
        self.refuse(value, f"{text} is not allowed; use {allowed}")

    def text(self, value: Value) -> str | None:
        if isinstance(value.data, str) and value.data:
            return value.data
        self.bad(value, "a non-empty string")
        return None

    def one_of(self, value: Value, *allowed: str) -> str | None:
        if value.data in allowed:
            return str(value.data)
        self.bad(value, " or ".join(allowed))
        return None

    def whole(self, value: Value, lowest: int, highest: int) -> int | None:
        data = value.data
        if isinstance(data, int) and not isinstance(data, bool) and lowest <= data <= highest:
            return data
        self.bad(value, f"a whole number from {lowest} to {highest}")
        return None

    def parsed(self, value: Value, parse: Callable[[str], Any]) -> Any | None:
        """What `parse` makes of a string; its ValueError says what is allowed."""
        if not isinstance(value.data, str):
            self.bad(value, "a string")
            return None
        try:
            return parse(value.data)
        except ValueError as error:
            self.bad(value, str(error).removeprefix("use "))
            return None

    def items(self, value: Value) -> list[Value] | None:
        if isinstance(value.data, list):
            return value.data
        self.bad(value, "a list")
        return None

    def fields(self, value: Value) -> "Fields | None":
        if isinstance(value.data, dict):
            return Fields(self, value)
        self.bad(value, "a mapping")
        return None


class Fields:
    """A mapping whose fields are taken one by one; what is left over is unknown."""

    def __init__(self, checker: Checker, value: Value) -> None:
        self._checker = checker
        self.value = value
        self._left: dict[str, Value] = dict(value.data)
        self._known: list[str] = []

    def take(self, name: str) -> Value | None:
        """The field, or None when it is absent or null."""
        self._known.append(name)
        value = self._left.pop(name, None)
        return None if value is None or value.data is None else value

    def need(self, name: str) -> Value | None:
        value = self.take(name)
        if value is None:
            path = f"{self.value.path}.{name}" if self.value.path else name
            self._checker.refuse(self.value, "is missing; it is required", path)
        return value

    def refuse_unknown(self) -> None:
        for name, value in self._left.items():
            near = get_close_matches(name, self._known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(self._known)}"
            self._checker.refuse(value, f"unknown field; {hint}")
