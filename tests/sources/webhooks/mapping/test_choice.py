"""Each kind of source has the mapper of its provider, told what its document says."""

import pytest

from poplin.event import Event
from poplin.resources.parts import Destination
from poplin.resources.source_models import (
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    MappingName,
    Preset,
    Source,
    SourceKind,
    SourceSpec,
    WebhookSpec,
)
from sources.webhooks.mapping import mapper_for
from sources.webhooks.values import Handled, Request

HEADERS = {
    "content-type": "application/json",
    "x-event-key": "repo:push",
    "x-github-delivery": "42",
    "x-github-event": "push",
    "x-gitlab-event": "Push Hook",
}
WEBHOOK = "/apis/sources.poplin.dev/v1alpha1/namespaces/shop/webhooksources/hook"


def taken(kind: SourceKind, spec: SourceSpec, **headers: str) -> Event | Handled:
    source = Source(kind=kind, namespace="shop", name="hook", sink=Destination(), spec=spec)
    given = HEADERS | {name.replace("_", "-"): text for name, text in headers.items()}
    return mapper_for(source).event(Request(given, b"{}", 1.0))


def github(*, mapping: MappingName = "knative", forwards_ping: bool = False) -> GitHubSpec:
    return GitHubSpec(
        owner_and_repository="octo/cat",
        event_types=("push",),
        mapping=mapping,
        forwards_ping=forwards_ping,
    )


def gitlab(mapping: MappingName) -> GitLabSpec:
    url = "https://gitlab.example/octo/cat"
    return GitLabSpec(project_url=url, event_types=("push_events",), mapping=mapping)


def webhook(preset: Preset, mapping: MappingName = "knative") -> WebhookSpec:
    return WebhookSpec(preset=preset, mapping=mapping)


@pytest.mark.parametrize(
    ("kind", "spec", "event_type", "uri"),
    [
        ("GitHubSource", github(), "dev.knative.source.github.push", "https://github.com/octo/cat"),
        (
            "GitHubSource",
            github(mapping="cloudevents"),
            "com.github.push",
            "https://github.com/octo/cat",
        ),
        (
            "GitLabSource",
            gitlab("knative"),
            "dev.knative.sources.gitlab.push",
            "https://gitlab.example/octo/cat",
        ),
        (
            "GitLabSource",
            gitlab("cloudevents"),
            "com.gitlab.push",
            "https://gitlab.example/octo/cat",
        ),
        (
            "BitbucketSource",
            BitbucketSpec(owner_and_repository="octo/cat"),
            "dev.knative.source.bitbucket.repo:push",
            "https://bitbucket.org/octo/cat",
        ),
        ("WebhookSource", webhook("github"), "dev.knative.source.github.push", WEBHOOK),
        ("WebhookSource", webhook("github", "cloudevents"), "com.github.push", WEBHOOK),
        ("WebhookSource", webhook("gitlab"), "dev.knative.sources.gitlab.push", WEBHOOK),
        ("WebhookSource", webhook("bitbucket"), "dev.knative.source.bitbucket.repo:push", WEBHOOK),
        ("WebhookSource", webhook("none"), "dev.poplin.webhook", WEBHOOK),
    ],
)
def test_the_mapper_of_a_source(
    kind: SourceKind, spec: SourceSpec, event_type: str, uri: str
) -> None:
    event = taken(kind, spec)

    assert isinstance(event, Event)
    assert (event.attributes["type"], event.attributes["source"]) == (event_type, uri)


@pytest.mark.parametrize("forwards_ping", [False, True])
@pytest.mark.parametrize("kind", ["GitHubSource", "BitbucketSource", "WebhookSource"])
def test_a_ping_is_forwarded_when_the_document_says_so(
    kind: SourceKind, forwards_ping: bool
) -> None:
    specs: dict[SourceKind, SourceSpec] = {
        "GitHubSource": github(forwards_ping=forwards_ping),
        "BitbucketSource": BitbucketSpec(
            owner_and_repository="octo/cat", forwards_ping=forwards_ping
        ),
        "WebhookSource": WebhookSpec(preset="github", forwards_ping=forwards_ping),
    }

    event = taken(kind, specs[kind], x_github_event="ping", x_event_key="diagnostics:ping")

    assert isinstance(event, Event) == forwards_ping
