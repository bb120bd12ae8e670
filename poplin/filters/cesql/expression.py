"""A compiled expression."""

from collections.abc import Iterable, Iterator, Mapping

from poplin.filters.cesql import syntax
from poplin.filters.cesql.compiler import Attributes, Compiler
from poplin.filters.cesql.errors import EvaluationError, place
from poplin.filters.cesql.functions import BUILT_IN, Function, FunctionTable
from poplin.filters.cesql.parser import Parser
from poplin.filters.cesql.steps import Step, explain
from poplin.filters.cesql.values import Value

__all__ = ["Attributes", "Expression", "compile"]


class Expression:
    """Made by `compile`. One thread at a time may evaluate it.

    `warnings` are sentences about what is legal but rarely meant; `unknown_functions` are names
    in upper case, `unknown_calls` a sentence with its place for each call of one: its evaluation
    is an error, `missingFunction`.
    """

    __slots__ = (
        "_compiler",
        "_is_work",
        "_root",
        "_run",
        "_zero",
        "text",
        "unknown_calls",
        "unknown_functions",
        "warnings",
    )

    def __init__(self, text: str, functions: FunctionTable) -> None:
        parser = Parser(text)
        self.text = text
        self._root = parser.parse()
        self._compiler = Compiler(functions)
        self._run = self._compiler.compile(self._root)
        self._zero = self._compiler.zero(self._root)
        self._is_work = self._compiler.work.is_needed
        self.warnings = tuple(parser.warnings)
        calls = self._compiler.unknown_calls
        self.unknown_functions = tuple(dict.fromkeys(call.name for call in calls))
        self.unknown_calls = tuple(_unknown(text, call, functions) for call in calls)

    def evaluate(self, attributes: Attributes) -> tuple[Value, EvaluationError | None]:
        """The value, and the error that ended the evaluation, if one did.

        `attributes` maps names in lower case to strings, 32-bit integers and booleans.
        """
        try:
            return self._run(attributes), None
        except EvaluationError as error:
            error.__traceback__ = None
            if error.value is None or not isinstance(self._root, syntax.Call):
                return self._zero, error
            return error.value, error
        finally:
            self._compiler.work.end()

    def matches(self, attributes: Attributes) -> bool:
        """As a filter: the value is TRUE and no error occurred."""
        try:
            return self._run(attributes) is True
        except EvaluationError:
            return False
        finally:
            if self._is_work:
                self._compiler.work.end()

    @property
    def pinned(self) -> Mapping[str, str]:
        """Attributes whose canonical string must equal a text for the expression to match."""
        return dict(_pins(self._root))

    def explain(self, attributes: Attributes) -> Step:
        """Which part came out how, with places in the text."""
        return explain(self.text, self._root, self._compiler, attributes)


def compile(text: str, *, functions: Iterable[Function] = ()) -> Expression:  # noqa: A001
    """Raises ParseError. `functions` are known beside the built-in ones."""
    extra = tuple(functions)
    table = FunctionTable((*BUILT_IN, *extra)) if extra else _BUILT_IN_TABLE
    return Expression(text, table)


_BUILT_IN_TABLE = FunctionTable(BUILT_IN)


def _unknown(text: str, call: syntax.Call, functions: FunctionTable) -> str:
    line, column = place(text, call.start)
    return f"line {line}, column {column}: {functions.why_not(call.name, len(call.arguments))}"


def _pins(node: syntax.Node) -> Iterator[tuple[str, str]]:
    """From `name = 'text'`, alone or in a chain that begins with AND."""
    match node:
        case syntax.Compare(
            operator="=",
            left=syntax.Attribute(name=name),
            right=syntax.Literal(value=str() as text),
        ):
            yield name, text
        case syntax.Logic():
            for operator, term in zip(node.operators, node.terms, strict=False):
                if operator != "AND":
                    return
                yield from _pins(term)
            yield from _pins(node.terms[-1])
