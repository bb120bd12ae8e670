"""When a signature was made: without it a request that was once overheard could be sent forever."""

from sources.webhooks.values import RefusedError, Request
from sources.webhooks.verify.comparing import refused

__all__ = ["check_digits", "check_time"]

MOST_DIGITS = 12
"""Seconds since 1970 have ten until the year 2286."""


def check_digits(text: bytes, header: str) -> None:
    """Digits and nothing else: what is signed can then be read in one way only."""
    if not text.isdigit() or len(text) > MOST_DIGITS:
        raise refused(f"{header} has no time in whole seconds since 1970; send it as digits")


def check_time(text: bytes, request: Request, tolerance_s: float) -> None:
    """Of a time that passed check_digits, once its signature is known to be good: a forged request
    is that, whatever its time.
    """
    if abs(request.now_s - int(text)) > tolerance_s:
        raise RefusedError(
            401,
            "too_old",
            f"the signature was made more than {tolerance_s:g} s from now; send it at once, and "
            "compare the clocks of both machines",
        )
