"""Why an expression came out as it did: its parts, each with its place and its own value."""

from collections.abc import Iterator
from dataclasses import dataclass

from poplin.filters.cesql import syntax
from poplin.filters.cesql.compiler import Attributes, Compiler
from poplin.filters.cesql.errors import EvaluationError, place
from poplin.filters.cesql.syntax import Node
from poplin.filters.cesql.values import Value, to_boolean

__all__ = ["Step", "explain"]


@dataclass(frozen=True, slots=True)
class Step:
    """`value` and `error` are of this part alone; both are None where it was not reached."""

    text: str
    line: int
    column: int
    value: Value | None
    error: EvaluationError | None
    parts: tuple["Step", ...] = ()


def explain(text: str, root: Node, compiler: Compiler, attributes: Attributes) -> Step:
    """Evaluates every part on its own, so it is no path for many events."""
    return _step(text, root, compiler, attributes, is_reached=True)


def _step(
    text: str, node: Node, compiler: Compiler, attributes: Attributes, *, is_reached: bool
) -> Step:
    value: Value | None = None
    error: EvaluationError | None = None
    if is_reached:
        try:
            value = compiler.compile(node)(attributes)
        except EvaluationError as raised:
            error = raised
        finally:
            compiler.work.end()
    parts = []
    for part, decides in _parts(node):
        step = _step(text, part, compiler, attributes, is_reached=is_reached)
        parts.append(step)
        if step.error is not None or (decides is not None and _is(step.value, decides)):
            is_reached = False
    line, column = place(text, node.start)
    return Step(text[node.start : node.end], line, column, value, error, tuple(parts))


def _is(value: Value | None, decides: bool) -> bool:
    try:
        return value is not None and to_boolean(value) is decides
    except EvaluationError:
        return False


def _parts(node: Node) -> Iterator[tuple[Node, bool | None]]:
    """The parts worth a line, each with the value that makes what follows irrelevant, if any."""
    match node:
        case syntax.Logic():
            decides: dict[str, bool | None] = {"AND": False, "OR": True, "XOR": None}
            for operator, term in zip((*node.operators, "XOR"), node.terms, strict=True):
                yield term, decides[operator]
        case syntax.Not() | syntax.Negate() | syntax.Like():
            yield node.operand, None
        case syntax.In():
            yield node.operand, None
            yield from ((item, None) for item in node.items if not _is_constant(item))
        case syntax.Compare() | syntax.Math():
            yield from ((part, None) for part in (node.left, node.right) if not _is_constant(part))
        case syntax.Call():
            yield from ((part, None) for part in node.arguments if not _is_constant(part))


def _is_constant(node: Node) -> bool:
    return isinstance(node, syntax.Literal)
