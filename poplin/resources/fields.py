"""The checks that every kind of document shares."""

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from poplin.resources.models import Problem
from poplin.resources.values import Value

__all__ = ["Checker", "Fields"]


@dataclass(slots=True)
class Checker:
    """Collects the problems of one document, and warnings that need no mending."""

    file: str
    where: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def refuse(self, value: Value, message: str, path: str | None = None) -> None:
        place = value.path if path is None else path
        self.problems.append(Problem(self.file, value.line, message, self.where, place))

    def warn(self, value: Value, message: str) -> None:
        self.warnings.append(f"{value.path}: {message}")

    def bad(self, value: Value, allowed: str) -> None:
        """Name the value and what is allowed instead."""
        self.refuse(value, f"{_shown(value.data)} is not allowed; use {allowed}")

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

    def flag(self, value: Value) -> bool | None:
        if isinstance(value.data, bool):
            return value.data
        self.bad(value, "true or false, without quotes")
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
            near = get_close_matches(name[:100], self._known, 1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(self._known)}"
            self._checker.refuse(value, f"unknown field; {hint}")


def _shown(data: Any) -> str:
    """As it stands in the file, as far as fits; what a mapping or a list holds is not repeated."""
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    if isinstance(data, dict | list):
        return "a mapping" if isinstance(data, dict) else "a list"
    if isinstance(data, str) and len(data) > 60:
        data = data[:57] + "..."
    return ascii(data)
