"""What a check found."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Verdict", "failed", "ok", "warned"]

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `next_step` says what to do where the verdict is not ok."""

    check: str
    verdict: Verdict
    found: str
    next_step: str = ""


def ok(check: str, found: str) -> Finding:
    return Finding(check, "ok", found)


def warned(check: str, found: str, next_step: str) -> Finding:
    """It works, and may not for ever, or not as well as it could."""
    return Finding(check, "warn", found, next_step)


def failed(check: str, found: str, next_step: str) -> Finding:
    """A fabric would not start, or not keep its word."""
    return Finding(check, "fail", found, next_step)
