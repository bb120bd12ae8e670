"""Memory that many share: whoever holds less than is left free may take more.

So one who takes all it can ends up with half and leaves half, two with a third each, and who
needs little always finds it. Nobody keeps a list and nobody waits in line.
"""

__all__ = ["Budget", "Share"]


class Budget:
    """Bytes of one process; used from one event loop."""

    __slots__ = ("held", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0

    def share(self) -> "Share":
        return Share(self)


class Share:
    """What one trigger or one origin holds. Everything taken is given back, byte for byte."""

    __slots__ = ("_budget", "held")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0

    @property
    def room(self) -> int:
        """Bytes that may be taken now; 0 or less when none may."""
        return self._budget.most - self._budget.held - self.held

    def take(self, size: int) -> None:
        """Whether there is room is the caller's to ask: it may be too late to say no."""
        self.held += size
        self._budget.held += size

    def give_back(self, size: int) -> None:
        self.held -= size
        self._budget.held -= size
