"""The parts of an expression. `start` and `end` are offsets in its text; `depth` counts levels."""

from dataclasses import dataclass

from poplin.filters.cesql.values import Value

__all__ = [
    "Attribute",
    "Call",
    "Compare",
    "Exists",
    "In",
    "Like",
    "Literal",
    "Logic",
    "Math",
    "Negate",
    "Node",
    "Not",
]


@dataclass(frozen=True, slots=True)
class Node:
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Value


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`name` is in lower case, as attribute names are."""

    name: str


@dataclass(frozen=True, slots=True)
class Exists(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`name` is in upper case."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Like(Node):
    operand: Node
    pattern: str
    negated: bool


@dataclass(frozen=True, slots=True)
class In(Node):
    operand: Node
    items: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Math(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """A chain of AND, OR and XOR, which share one level and bind to the right.

    `a AND b OR c` has three terms and means `a AND (b OR c)`, as the official grammar says.
    """

    operators: tuple[str, ...]
    terms: tuple[Node, ...]
