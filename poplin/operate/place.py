"""Where an entry lies: `<partition>:<stream id>`, as people and the API name it."""

import re
from typing import NamedTuple

from poplin.log import BEGINNING, LogId

__all__ = ["Place"]

# As stream ids are written by the store: in another spelling it would be another name.
_NUMBER = r"(?:0|[1-9]\d{0,19})"
_TEXT = re.compile(rf"([0-9]{{1,2}}):(({_NUMBER})-({_NUMBER}))\Z", re.ASCII)
_HIGHEST = 2**64 - 2
"""Of either number: the store refuses to look behind the last id there can be."""


class Place(NamedTuple):
    partition: int
    id: LogId

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Raises ValueError."""
        match = _TEXT.match(text)
        if match is None or max(int(match[3]), int(match[4])) > _HIGHEST:
            raise ValueError("use PARTITION:ID, such as 0:1726000000000-0")
        return cls(int(match[1]), LogId(match[2].encode()))

    @classmethod
    def beginning(cls, partition: int) -> "Place":
        return cls(partition, BEGINNING)

    def __str__(self) -> str:
        return f"{self.partition}:{self.id.decode()}"
