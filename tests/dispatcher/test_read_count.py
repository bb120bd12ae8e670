"""How much of the log is read at once."""

from typing import Any

import pytest

from dispatcher.reader import Reader
from dispatcher.tally import Tally
from poplin.log import Entry, LogId


def reader(most: int = 128) -> Reader:
    nothing: Any = None
    return Reader(nothing, nothing, {}, count=most, start=nothing, tally=Tally())


def entries(count: int, size: int) -> list[tuple[LogId, Entry]]:
    return [(LogId(b"1-%d" % number), Entry(b"{}", None, bytes(size))) for number in range(count)]


@pytest.mark.parametrize(
    ("reads", "then"),
    [
        ([], 16),
        ([(16, 10)], 32),
        ([(16, 10), (32, 10), (64, 10), (128, 10)], 128),
        ([(3, 10)], 16),
        ([(16, 0)], 32),
        ([(16, 1_000_000)], 8),
        ([(16, 1_000_000), (8, 10)], 16),
        ([(16, 100_000_000)], 1),
    ],
)
def test_a_read_is_of_as_many_entries_as_eight_mebibytes_held_before(
    reads: list[tuple[int, int]], then: int
) -> None:
    each = reader()

    for count, size in reads:
        each._count = each._next_count(entries(count, size))

    assert each._count == then
