"""How long to wait before what failed is tried again."""

__all__ = ["pause_s"]


def pause_s(number: int, jitter: float, *, first_s: float, longest_s: float) -> float:
    """Before retry 1, 2, …: twice as long each time, and up to half of it less (`jitter` is in
    [0, 1)), so that what failed together does not come back together.
    """
    longest = min(first_s * 2.0 ** min(number - 1, 20), longest_s)
    return longest * (1 - jitter / 2)
