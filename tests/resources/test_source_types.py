"""Types of events that a source says it emits, and its settings in words."""

from pathlib import Path

import pytest

from poplin.resources.parts import Destination
from poplin.resources.source_kubernetes import SKIPS_CHECK
from poplin.resources.source_models import CatchUp, PingSpec, Source
from poplin.resources.source_settings import settings_of
from poplin.resources.source_types import GITLAB_HOOKS, gitlab_type
from tests.resources.sources import (
    API_SERVER,
    BITBUCKET,
    GITHUB,
    GITLAB,
    PING,
    WEBHOOK,
    annotated,
    resolved,
    with_spec,
)

REPOSITORY = "https://github.com/o/r"
PROJECT = "https://gitlab.com/g/p"
OWN = "/apis/sources.poplin.dev/v1alpha1/namespaces/default/webhooksources/x"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (GITHUB, [("dev.knative.source.github.push", REPOSITORY), ("dev.knative.source.github.pull_request", REPOSITORY)]),
        (with_spec(GITHUB, "ownerAndRepository: org\neventTypes: ['*', future]"), [("dev.knative.source.github.future", "https://github.com/org")]),
        (annotated(GITHUB, mapping="cloudevents"), [("com.github.push", ""), ("com.github.pull_request", "")]),
        (GITLAB, [("dev.knative.sources.gitlab.push", PROJECT), ("dev.knative.sources.gitlab.confidential_issue", PROJECT)]),
        (annotated(GITLAB, mapping="cloudevents"), [("com.gitlab.push", ""), ("com.gitlab.confidential_issue", "")]),
        (annotated(with_spec(GITLAB, "eventTypes: [note_events, confidential_note_events]"), mapping="cloudevents"), [("com.gitlab.note", ""), ("com.gitlab.confidential_note", "")]),
        (BITBUCKET, []),
        (with_spec(BITBUCKET, "eventTypes: ['repo:push']"), [("dev.knative.source.bitbucket.repo:push", "")]),
        (WEBHOOK, []),
        (with_spec(WEBHOOK, "event: {type: {pointer: /type}}"), []),
        (with_spec(WEBHOOK, "event: {type: {value: a, prefix: b.}}"), [("b.a", OWN)]),
        (with_spec(WEBHOOK, "event: {type: {value: a}, source: {value: /s}}"), [("a", "/s")]),
        (with_spec(WEBHOOK, "event: {type: {value: a}, source: {pointer: /s}}"), [("a", "")]),
        (with_spec(WEBHOOK, "preset: shopify\nevent: {type: {value: a}}"), [("a", "")]),
        (API_SERVER, [(f"dev.knative.apiserver.ref.{each}", "") for each in ("add", "delete", "update")]),
        (with_spec(API_SERVER, "mode: Resource"), [(f"dev.knative.apiserver.resource.{each}", "") for each in ("add", "delete", "update")]),
        (PING.replace("name: x", "name: x, namespace: n"), [("dev.knative.sources.ping", "/apis/v1/namespaces/n/pingsources/x")]),
    ],
)  # fmt: skip
def test_a_source_says_which_events_it_emits(
    tmp_path: Path, document: str, expected: list[tuple[str, str]]
) -> None:
    assert resolved(tmp_path, document).status.ce_attributes == tuple(expected)


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("job_events", "job"),
        ("issues_events", "issue"),
        ("confidential_issues_events", "confidential_issue"),
        ("confidential_note_events", "confidential_note"),
        ("merge_requests_events", "merge_request"),
        ("releases_events", "release"),
        ("feature_flag_events", "feature_flag"),
        ("resource_access_token_events", "resource_access_token"),
        ("wiki_page_events", "wiki_page"),
        ("some_future_events", "some_future"),
    ],
)
def test_gitlabs_hooks_have_the_types_that_their_headers_give(hook: str, expected: str) -> None:
    assert gitlab_type(hook) == expected


@pytest.mark.parametrize("header", GITLAB_HOOKS.values())
def test_every_header_of_gitlab_is_a_hook(header: str) -> None:
    assert header.endswith(" Hook")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (GITHUB, [("Repository", "o/r"), ("Events", "push, pull_request"), ("Mapping", "knative"), ("Hook", "set up by hand"), ("Secrets", "s/k")]),
        (
            annotated(with_spec(GITHUB, "ownerAndRepository: org\nsecure: false\ngithubAPIURL: https://ghe/api/v3\naccessToken: {secretKeyRef: {name: t, key: k}}\nceOverrides: {extensions: {a: b, c: d}}"), allow_sha1="true", forward_ping="true", more_secrets="s/old"),
            [("Organisation", "org"), ("Events", "push, pull_request"), ("Mapping", "knative"), ("Hook", "kept with the access token"), ("API", "https://ghe/api/v3/"), ("Certificate", "not verified by GitHub"), ("SHA-1", "allowed"), ("Ping", "forwarded"), ("Secrets", "s/k, s/old"), ("Overrides", "a=b, c=d")],
        ),
        (GITLAB, [("Project", PROJECT), ("Events", "push_events, confidential_issues_events"), ("Mapping", "knative"), ("Secrets", "s/k")]),
        (with_spec(BITBUCKET, "eventTypes: ['repo:push']"), [("Repository", "w/r"), ("Events", "repo:push"), ("Secrets", "s/k")]),
        (annotated(with_spec(BITBUCKET, "ownerAndRepository: w"), forward_ping="true"), [("Workspace", "w"), ("Ping", "forwarded"), ("Secrets", "s/k")]),
        (with_spec(WEBHOOK, "preset: none\nsecrets:"), [("Preset", "none")]),
        (with_spec(WEBHOOK, "preset: gitlab"), [("Preset", "gitlab"), ("Mapping", "knative"), ("Secrets", "s/k")]),
        (
            with_spec(WEBHOOK, "preset: hmac\nhmac: {header: X-S}\nevent: {id: {header: X-Id}, type: {pointer: /t, prefix: a., default: b}, extensions: {e: {value: v}}}"),
            [("Preset", "hmac"), ("Signature", "x-s (sha256, hex)"), ("Event type", "a. + pointer /t, else b"), ("Event id", "header x-id"), ("Event e", "v"), ("Secrets", "s/k")],
        ),
        (API_SERVER, [("Resources", "v1 Pod"), ("Mode", "Reference"), ("Namespaces", "its own"), ("Service account", "default")]),
        (
            annotated(with_spec(API_SERVER, "resources: [{apiVersion: v1, kind: Event, selector: {matchLabels: {a: b}}}, {apiVersion: apps/v1, kind: Deployment}]\nmode: Resource\nowner: {apiVersion: apps/v1, kind: ReplicaSet}\nserviceAccountName: robot\nnamespaceSelector: {}\nfilters: [{exact: {type: a}}]\nceOverrides: {extensions: {a: b}}"), initial_list="emit", event_extensions="true"),
            [("Resources", "v1 Event (a=b); apps/v1 Deployment"), ("Mode", "Resource"), ("Namespaces", "all"), ("Owner", "apps/v1 ReplicaSet"), ("Service account", "robot"), ("Filters", '[{"exact": {"type": "a"}}]'), ("Initial list", "emitted"), ("Event extensions", "set"), ("Overrides", "a=b")],
        ),
        (
            with_spec(API_SERVER, "namespaceSelector: {matchLabels: {team: a}}\nowner: {kind: Job}").replace("{name: x}", f"{{name: x, annotations: {{{SKIPS_CHECK}: 'true'}}}}"),
            [("Resources", "v1 Pod"), ("Mode", "Reference"), ("Namespaces", "those with team=a"), ("Owner", "Job"), ("Service account", "default"), ("Permissions", "not checked before it watches")],
        ),
    ],
)  # fmt: skip
def test_settings_are_what_the_spec_says(
    tmp_path: Path, document: str, expected: list[tuple[str, str]]
) -> None:
    assert list(resolved(tmp_path, document).status.settings) == expected


SELECTOR = f"{{matchExpressions: [{{key: a, operator: In, values: [{', '.join(f'b{n}' + 'b' * 60 for n in range(5))}]}}]}}"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (f"filters: [{{exact: {{type: {'a' * 300}}}}}]", "Filters"),
        (f"resources: [{{apiVersion: v1, kind: Pod, selector: {SELECTOR}}}]", "Resources"),
        (f"namespaceSelector: {SELECTOR}", "Namespaces"),
    ],
)
def test_settings_show_what_may_be_long_as_far_as_a_line_goes(
    tmp_path: Path, lines: str, name: str
) -> None:
    settings = dict(resolved(tmp_path, with_spec(API_SERVER, lines)).status.settings)

    assert "…" in settings[name]
    assert len(settings[name]) <= 220


@pytest.mark.parametrize(
    ("catch_up", "words"),
    [
        ("none", "reported"),
        ("last", "reported, and the last one fired"),
        ("all", "reported and fired"),
    ],
)
def test_settings_of_a_timer_say_what_becomes_of_missed_ticks(
    catch_up: CatchUp, words: str
) -> None:
    spec = PingSpec(schedule="@hourly", timezone="Asia/Tokyo", catch_up=catch_up)
    source = Source(kind="PingSource", namespace="n", name="x", sink=Destination(), spec=spec)

    assert list(settings_of(source)) == [
        ("Schedule", "@hourly"), ("Timezone", "Asia/Tokyo"), ("Data", "none"),
        ("Missed ticks", words),
    ]  # fmt: skip


def test_settings_of_a_timer_tell_the_size_of_its_data_and_not_what_it_is() -> None:
    spec = PingSpec(content_type="text/plain", data=b"hunter2")
    source = Source(kind="PingSource", namespace="n", name="x", sink=Destination(), spec=spec)

    settings = settings_of(source)

    assert ("Content type", "text/plain") in settings
    assert ("Data", "7 bytes") in settings
    assert "hunter2" not in repr(settings)
