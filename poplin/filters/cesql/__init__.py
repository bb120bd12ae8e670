"""CESQL v1: an expression over the attributes of an event, compiled to closures.

It stands alone: nothing here imports from the rest of Poplin, and nothing here sees data.

    expression = compile("type = 'com.example' AND EXISTS subject")
    value, error = expression.evaluate(attributes)
"""

from poplin.filters.cesql.errors import EvaluationError, Kind, ParseError
from poplin.filters.cesql.expression import Attributes, Expression, compile  # noqa: A004
from poplin.filters.cesql.functions import Function
from poplin.filters.cesql.steps import Step
from poplin.filters.cesql.values import Value

__all__ = [
    "Attributes",
    "EvaluationError",
    "Expression",
    "Function",
    "Kind",
    "ParseError",
    "Step",
    "Value",
    "compile",
]
