"""YAML within a text of YAML, as ConfigMaps hold it, with the lines of the file."""

from dataclasses import replace

from poplin.resources.fields import Checker
from poplin.resources.values import DocumentError, Value, build

__all__ = ["read_embedded"]


def read_embedded(checker: Checker, value: Value) -> Value | None:
    """Of a text that is no block (`|`), all of it is where it begins."""
    text = checker.text(value)
    if text is None:
        return None
    try:
        found = build(text, value.line + 1)
    except DocumentError as error:
        checker.refuse(replace(value, line=_line(error.line, value)), str(error))
        return None
    if found is None:
        checker.bad(value, "YAML in a block (|)")
        return None
    return _placed(found, value)


def _placed(found: Value, text: Value) -> Value:
    data = found.data
    if isinstance(data, dict):
        data = {name: _placed(each, text) for name, each in data.items()}
    elif isinstance(data, list):
        data = [_placed(each, text) for each in data]
    path = f"{text.path}: {found.path}" if found.path else text.path
    return Value(data, _line(found.line, text), path)


def _line(line: int, text: Value) -> int:
    return line if text.is_block else text.line
