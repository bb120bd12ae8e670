"""Which hook a source asks for; or why none is kept for it."""

from dataclasses import dataclass, field

from poplin.catalog import Condition
from poplin.resources import ResolvedSource
from poplin.resources.source_models import GitHubSpec
from sources.github.hooks import Place, Wanted
from sources.github.memory import TokenPlace
from sources.standing import Standing

__all__ = ["CONDITION", "Kept", "Wish", "place_of", "wish_or_reason"]

CONDITION = "WebhookConfigured"


@dataclass(frozen=True, slots=True)
class Kept:
    """A source whose hook is kept. `url` is where GitHub reaches its receiver; None: nobody said."""

    resolved: ResolvedSource
    standing: Standing
    url: str | None

    @property
    def key(self) -> str:
        return self.resolved.status.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    source: str
    place: Place
    wanted: Wanted
    token: str = field(repr=False)
    token_place: TokenPlace

    @property
    def digest(self) -> str:
        return self.wanted.digest(self.token)


def wish_or_reason(kept: Kept) -> Wish | Condition | None:
    """None for what is no GitHubSource that can be read."""
    source = kept.resolved.source
    if source is None or not isinstance(source.spec, GitHubSpec):
        return None
    if source.spec.access_token is None:
        where = f"with Payload URL {kept.url}" if kept.url else "at GitHub's page"
        return Condition(
            CONDITION, "True", "NotManaged", f"no accessToken: set the hook up by hand, {where}"
        )
    if kept.url is None:
        return Condition(
            CONDITION,
            "False",
            "NoPublicURL",
            "GitHub cannot be told where to deliver; give --webhook-url with the receiver's public URL",
        )
    ref, secrets = source.spec.access_token, kept.resolved.secrets
    if kept.resolved.access_token is None or not secrets:
        return Condition(CONDITION, "Unknown", "SecretsMissing", "waits for its Secrets")
    try:
        secret = secrets[0].decode()
    except UnicodeDecodeError:
        return Condition(
            CONDITION, "False", "Invalid", "secretToken is no UTF-8: GitHub takes text"
        )
    return Wish(
        source=source.key,
        place=place_of(source.spec),
        wanted=_wanted(source.spec, kept.url, secret),
        token=kept.resolved.access_token.strip(),
        token_place=TokenPlace(source.namespace, ref.name, ref.key),
    )


def place_of(spec: GitHubSpec) -> Place:
    return Place(spec.api_url, spec.owner_and_repository)


def _wanted(spec: GitHubSpec, url: str, secret: str) -> Wanted:
    return Wanted(url=url, events=spec.event_types, verifies=spec.is_secure, secret=secret)
