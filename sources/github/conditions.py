"""What happened to a hook, as a condition of its source."""

from datetime import UTC, datetime

from poplin.catalog import Condition
from sources.github.answers import (
    GitHubError,
    InvalidError,
    MissingError,
    NotAllowedError,
    RateLimitedError,
    TokenRefusedError,
)
from sources.github.hooks import Place
from sources.github.memory import TokenPlace
from sources.github.wishes import CONDITION

__all__ = ["configured", "failed", "scopes"]


def configured(hook_id: int, place: Place, note: str = "") -> Condition:
    return Condition(CONDITION, "True", "", f"hook {hook_id} at {place.name}" + note)


def failed(
    error: GitHubError, place: Place, token: TokenPlace, was: Condition | None, now_s: float
) -> Condition:
    """A hook that was seen goes on delivering while GitHub's API is away: it stays True then, with
    the reason. `now_s` is the wall clock.
    """
    reason, message = _told(error, place, token, now_s)
    if reason in ("RateLimited", "Unreachable") and was is not None and was.status == "True":
        seen = was.message.partition(";")[0]
        return Condition(CONDITION, "True", reason, f"{seen}; not seen again since: {message}")
    return Condition(CONDITION, "False", reason, message)


def scopes(place: Place) -> str:
    """What a token needs."""
    if place.is_repository:
        return (
            "scope admin:repo_hook, or of a fine-grained one the repository's permission "
            '"Webhooks: read and write"'
        )
    return (
        "scope admin:org_hook, or of a fine-grained one the organisation's permission "
        '"Webhooks: read and write"'
    )


def _told(error: GitHubError, place: Place, token: TokenPlace, now_s: float) -> tuple[str, str]:
    where = f"Secret {token.namespace}/{token.name}, key {token.key}"
    if isinstance(error, TokenRefusedError):
        return "TokenRefused", f"{error}; put a valid one into {where}"
    if isinstance(error, NotAllowedError | MissingError):
        return "NotAllowed", (
            f"{place.name}: {error}; if its name is right, the token of {where} needs "
            f"{scopes(place)}"
        )
    if isinstance(error, InvalidError):
        return "Invalid", f"{place.name}: {error}{_advice(str(error))}"
    if isinstance(error, RateLimitedError):
        until = datetime.fromtimestamp(now_s + error.wait_s, UTC)
        return "RateLimited", f"{error}; tried again at {until:%H:%M:%SZ}"
    return "Unreachable", str(error)


def _advice(message: str) -> str:
    if "more than 20 hooks" in message:
        return "; remove one of the 20 hooks that are there for the event"
    return ""
