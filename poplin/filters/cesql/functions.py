"""Functions: the ones CESQL 1.0 prescribes, the casts, and the two checks that sdk-go adds."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from poplin.filters.cesql.errors import EvaluationError
from poplin.filters.cesql.values import INT32, Value, caster, to_string

__all__ = ["BUILT_IN", "Function", "FunctionTable"]

_NAME = re.compile(r"[A-Za-z][A-Za-z_]*\Z")

# The characters of Unicode's White_Space property; str.strip() takes four others too.
_WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters` and `returns` are `str`, `int`, `bool`, or `object` for any; `rest` is the
    type of further arguments, None where there are none.

    `call` gets values that are cast already; it may raise EvaluationError. `weight` tells, of the
    same values, how many characters it makes beyond those that it is given.
    """

    name: str
    parameters: tuple[type, ...]
    returns: type
    call: Callable[..., Value]
    rest: type | None = None
    weight: Callable[..., int] | None = None


class FunctionTable:
    """Functions by name in any case, and by how many arguments they take.

    Raises ValueError for a set that leaves open which function a call means.
    """

    def __init__(self, functions: Iterable[Function]) -> None:
        self._fixed: dict[tuple[str, int], Function] = {}
        self._variadic: dict[str, Function] = {}
        for each in functions:
            self._add(each)
        for name, count in self._fixed:
            variadic = self._variadic.get(name)
            if variadic is not None and len(variadic.parameters) <= count:
                raise ValueError(f"{name} with {count} arguments has two meanings")

    def _add(self, function: Function) -> None:
        name, count = function.name.upper(), len(function.parameters)
        if _NAME.match(function.name) is None:
            raise ValueError(f"a function name has letters and underscores: {function.name!a}")
        if (name, count) in self._fixed or (function.rest and name in self._variadic):
            raise ValueError(f"{name} with {count} arguments has two meanings")
        if function.rest is None:
            self._fixed[name, count] = function
        else:
            self._variadic[name] = function

    def find(self, name: str, count: int) -> Function | None:
        """`name` in upper case."""
        fixed = self._fixed.get((name, count))
        if fixed is not None:
            return fixed
        variadic = self._variadic.get(name)
        return variadic if variadic and len(variadic.parameters) <= count else None

    def why_not(self, name: str, count: int) -> str:
        """Why nothing was found: the name, or the number of arguments."""
        counts = [str(each) for known, each in sorted(self._fixed) if known == name]
        if name in self._variadic:
            counts.append(f"{len(self._variadic[name].parameters)} or more")
        if not counts:
            return f"there is no function {name}"
        plural = "" if counts == ["1"] else "s"
        return f"{name} takes {' or '.join(counts)} argument{plural}, not {count}"


def _can_cast(to: type) -> Callable[[Value], bool]:
    cast = caster(to)

    def check(value: Value) -> bool:
        try:
            return cast is not None and cast(value) is not None
        except EvaluationError:
            return False

    return check


def _abs(number: int) -> int:
    if -number not in INT32 and number < 0:
        raise EvaluationError("math", f"the absolute value of {number} is too large", 2**31 - 1)
    return abs(number)


def _left(text: str, count: int) -> str:
    _check_count("LEFT", text, count)
    return text[:count]


def _right(text: str, count: int) -> str:
    _check_count("RIGHT", text, count)
    return text[-count:] if count else ""


def _check_count(name: str, text: str, count: int) -> None:
    if count < 0:
        raise EvaluationError(
            "functionEvaluation", f"{name} wants a count of 0 or more, not {count}", text
        )


def _substring(text: str, position: int, count: int | None = None) -> str:
    """Positions count from 1, and from the end where negative; at 0 there is nothing."""
    if abs(position) > len(text):
        raise EvaluationError(
            "functionEvaluation", f"SUBSTRING at {position} of {len(text)} characters", ""
        )
    if count is not None and count < 0:
        raise EvaluationError(
            "functionEvaluation", f"SUBSTRING wants a length of 0 or more, not {count}", ""
        )
    if position == 0:
        return ""
    start = position - 1 if position > 0 else len(text) + position
    return text[start:] if count is None else text[start : start + count]


BUILT_IN = (
    Function("LENGTH", (str,), int, len),
    Function("CONCAT", (), str, lambda *parts: "".join(parts), str),
    Function(
        "CONCAT_WS",
        (str,),
        str,
        lambda separator, *parts: separator.join(parts),
        str,
        weight=lambda separator, *parts: len(separator) * len(parts),
    ),
    Function("LOWER", (str,), str, str.lower),
    Function("UPPER", (str,), str, str.upper),
    Function("TRIM", (str,), str, lambda text: text.strip(_WHITE_SPACE)),
    Function("LEFT", (str, int), str, _left),
    Function("RIGHT", (str, int), str, _right),
    Function("SUBSTRING", (str, int), str, _substring),
    Function("SUBSTRING", (str, int, int), str, _substring),
    Function("ABS", (int,), int, _abs),
    Function("INT", (int,), int, lambda number: number),
    Function("BOOL", (bool,), bool, lambda truth: truth),
    Function("STRING", (str,), str, to_string),
    Function("IS_INT", (object,), bool, _can_cast(int)),
    Function("IS_BOOL", (object,), bool, _can_cast(bool)),
)
