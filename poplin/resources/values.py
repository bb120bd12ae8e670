"""YAML text → values that know their places, within bounds that no document can talk its way past.

Types are those of PyYAML's SafeLoader, less what surprises: a timestamp stays text, and so does
`1:30`, which YAML 1.1 reads as ninety.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from poplin.errors import InvalidResourceError

__all__ = ["DocumentError", "Value", "build", "split"]

_MOST_VALUES = 100_000
_DEEPEST = 64
_MOST_INTEGER_BITS = 64
_TAG = "tag:yaml.org,2002:"
_TEXTS = frozenset(_TAG + name for name in ("str", "timestamp", "value"))
_CONSTRUCTED = frozenset(_TAG + name for name in ("int", "float", "bool", "null"))

# YAML 1.1, 9.1.1: a marker ends whatever came before it, block scalars too.
_MARKER = re.compile(r"^(---|\.\.\.)(?=[ \t\n]|\Z)", re.MULTILINE)
# Possessive, so that no line is remembered to be tried anew: that costs 400 bytes each.
_NOTHING = re.compile(r"(?:[ \t]*+(?:#.*+)?+(?:\n|\Z)|%.*+(?:\n|\Z))*+\Z")


@dataclass(frozen=True, slots=True)
class Value:
    """`data` is a scalar, a dict of Values or a list of Values. A block is text of the lines below."""

    data: Any
    line: int
    path: str = ""
    is_block: bool = False

    def plain(self) -> Any:
        """Without the places."""
        if isinstance(self.data, dict):
            return {name: value.plain() for name, value in self.data.items()}
        if isinstance(self.data, list):
            return [value.plain() for value in self.data]
        return self.data


class DocumentError(InvalidResourceError):
    """The text is not one plain YAML document; `line` says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def split(text: str) -> Iterator[tuple[int, str]]:
    """The documents and the lines they begin at; one that is not YAML leaves the others alone."""
    line, start, is_bare = 1, 0, True
    for marker in (*_MARKER.finditer(text), None):
        end = marker.start() if marker else len(text)
        chunk = text[start:end]
        # Before a first `---`, and after `...`, stand directives and comments at most.
        if not (is_bare and _NOTHING.match(chunk)):
            yield line, chunk
        line += chunk.count("\n")
        if marker is not None:
            is_bare = marker[1] == "..."
            start = marker.end() if is_bare else end


def build(text: str, first_line: int) -> Value | None:
    """One document; None when it is empty. Raises DocumentError."""
    try:
        node = _node(text, first_line)
        return None if node is None else _Builder(first_line).value(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise DocumentError(line, f"this is not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        raise DocumentError(line, f"this is not YAML: {error.reason}") from error


class _Bounds:
    """Counts values, so that neither a long document nor a short one with aliases grows far."""

    def __init__(self) -> None:
        self._count = 0

    def check(self, line: int, depth: int) -> None:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise DocumentError(
                line, f"the document holds more than {_MOST_VALUES} values; split it"
            )
        if depth > _DEEPEST:
            raise DocumentError(line, f"the document is nested more than {_DEEPEST} deep")


def _node(text: str, first_line: int) -> yaml.Node | None:
    """libyaml is six times as fast; PyYAML's own parser has the last word on what it refuses, and
    on tabs, where libyaml takes more.
    """
    if _FAST is not None and "\t" not in text:
        try:
            return _FAST(text, first_line).get_single_node()
        except (yaml.YAMLError, UnicodeError):
            pass
    return _Loader(text, first_line).get_single_node()


class _Composer(yaml.composer.Composer):
    """Composes nodes and gives up at the bounds, long before a hostile text is read through."""

    def bound(self, first_line: int) -> None:
        self._first_line = first_line
        self._bounds = _Bounds()
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        # types-pyyaml does not know that a parser is beside this.
        mark = self.peek_event().start_mark  # type: ignore[attr-defined]
        self._bounds.check(mark.line + self._first_line, self._depth)
        self._depth += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _Loader(_Composer, yaml.SafeLoader):
    def __init__(self, text: str, first_line: int) -> None:
        yaml.SafeLoader.__init__(self, text)
        self.bound(first_line)


_FAST: Callable[[str, int], _Composer] | None = None
if yaml.__with_libyaml__:

    class _CLoader(_Composer, yaml.CSafeLoader):
        """libyaml's parser below PyYAML's composer, which its own would stand before."""

        def __init__(self, text: str, first_line: int) -> None:
            yaml.CSafeLoader.__init__(self, text)
            _Composer.__init__(self)
            self.bound(first_line)

    _FAST = _CLoader


class _Builder(yaml.constructor.SafeConstructor):
    """Turns nodes into Values: aliases may repeat a value, not explode it."""

    def __init__(self, first_line: int) -> None:
        super().__init__()
        self._first_line = first_line
        self._bounds = _Bounds()

    def value(self, node: yaml.Node, path: str = "", depth: int = 0) -> Value:
        line = node.start_mark.line + self._first_line
        self._bounds.check(line, depth)
        if isinstance(node, yaml.MappingNode):
            return Value(self._mapping(node, path, depth), line, path)
        if isinstance(node, yaml.SequenceNode):
            _refuse_tag(node, line, _TAG + "seq")
            items = [
                self.value(item, f"{path}[{number}]", depth + 1)
                for number, item in enumerate(node.value)
            ]
            return Value(items, line, path)
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return Value(self._scalar(node, line), line, path, is_block)

    def _mapping(self, node: yaml.MappingNode, path: str, depth: int) -> dict[str, Value]:
        _refuse_tag(node, node.start_mark.line + self._first_line, _TAG + "map")
        found: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        for key, item in node.value:
            line = key.start_mark.line + self._first_line
            if key.tag == _TAG + "merge":
                merged = {**self._merged(item, path, depth + 1), **merged}
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise DocumentError(line, "a field name must be plain text")
            _refuse_tag(key, line, *_TEXTS, *_CONSTRUCTED)
            name = _text(key.value, line)
            if name in found:
                raise DocumentError(line, f"the field {name[:60]!r} is there twice; keep one")
            found[name] = self.value(item, f"{path}.{name}" if path else name, depth + 1)
        return {**merged, **found}

    def _merged(self, node: yaml.Node, path: str, depth: int) -> dict[str, Value]:
        """What `<<` brings in; of several mappings the first wins."""
        line = node.start_mark.line + self._first_line
        self._bounds.check(line, depth)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if not isinstance(node, yaml.SequenceNode):
            raise DocumentError(line, "<< takes a mapping or a list of mappings")
        found: dict[str, Value] = {}
        for each in node.value:
            found = {**self._merged(each, path, depth + 1), **found}
        return found

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        _refuse_tag(node, line, *_TEXTS, *_CONSTRUCTED)
        is_number = node.tag in (_TAG + "int", _TAG + "float")
        if node.tag in _TEXTS or (is_number and ":" in node.value):
            return _text(node.value, line)
        try:
            value = self.construct_object(node)
        except (ValueError, LookupError, OverflowError) as error:
            what = node.tag.removeprefix(_TAG)
            raise DocumentError(line, f"{node.value[:40]!a} is not of type {what}") from error
        if isinstance(value, int) and value.bit_length() > _MOST_INTEGER_BITS:
            raise DocumentError(line, f"{node.value[:40]!a} is too large a number")
        return value


def _refuse_tag(node: yaml.Node, line: int, *allowed: str) -> None:
    if node.tag not in allowed:
        raise DocumentError(line, f"the tag {node.tag[:60]!a} is not allowed; use plain YAML")


def _text(text: str, line: int) -> str:
    """JSON escapes one character beyond the BMP as two halves; one half alone is no text."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise DocumentError(line, f"{text[:40]!a} holds half a surrogate pair") from error
