"""What one evaluation may cost, and what it has found on the way."""

from poplin.filters.cesql.errors import EvaluationError

__all__ = ["MOST_WORK", "Work"]

MOST_WORK = 65_536
"""Characters that the functions and patterns of one evaluation may go through."""


class Work:
    """One for each expression; it keeps nothing when an evaluation has ended."""

    def __init__(self) -> None:
        self.is_needed = False
        """Whether any part of the expression costs more than a look at an attribute."""
        self.places: dict[tuple[str, str], int] = {}
        """The positions of a character in a text, as bits."""
        self._done = 0

    def spend(self, characters: int) -> None:
        """Raises EvaluationError when it is too much."""
        self._done += characters
        if self._done > MOST_WORK:
            raise EvaluationError(
                "generic", f"it would have to go through more than {MOST_WORK} characters"
            )

    def end(self) -> None:
        self._done = 0
        self.places.clear()
