"""Parts → closures. The first error ends an evaluation ("fail fast", CESQL 1.0, "Errors").

Operands are evaluated before any is cast, so that a missing attribute is told before a bad
cast or a division by zero.
"""

import operator
from collections.abc import Callable, Mapping

from poplin.filters.cesql import syntax
from poplin.filters.cesql.errors import EvaluationError
from poplin.filters.cesql.functions import Function, FunctionTable
from poplin.filters.cesql.like import compile_pattern
from poplin.filters.cesql.syntax import Node
from poplin.filters.cesql.values import (
    INT32,
    Value,
    caster,
    to_boolean,
    to_integer,
    to_string,
    zero,
)
from poplin.filters.cesql.work import Work

__all__ = ["Attributes", "Compiler", "Run"]

Attributes = Mapping[str, Value]
Run = Callable[[Attributes], Value]

_ORDERS: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Compiler:
    """Compiles the parts of one expression; one evaluation of them at a time may run.

    `work` is to be ended after each evaluation.
    """

    def __init__(self, functions: FunctionTable) -> None:
        self.unknown_calls: list[syntax.Call] = []
        self.work = Work()
        self._functions = functions

    def zero(self, node: Node) -> Value:
        """What a part results in beside an error."""
        match node:
            case syntax.Math() | syntax.Negate():
                return 0
            case syntax.Call():
                function = self._functions.find(node.name, len(node.arguments))
                return False if function is None else zero(function.returns)
        return False

    def compile(self, node: Node) -> Run:
        match node:
            case syntax.Literal(value=value):
                return lambda _attributes: value
            case syntax.Attribute(name=name):
                return _attribute(name)
            case syntax.Exists(name=name):
                return lambda attributes: name in attributes
            case syntax.Not():
                operand = self.compile(node.operand)
                return lambda attributes: not to_boolean(operand(attributes))
            case syntax.Negate():
                return _negate(self.compile(node.operand))
            case syntax.Math():
                return _math(node.operator, self.compile(node.left), self.compile(node.right))
            case syntax.Compare():
                return self._compare(node)
            case syntax.Logic():
                return _logic(node.operators, [self.compile(term) for term in node.terms])
            case syntax.Like():
                return self._like(node)
            case syntax.In():
                return self._in(node)
            case syntax.Call():
                return self._call(node)
        raise TypeError(f"{type(node).__name__} is no part of an expression")

    def _compare(self, node: syntax.Compare) -> Run:
        left, right = self.compile(node.left), self.compile(node.right)
        order = _ORDERS.get(node.operator)
        if order is not None:
            if isinstance(node.right, syntax.Literal) and node.right.value.__class__ is int:
                return _ordered_literal(order, left, node.right.value)
            return _ordered(order, left, right)
        wanted = node.operator == "="
        if isinstance(node.right, syntax.Literal):
            if isinstance(node.left, syntax.Attribute) and isinstance(node.right.value, str):
                return _attribute_equals(node.left.name, node.right.value, wanted)
            return _equals_literal(left, node.right.value, wanted)
        return _equals(left, right, wanted)

    def _like(self, node: syntax.Like) -> Run:
        self.work.is_needed = True
        operand, matches = self.compile(node.operand), compile_pattern(node.pattern, self.work)
        wanted = not node.negated
        return lambda attributes: matches(to_string(operand(attributes))) is wanted

    def _in(self, node: syntax.In) -> Run:
        operand, wanted = self.compile(node.operand), not node.negated
        if all(isinstance(item, syntax.Literal) for item in node.items):
            values = [item.value for item in node.items if isinstance(item, syntax.Literal)]
            if all(isinstance(value, str) for value in values):
                return _in_strings(operand, [str(value) for value in values], wanted)
        return _in_items(operand, [self.compile(item) for item in node.items], wanted)

    def _call(self, node: syntax.Call) -> Run:
        name, count = node.name, len(node.arguments)
        runs = [self.compile(argument) for argument in node.arguments]
        function = self._functions.find(name, count)
        if function is None:
            self.unknown_calls.append(node)
            why = self._functions.why_not(name, count)

            def missing(_attributes: Attributes) -> Value:
                raise EvaluationError("missingFunction", why)

            return missing
        self.work.is_needed = True
        casts = [caster(to) for to in _types(function, count)]
        if count == 1:
            return self._call_one(function.call, runs[0], casts[0])
        return self._call_many(function, runs, casts)

    def _call_one(
        self, call: Callable[..., Value], argument: Run, cast: Callable[[Value], Value] | None
    ) -> Run:
        spend = self.work.spend

        def run(attributes: Attributes) -> Value:
            try:
                value = argument(attributes)
            except EvaluationError as error:
                raise error.without_value() from None
            if cast is not None:
                value = cast(value)
            if value.__class__ is str:
                spend(len(value))
            return call(value)

        return run

    def _call_many(
        self, function: Function, runs: list[Run], casts: list[Callable[[Value], Value] | None]
    ) -> Run:
        spend, call, weight = self.work.spend, function.call, function.weight

        def run(attributes: Attributes) -> Value:
            try:
                values = [each(attributes) for each in runs]
            except EvaluationError as error:
                raise error.without_value() from None
            cast = [to(v) if to is not None else v for to, v in zip(casts, values, strict=True)]
            spend(sum([len(value) for value in cast if isinstance(value, str)]))
            if weight is not None:
                spend(weight(*cast))
            return call(*cast)

        return run


def _types(function: Function, count: int) -> list[type]:
    further = count - len(function.parameters)
    return [*function.parameters, *[function.rest or object] * further]


def _missing(name: str) -> EvaluationError:
    return EvaluationError("missingAttribute", f"the event has no attribute {name}")


def _attribute(name: str) -> Run:
    def run(attributes: Attributes) -> Value:
        value = attributes.get(name)
        if value is None:
            raise _missing(name)
        return value

    return run


def _attribute_equals(name: str, text: str, wanted: bool) -> Run:
    """`name = 'text'`, which most expressions are made of."""
    if wanted:

        def equal(attributes: Attributes) -> Value:
            value = attributes.get(name)
            if value.__class__ is str:
                return value == text
            if value is None:
                raise _missing(name)
            return to_string(value) == text

        return equal

    def unequal(attributes: Attributes) -> Value:
        value = attributes.get(name)
        if value is None:
            raise _missing(name)
        return to_string(value) != text

    return unequal


def _equals_literal(left: Run, literal: Value, wanted: bool) -> Run:
    cast = caster(type(literal)) or to_string

    def run(attributes: Attributes) -> Value:
        return (cast(left(attributes)) == literal) is wanted

    return run


def _equals(left: Run, right: Run, wanted: bool) -> Run:
    """The left side is cast to the type of the right (CESQL 1.0, "Implicit casting")."""

    def run(attributes: Attributes) -> Value:
        first, second = left(attributes), right(attributes)
        cast = caster(second.__class__) or to_string
        return (cast(first) == second) is wanted

    return run


def _ordered_literal(order: Callable[[int, int], bool], left: Run, number: int) -> Run:
    return lambda attributes: order(to_integer(left(attributes)), number)


def _ordered(order: Callable[[int, int], bool], left: Run, right: Run) -> Run:
    def run(attributes: Attributes) -> Value:
        first, second = left(attributes), right(attributes)
        return order(to_integer(first), to_integer(second))

    return run


def _negate(operand: Run) -> Run:
    def run(attributes: Attributes) -> Value:
        return _in_range(-to_integer(operand(attributes)))

    return run


def _math(sign: str, left: Run, right: Run) -> Run:
    calculate = _CALCULATIONS[sign]

    def run(attributes: Attributes) -> Value:
        first, second = left(attributes), right(attributes)
        return _in_range(calculate(to_integer(first), to_integer(second)))

    return run


def _in_range(number: int) -> int:
    if number in INT32:
        return number
    raise EvaluationError("math", f"{number} does not fit in 32 bits")


def _divide(dividend: int, divisor: int) -> int:
    """Cuts toward zero."""
    if divisor == 0:
        raise EvaluationError("math", f"{dividend} / 0")
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _modulo(dividend: int, divisor: int) -> int:
    """Has the sign of the dividend."""
    if divisor == 0:
        raise EvaluationError("math", f"{dividend} % 0")
    rest = abs(dividend) % abs(divisor)
    return rest if dividend >= 0 else -rest


_CALCULATIONS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
}


def _logic(operators: tuple[str, ...], terms: list[Run]) -> Run:
    """Right-bound, so each term decides the whole or hands it to what stands on its right."""
    if set(operators) == {"AND"}:
        return _all(terms)
    if set(operators) == {"OR"}:
        return _any(terms)
    steps = list(zip(operators, terms, strict=False))
    last = terms[-1]

    def run(attributes: Attributes) -> Value:
        flipped = False
        for name, term in steps:
            value = to_boolean(term(attributes))
            if name == "XOR":
                flipped ^= value
            elif value is (name == "OR"):
                return value ^ flipped
        return to_boolean(last(attributes)) ^ flipped

    return run


def _all(terms: list[Run]) -> Run:
    def run(attributes: Attributes) -> Value:
        for term in terms:
            value = term(attributes)
            if value is not True and not to_boolean(value):
                return False
        return True

    return run


def _any(terms: list[Run]) -> Run:
    def run(attributes: Attributes) -> Value:
        for term in terms:
            value = term(attributes)
            if value is not False and to_boolean(value):
                return True
        return False

    return run


def _in_strings(operand: Run, texts: list[str], wanted: bool) -> Run:
    all_texts = frozenset(texts)
    others = [_constant(text) for text in texts]
    general = _in_items(operand, others, wanted)

    def run(attributes: Attributes) -> Value:
        value = operand(attributes)
        if value.__class__ is str:
            return (value in all_texts) is wanted
        return general(attributes)

    return run


def _constant(value: Value) -> Run:
    return lambda _attributes: value


def _in_items(operand: Run, items: list[Run], wanted: bool) -> Run:
    """Each item is cast to the type of the left side."""

    def run(attributes: Attributes) -> Value:
        value = operand(attributes)
        cast = caster(value.__class__) or to_string
        for item in items:
            if cast(item(attributes)) == value:
                return wanted
        return not wanted

    return run
