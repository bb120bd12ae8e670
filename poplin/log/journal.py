"""The journal's text: which events were routed, and what became of each attempt.

    @1763739420123                              when what follows was written, in ms
    ["r","8d777f38…"] 1763739420000-0 …         routed: CRC-32 of each event's id
    ["s","<uid>",1,202,"",false,[3…]] 1763739420000-0 …
                                                an outcome: kind, trigger, attempt, status, note,
                                                whether the dead-letter sink gave it, and how
                                                many ms each took

A line ends with the log's ids of the entries that it is about, so they can be searched for as
text. The store puts the `@` lines (common.lua); all others are written and read here.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args
from zlib import crc32

import orjson

from poplin.log.values import LogId

__all__ = [
    "ROUTED",
    "Kind",
    "Line",
    "Shared",
    "checksum",
    "encode_outcomes",
    "encode_routed",
    "first_routed",
    "outcomes_in",
    "routed_in",
]

Kind = Literal["s", "d", "g", "b"]
"""Settled; deferred after an attempt; given back, which is none; buried."""

Shared = tuple[Kind, str, int, int, str, bool]
"""What many outcomes of a batch have in common: kind, trigger's uid, attempt, status, note, and
whether the dead-letter sink gave it.
"""

ROUTED = b'["r",'
"""How a line of routing begins."""
_OUTCOMES = tuple(b'["%b",' % kind.encode() for kind in get_args(Kind))
_DIGITS = 8
_MOST_NOTE = 300


class Line(NamedTuple):
    """One outcome. `time_us` is when the store wrote it."""

    time_us: int
    log_id: LogId
    ms: int
    kind: Kind
    uid: str
    attempt: int
    status: int
    note: str
    to_sink: bool


def checksum(event_id: str) -> str:
    """What the journal keeps of an event's id."""
    return f"{crc32(event_id.encode()):08x}"


def encode_routed(ids: Iterable[LogId], event_ids: Iterable[str]) -> bytes:
    """Both are of the same events, in log order."""
    sums = b"".join([crc32(text.encode()).to_bytes(4, "big") for text in event_ids])
    return b'%b"%b"] %b\n' % (ROUTED, sums.hex().encode(), b" ".join(ids))


def encode_outcomes(groups: Mapping[Shared, tuple[list[LogId], list[int]]]) -> bytes:
    """Each group has its ids, and how many ms each took."""
    return b"".join(
        [
            b"%b %b\n"
            % (
                orjson.dumps((kind, uid, attempt, status, note[:_MOST_NOTE], to_sink, times)),
                b" ".join(ids),
            )
            for (kind, uid, attempt, status, note, to_sink), (ids, times) in groups.items()
        ]
    )


def routed_in(chunk: bytes, wanted: str) -> Iterator[LogId]:
    """The entries whose event's id has this checksum, and so may be the one."""
    for line in chunk.split(b"\n"):
        if line.startswith(ROUTED):
            (_, sums), ids = _parted(line)
            for number, log_id in enumerate(ids):
                if sums[number * _DIGITS : (number + 1) * _DIGITS] == wanted:
                    yield log_id


def first_routed(chunk: bytes) -> LogId | None:
    """The first entry whose routing it tells of."""
    for line in chunk.split(b"\n"):
        if line.startswith(ROUTED):
            return _parted(line)[1][0]
    return None


def outcomes_in(chunk: bytes, log_ids: Container[LogId] | None = None) -> Iterator[Line]:
    """What became of these entries, or of all, oldest first. What is of another release is
    passed over.
    """
    time_us = 0
    for line in chunk.split(b"\n"):
        if line.startswith(b"@"):
            time_us = int(line[1:]) * 1000
        elif line.startswith(_OUTCOMES):
            (*shared, times), ids = _parted(line)
            for log_id, ms in zip(ids, times, strict=True):
                if log_ids is None or log_id in log_ids:
                    yield Line(time_us, log_id, ms, *shared)


def _parted(line: bytes) -> tuple[Any, list[LogId]]:
    head, _, ids = line.rpartition(b"] ")
    return orjson.loads(head + b"]"), [LogId(each) for each in ids.split(b" ")]
