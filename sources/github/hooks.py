"""What a hook should be like, what it is like, and what is to be done about the difference."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

__all__ = [
    "Hook",
    "Place",
    "Wanted",
    "chosen",
    "differing",
    "read_hook",
    "repeats",
    "same_url",
    "seconds",
]


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is that of a repository with its owner, or of an organisation."""

    api_url: str
    name: str

    @property
    def is_repository(self) -> bool:
        return "/" in self.name

    @property
    def hooks(self) -> str:
        """The path of its hooks below `api_url`."""
        return f"{'repos' if self.is_repository else 'orgs'}/{quote(self.name)}/hooks"

    def hook(self, number: int) -> str:
        return f"{self.hooks}/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """As GitHub shows it: never with its secret."""

    id: int
    url: str
    content_type: str
    verifies: bool
    has_secret: bool
    events: frozenset[str]
    is_active: bool
    updated_s: float
    """Since the epoch, by GitHub's clock; 0 when it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """As the source asks for it."""

    url: str
    events: tuple[str, ...]
    verifies: bool
    """The certificate of the URL."""
    secret: str = field(repr=False)

    def body(self) -> dict[str, Any]:
        """All of it, always: GitHub removes a secret that is not sent with the rest of config."""
        return {
            "name": "web",
            "active": True,
            "events": list(self.events),
            "config": {
                "url": self.url,
                "content_type": "json",
                "secret": self.secret,
                "insecure_ssl": "0" if self.verifies else "1",
            },
        }

    def digest(self, token: str) -> str:
        """Tells another secret. Who reads it can guess nothing without the token, which is kept
        nowhere beside it; another token makes another digest.
        """
        return hmac.new(token.encode(), b"secret:" + self.secret.encode(), "sha256").hexdigest()


def read_hook(raw: Any) -> Hook | None:
    """None for what is no web hook."""
    if not isinstance(raw, dict) or raw.get("name", "web") != "web":
        return None
    config, events = raw.get("config"), raw.get("events")
    if not isinstance(raw.get("id"), int) or not isinstance(config, dict):
        return None
    return Hook(
        id=raw["id"],
        url=str(config.get("url", "")),
        content_type=str(config.get("content_type", "form")),
        verifies=str(config.get("insecure_ssl", "0")) == "0",
        has_secret=bool(config.get("secret")),
        events=frozenset(map(str, events if isinstance(events, list) else ())),
        is_active=bool(raw.get("active")),
        updated_s=seconds(raw.get("updated_at")) or 0.0,
    )


def seconds(text: Any) -> float | None:
    """Since the epoch, of a time as GitHub writes it."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def same_url(one: str, other: str) -> bool:
    """Also where GitHub writes a host or its port in another way."""
    try:
        return one == other or httpx.URL(one) == httpx.URL(other)
    except httpx.InvalidURL:
        return False


def chosen(hooks: Sequence[Hook], url: str, known: int | None) -> Hook | None:
    """The one to keep: that which is known, then the first with our URL. One that is known and has
    lost its URL is taken only where none has it: GitHub takes no second one.
    """
    ours = [hook for hook in hooks if same_url(hook.url, url)]
    by_id = next((hook for hook in ours or hooks if hook.id == known), None)
    return by_id or next(iter(ours), None)


def repeats(hooks: Iterable[Hook], kept: Hook) -> list[Hook]:
    """Those that bring every delivery to the same URL once more."""
    return [hook for hook in hooks if hook.id != kept.id and same_url(hook.url, kept.url)]


def differing(hook: Hook, wanted: Wanted, *, knows_secret: bool) -> tuple[str, ...]:
    """What is to be repaired, by GitHub's names. Its secret is never shown: `knows_secret` tells
    whether we wrote this one.
    """
    is_as_wanted = {
        "url": same_url(hook.url, wanted.url),
        "content_type": hook.content_type == "json",
        "insecure_ssl": hook.verifies == wanted.verifies,
        "secret": hook.has_secret and knows_secret,
        "events": hook.events == frozenset(wanted.events),
        "active": hook.is_active,
    }
    return tuple(name for name, is_so in is_as_wanted.items() if not is_so)
