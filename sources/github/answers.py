"""What GitHub's answers mean.

GitHubError              its text is for people, and holds no token
├── TokenRefusedError    401: the token is wrong, revoked or has run out
├── NotAllowedError      403: the token is not allowed to do it
├── MissingError         404, which GitHub also answers to who may not see it
├── InvalidError         422: it does not take what was asked for
├── RateLimitedError     403 or 429: too many requests; it says when to come again
└── UnreachableError     no answer, or none that GitHub would give: try again
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from poplin.errors import PoplinError

__all__ = [
    "Answer",
    "GitHubError",
    "InvalidError",
    "MissingError",
    "NotAllowedError",
    "RateLimitedError",
    "TokenRefusedError",
    "UnreachableError",
    "check",
    "whole_number",
]

_MOST_CHARACTERS = 300
"""Of GitHub's own words that are shown."""
_LEAST_WAIT_S = 1.0
_MOST_WAIT_S = 3600.0
"""The window of GitHub's limits."""
_UNSAID_WAIT_S = 60.0
"""As GitHub asks of who hits a limit and is told no time."""


class GitHubError(PoplinError):
    """It could not be done."""


class TokenRefusedError(GitHubError):
    """Only another token helps."""


class NotAllowedError(GitHubError):
    """The token needs another scope, or its owner another role."""


class MissingError(GitHubError):
    """It is not there, or not for this token."""


class InvalidError(GitHubError):
    """The request has to be another one."""


class UnreachableError(GitHubError):
    """It may have been done."""


class RateLimitedError(GitHubError):
    """Nothing is to be asked with this token for `wait_s`."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by lower-case name; `body` is JSON, or None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    next_url: str | None = None
    """Of the next page."""

    def now_s(self, default: float) -> float:
        """The time by GitHub's clock, in seconds since the epoch."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).timestamp()
        except ValueError:
            return default


def check(answer: Answer, now_s: float) -> None:
    """Raises what the answer means, unless it is 2xx. `now_s` is the wall clock."""
    if 200 <= answer.status < 300:
        return
    words = f"{answer.status}{_words(answer.body)}"
    if _is_limit(answer):
        raise RateLimitedError(f"GitHub limits requests: {words}", _wait_s(answer, now_s))
    if answer.status == 401:
        raise TokenRefusedError(f"GitHub refuses the token: {words}")
    if answer.status == 403:
        raise NotAllowedError(f"GitHub does not allow it: {words}")
    if answer.status in (404, 410):
        raise MissingError(f"GitHub does not show it: {words}")
    if 400 <= answer.status < 500:
        raise InvalidError(f"GitHub does not take it: {words}")
    raise UnreachableError(f"GitHub answers {words}")


def _is_limit(answer: Answer) -> bool:
    """The secondary limits have no header that is always there."""
    if answer.status == 429:
        return True
    is_spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return answer.status == 403 and (
        is_spent or "retry-after" in answer.headers or "rate limit" in _words(answer.body).lower()
    )


def _wait_s(answer: Answer, now_s: float) -> float:
    wait_s = _UNSAID_WAIT_S
    retry_after = whole_number(answer.headers.get("retry-after", ""))
    reset_s = whole_number(answer.headers.get("x-ratelimit-reset", ""))
    if retry_after is not None:
        wait_s = retry_after
    elif answer.headers.get("x-ratelimit-remaining") == "0" and reset_s is not None:
        wait_s = reset_s - answer.now_s(now_s)
    return min(max(wait_s, _LEAST_WAIT_S), _MOST_WAIT_S)


def whole_number(text: str) -> int | None:
    """Of a header; None for anything else than up to 12 digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def _words(body: Any) -> str:
    """GitHub's message and those of its errors: one line, printable, and bounded."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    texts = [body.get("message"), *map(_error_text, errors if isinstance(errors, list) else ())]
    said = "; ".join(text for text in texts if isinstance(text, str) and text)
    said = "".join(each if each.isprintable() else " " for each in said[: 2 * _MOST_CHARACTERS])
    if len(said) > _MOST_CHARACTERS:
        said = said[:_MOST_CHARACTERS] + "…"
    return f" ({said})" if said else ""


def _error_text(error: Any) -> Any:
    """Of those without a message of their own GitHub tells the field and a code."""
    if not isinstance(error, dict):
        return error
    return error.get("message") or f"{error.get('field')}: {error.get('code')}"
