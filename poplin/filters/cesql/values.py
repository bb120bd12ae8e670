"""Types and casts (CESQL 1.0, "Type system" and "Type casting")."""

import re
from collections.abc import Callable
from functools import lru_cache

from poplin.filters.cesql.errors import EvaluationError

__all__ = ["INT32", "Value", "caster", "to_boolean", "to_integer", "to_string", "zero"]

Value = str | int | bool

INT32 = range(-(2**31), 2**31)

# Possessive, so that no text takes more than one pass; ten digits hold every 32-bit integer.
_INTEGER = re.compile(r"([+-]?+)0*+([0-9]{0,10}+)\Z")
_LONG = range(33, 4097)


def to_string(value: Value) -> str:
    if value.__class__ is str:
        return value
    if value.__class__ is bool:
        return "true" if value else "false"
    return str(value)


def to_integer(value: Value) -> int:
    if value.__class__ is int:
        return value
    if value.__class__ is bool:
        return int(value)
    text = str(value)
    number = _parsed_once(text) if len(text) in _LONG else _parsed(text)
    if number is None:
        raise EvaluationError("cast", f"{_shown(text)} is not a 32-bit integer")
    return number


def _parsed(text: str) -> int | None:
    match = _INTEGER.match(text)
    if match is None or not text[-1:].isdigit():
        return None
    # Without its leading zeros: int() refuses texts of thousands of digits.
    number = int(f"{match[1]}0{match[2]}")
    return number if number in INT32 else None


# A long run of zeros is read once, however often an expression asks. Up to 32 such texts of at
# most 4 KiB are kept, the only trace that events leave here.
_parsed_once = lru_cache(maxsize=32)(_parsed)


def to_boolean(value: Value) -> bool:
    if value.__class__ is bool:
        return value
    if value.__class__ is int:
        return value != 0
    text = str(value)
    if len(text) <= 5:
        lower = text.lower()
        if lower == "true":
            return True
        if lower == "false":
            return False
    raise EvaluationError("cast", f"{_shown(text)} is neither 'true' nor 'false'")


def caster(to: type) -> Callable[[Value], Value] | None:
    """The cast to a type; None for `object`, which takes every value as it is."""
    casts: dict[type, Callable[[Value], Value]] = {
        str: to_string,
        int: to_integer,
        bool: to_boolean,
    }
    return casts.get(to)


def zero(of: type) -> Value:
    """What an operation results in beside an error, when it has nothing better."""
    zeros: dict[type, Value] = {str: "", int: 0}
    return zeros.get(of, False)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 40 else text[:37] + "...")
