"""How long to wait before the next try."""

import random

from sources.pauses import pause_s

__all__ = ["Backoff"]

_LONGEST_ASKED_S = 300.0
"""What a server asks for beyond it is not believed."""


class Backoff:
    """Of tries that fail in a row."""

    def __init__(self, first_s: float, longest_s: float) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._failures = 0

    def pause_s(self, asked_s: float | None = None) -> float:
        """Another one failed; the server asked for so much, which nobody undercuts."""
        self._failures += 1
        own_s = pause_s(
            self._failures,
            random.random(),  # noqa: S311
            first_s=self._first_s,
            longest_s=self._longest_s,
        )
        asked_s = min(asked_s or 0.0, _LONGEST_ASKED_S)
        return max(own_s, asked_s * random.uniform(1.0, 1.1))  # noqa: S311

    def reset(self) -> None:
        """It went well."""
        self._failures = 0
