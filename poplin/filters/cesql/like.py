"""LIKE patterns: `%` is any text, `_` one character; `\\%` and `\\_` are those themselves.

A pattern with gaps is looked for by the bits of integers: the positions of a character are the
bits of one, so that a character of the pattern costs a pass of machine words over the text.
"""

import re
from collections.abc import Callable

from poplin.filters.cesql.work import Work

__all__ = ["compile_pattern"]

Matcher = Callable[[str], bool]
_Segment = tuple[str | None, ...]
"""Characters; None is any one."""

_PIECE = re.compile(r"\\[%_]|.", re.DOTALL)
# What is spent, where a character looked at alone, which takes about 30 ns, is 1.
_AT_ONCE = 64
"""Bits of a machine word, and about how much quicker str.find is than a look at each character."""
_IN_BYTES = 8
"""How much quicker a table for bytes is."""

_FEW = 32
_LINEAR_FROM = 100
"""Below this length of what it looks for, str.find may compare each character with each."""


def compile_pattern(pattern: str, work: Work) -> Matcher:
    """The matcher raises EvaluationError when it would be too much `work`."""
    first, *others = _segments(pattern)
    starts = _anchored(first)
    if not others:
        return lambda text: len(text) == len(first) and starts(text, 0)
    *middle, last = others
    if not middle and not last and None not in first:
        start = "".join(map(str, first))
        return lambda text: text.startswith(start)
    ends = _anchored(last)
    finds = [_finder(segment, work) for segment in middle if segment]
    fixed, head, tail = len(first) + len(last), len(first), len(last)

    def matches(text: str) -> bool:
        size = len(text)
        if size < fixed or not starts(text, 0) or not ends(text, size - tail):
            return False
        position, stop = head, size - tail
        for find in finds:
            position = find(text, position, stop)
            if position < 0:
                return False
        return True

    return matches


def _segments(pattern: str) -> list[_Segment]:
    """What stands between the `%`."""
    found: list[list[str | None]] = [[]]
    for piece in _PIECE.findall(pattern):
        if piece == "%":
            found.append([])
        else:
            found[-1].append(None if piece == "_" else piece[-1])
    return [tuple(segment) for segment in found]


def _anchored(segment: _Segment) -> Callable[[str, int], bool]:
    """Whether the segment stands at a position."""
    runs = _runs(segment)
    if not runs:
        return lambda _text, _position: True
    if len(runs) == 1:
        ((offset, run),) = runs
        return lambda text, position: text.startswith(run, position + offset)
    return lambda text, position: all(
        text.startswith(run, position + offset) for offset, run in runs
    )


def _runs(segment: _Segment) -> list[tuple[int, str]]:
    """The stretches without gaps, and where they begin."""
    found: list[tuple[int, str]] = []
    previous: str | None = None
    for offset, character in enumerate(segment):
        if character is not None:
            if previous is None:
                found.append((offset, character))
            else:
                found[-1] = (found[-1][0], found[-1][1] + character)
        previous = character
    return found


def _finder(segment: _Segment, work: Work) -> Callable[[str, int, int], int]:
    """Finds the segment between two positions: the end of its first occurrence, or -1."""
    size = len(segment)
    runs = _runs(segment)
    if not runs:
        return lambda _text, position, stop: position + size if position + size <= stop else -1
    plain = runs[0][1]
    if len(plain) < size:
        return lambda text, position, stop: _find_by_bits(segment, text, position, stop, work)
    weight = min(size, _LINEAR_FROM)

    def find(text: str, position: int, stop: int) -> int:
        work.spend((stop - position) * weight // _AT_ONCE)
        found = text.find(plain, position, stop)
        return -1 if found < 0 else found + size

    return find


def _find_by_bits(segment: _Segment, text: str, position: int, stop: int, work: Work) -> int:
    work.spend(len(text) * len(segment) // _AT_ONCE)
    candidates = -1
    for offset, character in enumerate(segment):
        if character is not None:
            places = work.places.get((text, character))
            if places is None:
                places = work.places[text, character] = _places(text, character, work)
            candidates &= places >> (position + offset)
            if not candidates:
                return -1
    end = position + (candidates & -candidates).bit_length() - 1 + len(segment)
    return end if end <= stop else -1


def _places(text: str, character: str, work: Work) -> int:
    """The bits of the positions at which a character stands."""
    if text.count(character) <= _FEW:
        work.spend(len(text) // _AT_ONCE)
        return _few_places(text, character)
    if text.isascii():
        work.spend(len(text) // _IN_BYTES)
        table = bytes(49 if each == ord(character) else 48 for each in range(256))
        return int(text.encode()[::-1].translate(table), 2)
    work.spend(len(text))
    return int("".join(["1" if each == character else "0" for each in reversed(text)]), 2)


def _few_places(text: str, character: str) -> int:
    bits = 0
    found = text.find(character)
    while found >= 0:
        bits |= 1 << found
        found = text.find(character, found + 1)
    return bits
