"""What the spec of a source says, in words for a person."""

import json

from poplin.resources.source_models import (
    GITHUB_API_URL,
    ApiServerSpec,
    BitbucketSpec,
    CatchUp,
    GitHubSpec,
    GitLabSpec,
    Owner,
    PingSpec,
    Source,
    SourceSpec,
    Taken,
    WatchedKind,
    WebhookSpec,
)

__all__ = ["settings_of"]

Settings = list[tuple[str, str]]

_MOST_CHARACTERS = 200
"""Of filters and selectors, which may be long."""
_CATCH_UP: dict[CatchUp, str] = {
    "none": "reported",
    "last": "reported, and the last one fired",
    "all": "reported and fired",
}


def settings_of(source: Source) -> tuple[tuple[str, str], ...]:
    """Names and texts in the order in which they read well; secrets by name and key."""
    spec = source.spec
    found = _of(spec)
    if not isinstance(spec, ApiServerSpec | PingSpec) and spec.secrets:
        found.append(("Secrets", ", ".join(f"{each.name}/{each.key}" for each in spec.secrets)))
    if source.overrides:
        found.append(("Overrides", ", ".join(f"{name}={text}" for name, text in source.overrides)))
    return tuple(found)


def _of(spec: SourceSpec) -> Settings:
    if isinstance(spec, GitHubSpec):
        return _github(spec)
    if isinstance(spec, GitLabSpec):
        return [
            ("Project", spec.project_url),
            ("Events", ", ".join(spec.event_types)),
            ("Mapping", spec.mapping),
        ]
    if isinstance(spec, BitbucketSpec):
        name = "Repository" if "/" in spec.owner_and_repository else "Workspace"
        found = [(name, spec.owner_and_repository)]
        found += [("Events", ", ".join(spec.event_types))] if spec.event_types else []
        return found + _ping(spec.forwards_ping)
    if isinstance(spec, ApiServerSpec):
        return _api_server(spec)
    return _timer(spec) if isinstance(spec, PingSpec) else _webhook(spec)


def _github(spec: GitHubSpec) -> Settings:
    name = "Repository" if "/" in spec.owner_and_repository else "Organisation"
    found = [
        (name, spec.owner_and_repository),
        ("Events", ", ".join(spec.event_types)),
        ("Mapping", spec.mapping),
        ("Hook", "kept with the access token" if spec.access_token else "set up by hand"),
    ]
    if spec.api_url != GITHUB_API_URL:
        found.append(("API", spec.api_url))
    if not spec.is_secure:
        found.append(("Certificate", "not verified by GitHub"))
    if spec.allows_sha1:
        found.append(("SHA-1", "allowed"))
    return found + _ping(spec.forwards_ping)


def _webhook(spec: WebhookSpec) -> Settings:
    found: Settings = [("Preset", spec.preset)]
    if spec.hmac:
        form = f"{spec.hmac.algorithm}, {spec.hmac.encoding}"
        found.append(("Signature", f"{spec.hmac.header} ({form})"))
    if spec.preset in ("github", "gitlab"):
        found.append(("Mapping", spec.mapping))
    event = spec.event
    for name, taken in (
        ("type", event.type),
        ("source", event.source),
        ("subject", event.subject),
        ("id", event.id),
        ("time", event.time),
        *event.extensions,
    ):
        if taken is not None:
            found.append((f"Event {name}", _taken(taken)))
    return found + _ping(spec.forwards_ping)


def _taken(taken: Taken) -> str:
    if taken.value is not None:
        return taken.value
    place = f"header {taken.header}" if taken.header is not None else f"pointer {taken.pointer}"
    before = f"{taken.prefix} + " if taken.prefix else ""
    return f"{before}{place}" + (f", else {taken.default}" if taken.default else "")


def _ping(is_forwarded: bool) -> Settings:
    return [("Ping", "forwarded")] if is_forwarded else []


def _api_server(spec: ApiServerSpec) -> Settings:
    found = [
        ("Resources", "; ".join(map(_watched, spec.resources))),
        ("Mode", spec.mode),
        ("Namespaces", _namespaces(spec.namespaces)),
    ]
    if spec.owner:
        found.append(("Owner", _owner(spec.owner)))
    found.append(("Service account", spec.service_account))
    if spec.filters:
        found.append(("Filters", _shortened(json.dumps(spec.filters, ensure_ascii=False))))
    if spec.emits_existing:
        found.append(("Initial list", "emitted"))
    if spec.names_events:
        found.append(("Event extensions", "set"))
    if not spec.checks_permissions:
        found.append(("Permissions", "not checked before it watches"))
    return found


def _watched(resource: WatchedKind) -> str:
    selector = f" ({_shortened(resource.selector)})" if resource.selector else ""
    return f"{resource.api_version} {resource.kind}{selector}"


def _namespaces(selector: str | None) -> str:
    if selector is None:
        return "its own"
    return f"those with {_shortened(selector)}" if selector else "all"


def _owner(owner: Owner) -> str:
    return " ".join(filter(None, (owner.api_version, owner.kind)))


def _timer(spec: PingSpec) -> Settings:
    found = [("Schedule", spec.schedule), ("Timezone", spec.timezone)]
    if spec.content_type:
        found.append(("Content type", spec.content_type))
    found.append(("Data", f"{len(spec.data)} bytes" if spec.data else "none"))
    return [*found, ("Missed ticks", _CATCH_UP[spec.catch_up])]


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…"
