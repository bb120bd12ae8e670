"""Which documents are sources of ours, and which names they may have."""

from pathlib import Path

import pytest

from poplin.resources import load
from tests.resources.sources import API_SERVER, BITBUCKET, GITHUB, GITLAB, PING, WEBHOOK
from tests.resources.test_load import BROKER, loaded, problem


@pytest.mark.parametrize(
    ("document", "wrong", "right"),
    [
        (GITHUB, "sources.knative.dev/v1", "sources.knative.dev/v1alpha1"),
        (GITHUB, "sources.poplin.dev/v1alpha1", "sources.knative.dev/v1alpha1"),
        (GITLAB, "eventing.knative.dev/v1", "sources.knative.dev/v1alpha1"),
        (BITBUCKET, "sources.knative.dev/v1alpha1", "sources.poplin.dev/v1alpha1"),
        (WEBHOOK, "sources.poplin.dev/v1", "sources.poplin.dev/v1alpha1"),
        (API_SERVER, "sources.knative.dev/v1beta1", "sources.knative.dev/v1"),
        (PING, "sources.knative.dev/v1beta2", "sources.knative.dev/v1"),
        (BROKER, "sources.knative.dev/v1", "eventing.knative.dev/v1"),
    ],
)
def test_another_version_is_refused_with_the_right_one(
    tmp_path: Path, document: str, wrong: str, right: str
) -> None:
    first, _, rest = document.partition("\n")
    assert right in first

    said = problem(tmp_path, f"apiVersion: {wrong}\n{rest}")

    assert said.startswith("1: ")
    assert f"apiVersion: '{wrong}' is not allowed; use {right}" in said


@pytest.mark.parametrize(
    ("document", "kind", "wrong"),
    [
        (GITHUB, "GitHubSource", "GithubSource"),
        (GITLAB, "GitLabSource", "GitlabSource"),
        (BITBUCKET, "BitbucketSource", "BitBucketSource"),
        (WEBHOOK, "WebhookSource", "WebHookSource"),
        (WEBHOOK, "WebhookSource", "WebhookSources"),
        (API_SERVER, "ApiServerSource", "APIServerSource"),
        (PING, "PingSource", "PingSources"),
    ],
)
def test_a_misspelt_kind_is_an_error_with_its_line(
    tmp_path: Path, document: str, kind: str, wrong: str
) -> None:
    said = problem(tmp_path, document.replace(kind, wrong))

    assert said == f"2: kind: '{wrong}' is not allowed; use {kind}"


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("sources.knative.dev/v1", "ContainerSource"),
        ("sources.knative.dev/v1", "SinkBinding"),
        ("sources.knative.dev/v1beta1", "KafkaSource"),
        ("sources.knative.dev/v1alpha1", "RedisStreamSource"),
        ("sources.knative.dev/v1alpha1", "IntegrationSource"),
        ("sources.example.com/v1", "GitHubSource"),
    ],
)
def test_other_sources_are_left_to_others(tmp_path: Path, version: str, kind: str) -> None:
    found = loaded(tmp_path, f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n")

    assert not found.problems
    assert not found.documents
    assert found.notes == [f"{tmp_path}/f.yaml:1: {kind} ({version}) is not ours; skipped"]


def test_a_source_without_a_spec_is_refused(tmp_path: Path) -> None:
    said = problem(tmp_path, WEBHOOK.partition("spec:")[0])

    assert said == "1: WebhookSource default/x: spec: is missing; it is required"


def test_of_two_sources_with_one_path_the_first_counts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GITHUB)
    (tmp_path / "b.yaml").write_text(f"{WEBHOOK}---\n{WEBHOOK.replace('{name: x}', '{name: y}')}")

    found = load([tmp_path])

    assert [each.key for each in found.sources] == [
        "GitHubSource/default/x",
        "WebhookSource/default/y",
    ]
    assert [str(each).removeprefix(f"{tmp_path}/") for each in found.problems] == [
        "b.yaml:1: WebhookSource default/x: would have the path /default/x of the GitHubSource at "
        f"{tmp_path}/a.yaml:1; rename one"
    ]


def test_a_name_may_be_there_again_in_another_namespace_or_as_no_source(tmp_path: Path) -> None:
    other = WEBHOOK.replace("{name: x}", "{name: x, namespace: n}")
    broker = BROKER.replace("name: b", "name: x")

    found = loaded(tmp_path, "---\n".join([GITHUB, other, broker]))

    assert not found.problems
    assert [each.path for each in found.sources] == ["/default/x", "/n/x"]


@pytest.mark.parametrize("document", [API_SERVER, PING])
def test_a_source_that_acts_by_itself_has_no_path_to_share(tmp_path: Path, document: str) -> None:
    found = loaded(tmp_path, "---\n".join([GITHUB, document]))

    assert not found.problems
    assert [each.name for each in found.sources] == ["x", "x"]
    assert problem(tmp_path, f"{document}---\n{document}").partition("is there twice")[1]


def test_a_source_that_is_there_twice_is_told_as_ever(tmp_path: Path) -> None:
    said = problem(tmp_path, f"{GITHUB}---\n{GITHUB}")

    assert said.startswith("10: GitHubSource default/x: is there twice; the first is at ")
