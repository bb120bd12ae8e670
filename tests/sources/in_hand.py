"""A turn, as who has it sees it."""

from dataclasses import dataclass

from sources.turn import turn_key

__all__ = ["InHand"]


@dataclass
class InHand:
    """Whether it is still ours the store alone says."""

    token: str = "ours"  # noqa: S105 - of a turn
    key: str = turn_key("test")

    def check(self) -> None:
        """Its own clock would let it go on."""
