"""What can go wrong with an expression, at compilation and at evaluation."""

from typing import Literal

__all__ = ["EvaluationError", "Kind", "ParseError", "place"]

Kind = Literal[
    "math", "cast", "missingFunction", "functionEvaluation", "missingAttribute", "generic"
]
"""The words of the CESQL test kit."""


class ParseError(ValueError):
    """The text is no expression. `line` and `column` count characters from 1."""

    def __init__(self, text: str, position: int, expected: str, found: str) -> None:
        self.line, self.column = place(text, position)
        self.expected = expected
        self.found = found
        super().__init__(
            f"line {self.line}, column {self.column}: expected {expected}, found {found}"
        )


class EvaluationError(Exception):
    """Evaluation ended here. `value` is the result that a function gives all the same, if any."""

    def __init__(self, kind: Kind, message: str, value: str | int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.value = value

    def without_value(self) -> "EvaluationError":
        """As it passes through whatever encloses the function."""
        self.value = None
        return self


def place(text: str, position: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    before = text[:position]
    line = before.count("\n") + 1
    return line, position - (before.rfind("\n") + 1) + 1
