"""Documents of event sources once they are checked: what the outside sends, and where it goes."""

from dataclasses import dataclass, field
from typing import Any, Literal

from poplin.resources.parts import NOWHERE, Destination, Place

__all__ = [
    "GITHUB_API_URL",
    "SOURCE_KINDS",
    "TOLERANCE_S",
    "WEBHOOK_KINDS",
    "ApiServerSpec",
    "BitbucketSpec",
    "CatchUp",
    "EventFields",
    "GitHubSpec",
    "GitLabSpec",
    "HmacSpec",
    "HookSpec",
    "MappingName",
    "Mode",
    "Owner",
    "PingSpec",
    "Preset",
    "SecretKey",
    "Source",
    "SourceKind",
    "SourceSpec",
    "Taken",
    "WatchedKind",
    "WebhookSpec",
    "rivals",
]

SourceKind = Literal[
    "GitHubSource",
    "GitLabSource",
    "BitbucketSource",
    "WebhookSource",
    "ApiServerSource",
    "PingSource",
]

SOURCE_KINDS: dict[SourceKind, str] = {
    "GitHubSource": "sources.knative.dev/v1alpha1",
    "GitLabSource": "sources.knative.dev/v1alpha1",
    "BitbucketSource": "sources.poplin.dev/v1alpha1",
    "WebhookSource": "sources.poplin.dev/v1alpha1",
    "ApiServerSource": "sources.knative.dev/v1",
    "PingSource": "sources.knative.dev/v1",
}
"""The apiVersion of each."""

WEBHOOK_KINDS: frozenset[SourceKind] = frozenset(
    {"GitHubSource", "GitLabSource", "BitbucketSource", "WebhookSource"}
)
"""Those that the receiver serves, each at its path. The others act by themselves."""

Mode = Literal["Reference", "Resource"]
"""What an ApiServerSource sends of an object: where it is, or all of it."""

CatchUp = Literal["none", "last", "all"]
"""Which missed ticks of a PingSource are fired afterwards."""

MappingName = Literal["knative", "cloudevents"]
"""Which attributes events get: Knative's, or those of the CloudEvents adapter for the provider."""

Preset = Literal[
    "standard-webhooks",
    "stripe",
    "slack",
    "shopify",
    "github",
    "gitlab",
    "bitbucket",
    "hmac",
    "bearer",
    "basic",
    "none",
]

GITHUB_API_URL = "https://api.github.com/"
TOLERANCE_S = 300.0
"""What providers that sign a time advise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """One value of a Secret in the source's own namespace."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubSpec:
    """`secrets` are spec.secretToken and those of poplin.dev/more-secrets; any of them may have
    signed.
    """

    owner_and_repository: str
    event_types: tuple[str, ...]
    secrets: tuple[SecretKey, ...] = ()
    access_token: SecretKey | None = None
    api_url: str = GITHUB_API_URL
    """Ends with a slash; of GitHub Enterprise Server it is https://HOST/api/v3/."""
    is_secure: bool = True
    """GitHub is to verify the certificate of the public URL."""
    mapping: MappingName = "knative"
    allows_sha1: bool = False
    """X-Hub-Signature is enough where there is no X-Hub-Signature-256."""
    forwards_ping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabSpec:
    """A secret that begins with `whsec_` is a signing token, any other a secret token."""

    project_url: str
    event_types: tuple[str, ...]
    secrets: tuple[SecretKey, ...] = ()
    access_token: SecretKey | None = None
    mapping: MappingName = "knative"


@dataclass(frozen=True, slots=True, kw_only=True)
class BitbucketSpec:
    """Of Bitbucket Cloud and of Bitbucket Data Center."""

    owner_and_repository: str
    event_types: tuple[str, ...] = ()
    secrets: tuple[SecretKey, ...] = ()
    forwards_ping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacSpec:
    """How preset hmac finds and reads the signature of the body."""

    header: str
    """In lower case."""
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64", "base64url"] = "hex"
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Where an attribute is taken from: exactly one of `value`, `header` and `pointer` is set.

    `header` is in lower case; `pointer` is a JSON pointer (RFC 6901) into the body. What is found
    gets `prefix` in front; where nothing is found `default` stands as it is.
    """

    value: str | None = None
    header: str | None = None
    pointer: str | None = None
    prefix: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFields:
    """`spec.event` of a WebhookSource; None leaves the attribute to the preset."""

    type: Taken | None = None
    source: Taken | None = None
    subject: Taken | None = None
    id: Taken | None = None
    time: Taken | None = None
    extensions: tuple[tuple[str, Taken], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSpec:
    preset: Preset
    secrets: tuple[SecretKey, ...] = ()
    hmac: HmacSpec | None = None
    """Set for preset hmac alone."""
    tolerance_s: float = TOLERANCE_S
    """How far a signed time may be from now, for presets that sign one."""
    mapping: MappingName = "knative"
    """Of the presets github and gitlab."""
    event: EventFields = field(default_factory=EventFields)
    forwards_ping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedKind:
    """One of `spec.resources`. `selector` is a label selector as the API's query has it, '' for
    all objects.
    """

    api_version: str
    kind: str
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The controller that an object must have; what is empty may be anything."""

    api_version: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServerSpec:
    """`namespaces` is a label selector of namespaces, '' for all; None is the source's own alone."""

    resources: tuple[WatchedKind, ...]
    mode: Mode = "Reference"
    owner: Owner | None = None
    service_account: str = "default"
    namespaces: str | None = None
    filters: tuple[dict[str, Any], ...] = ()
    emits_existing: bool = False
    """What is there at the first start is emitted as adds."""
    names_events: bool = False
    """An Event's reason and the object that it is about become extensions, in mode Resource."""
    checks_permissions: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSpec:
    schedule: str = "* * * * *"
    timezone: str = "UTC"
    content_type: str = ""
    data: bytes = b""
    catch_up: CatchUp = "none"


HookSpec = GitHubSpec | GitLabSpec | BitbucketSpec | WebhookSpec
"""Of the kinds that the receiver serves; each may have secrets."""
SourceSpec = HookSpec | ApiServerSpec | PingSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`overrides` are the extensions of ceOverrides, set on every event. The rest as a Broker's."""

    kind: SourceKind
    namespace: str
    name: str
    sink: Destination
    spec: SourceSpec
    overrides: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    spec_digest: str = ""
    refused_edit: str = ""
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def path(self) -> str:
        """Where the receiver takes its webhooks."""
        return f"/{self.namespace}/{self.name}"


def rivals(kind: str, namespace: str, name: str) -> list[tuple[str, str, str]]:
    """Who cannot be there beside it: those that the receiver serves would have the same path."""
    hooks = [each for each in SOURCE_KINDS if each in WEBHOOK_KINDS]
    return [(each, namespace, name) for each in (hooks if kind in hooks else [kind])]
