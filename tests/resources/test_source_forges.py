"""GitHubSource, GitLabSource and BitbucketSource: fields in, specs or problems out."""

from pathlib import Path

import pytest

from poplin.resources.source_models import BitbucketSpec, GitHubSpec, GitLabSpec, SecretKey
from tests.resources.sources import BITBUCKET, GITHUB, GITLAB, annotated, the_source, with_spec
from tests.resources.test_load import problem

SECRET = SecretKey(name="s", key="k")
INLINE = "hunter2"


def test_a_github_source_has_the_defaults_of_github(tmp_path: Path) -> None:
    source = the_source(tmp_path, GITHUB)

    assert (source.key, source.path) == ("GitHubSource/default/x", "/default/x")
    assert source.sink.uri == "http://sink/"
    assert source.spec == GitHubSpec(
        owner_and_repository="o/r", event_types=("push", "pull_request"), secrets=(SECRET,)
    )
    assert (source.overrides, source.warnings) == ((), ())


def test_every_field_of_a_github_source_counts(tmp_path: Path) -> None:
    document = with_spec(
        GITHUB,
        "ownerAndRepository: my-org\n"
        "eventTypes: [push, '*', Brand_new_event, push]\n"
        "accessToken: {secretKeyRef: {name: t, key: a.b_c}}\n"
        "githubAPIURL: https://ghe.example/api/v3\n"
        "secure: false\n"
        "serviceAccountName: robot\n"
        "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}, uri: /p}\n"
        "ceOverrides: {extensions: {team: billing, stage2: 'ünï'}}",
    )

    source = the_source(
        tmp_path,
        annotated(
            document,
            mapping="cloudevents",
            allow_sha1="true",
            forward_ping="true",
            more_secrets="old/k, s/k,  s/other",
        ),
    )

    assert source.spec == GitHubSpec(
        owner_and_repository="my-org",
        event_types=("push", "*", "Brand_new_event"),
        secrets=(SECRET, SecretKey(name="old", key="k"), SecretKey(name="s", key="other")),
        access_token=SecretKey(name="t", key="a.b_c"),
        api_url="https://ghe.example/api/v3/",
        is_secure=False,
        mapping="cloudevents",
        allows_sha1=True,
        forwards_ping=True,
    )
    assert source.overrides == (("team", "billing"), ("stage2", "ünï"))
    assert source.sink.ref is not None
    assert (source.sink.ref.namespace, source.sink.uri) == ("default", "/p")
    assert not source.warnings


def test_every_field_of_a_gitlab_source_counts(tmp_path: Path) -> None:
    document = with_spec(
        GITLAB, "sslverify: true\nserviceAccountName: robot\nceOverrides: {extensions: {a: b}}"
    )

    source = the_source(tmp_path, annotated(document, mapping="cloudevents", more_secrets="s/old"))

    assert source.spec == GitLabSpec(
        project_url="https://gitlab.com/g/p",
        event_types=("push_events", "confidential_issues_events"),
        secrets=(SECRET, SecretKey(name="s", key="old")),
        mapping="cloudevents",
    )
    assert not source.warnings


def test_every_field_of_a_bitbucket_source_counts(tmp_path: Path) -> None:
    bare = the_source(tmp_path, BITBUCKET)
    full = the_source(
        tmp_path,
        annotated(
            with_spec(
                BITBUCKET, "ownerAndRepository: ~user/r\neventTypes: ['repo:push', 'pr:opened']"
            ),
            forward_ping="true",
            more_secrets="s/old",
        ),
    )

    assert bare.spec == BitbucketSpec(owner_and_repository="w/r", secrets=(SECRET,))
    assert full.spec == BitbucketSpec(
        owner_and_repository="~user/r",
        event_types=("repo:push", "pr:opened"),
        secrets=(SECRET, SecretKey(name="s", key="old")),
        forwards_ping=True,
    )


@pytest.mark.parametrize(
    ("document", "lines", "expected"),
    [
        (
            GITHUB,
            "accessToken: {secretKeyRef: {name: s, key: t}}\ngithubAPIURL: 'HTTP://ghe/api/v3/'",
            "spec.githubAPIURL: sends the access token unencrypted; use https://",
        ),
        (
            GITHUB,
            "secretToken: {secretKeyRef: {name: s, key: k, optional: true}}",
            "spec.secretToken.secretKeyRef.optional: is not heeded; nothing is accepted without",
        ),
        (
            GITLAB,
            "accessToken: {secretKeyRef: {name: s, key: t}}",
            "spec.accessToken: is not used; set the hook up by hand, at GitLab",
        ),
        (
            GITLAB,
            "eventTypes: [push_event]",
            "spec.eventTypes: push_event is no hook of GitLab that is known here; did you mean "
            "push_events?",
        ),
        (GITLAB, "eventTypes: [x]", "spec.eventTypes: x is no hook of GitLab that is known here"),
    ],
)
def test_what_is_legal_but_rarely_meant_is_a_warning(
    tmp_path: Path, document: str, lines: str, expected: str
) -> None:
    (warning,) = the_source(tmp_path, with_spec(document, lines)).warnings

    assert warning.startswith(expected)


@pytest.mark.parametrize("document", [GITHUB, GITLAB, BITBUCKET])
def test_a_source_without_a_secret_is_a_document_all_the_same(
    tmp_path: Path, document: str
) -> None:
    spec = the_source(tmp_path, with_spec(document, "secretToken:")).spec

    assert isinstance(spec, GitHubSpec | GitLabSpec | BitbucketSpec)
    assert spec.secrets == ()


@pytest.mark.parametrize(
    ("document", "lines", "expected"),
    [
        (GITHUB, "ownerAndRepo: a/b", "9: GitHubSource default/x: spec.ownerAndRepo: unknown field; did you mean ownerAndRepository?"),
        (GITHUB, "sink:", "5: GitHubSource default/x: spec.sink: is missing; it is required"),
        (GITHUB, "sink: {}", "8: GitHubSource default/x: spec.sink: expected at least one of ref and uri"),
        (GITHUB, "sink: {uri: /x}", "spec.sink.uri: '/x' is not allowed; use an absolute http:// or https:// URI with a host"),
        (GITHUB, "ownerAndRepository:", "5: GitHubSource default/x: spec.ownerAndRepository: is missing; it is required"),
        (GITHUB, "eventTypes:", "5: GitHubSource default/x: spec.eventTypes: is missing; it is required"),
        (GITHUB, "eventTypes: []", "spec.eventTypes: is empty; give at least one"),
        (GITHUB, "eventTypes: push", "spec.eventTypes: 'push' is not allowed; use a list"),
        (GITHUB, "eventTypes: ['a b']", "spec.eventTypes[0]: 'a b' is not allowed; use the name of an event, without spaces"),
        (GITHUB, "eventTypes: [push, 7]", "spec.eventTypes[1]: 7 is not allowed; use the name of an event"),
        (GITHUB, "ownerAndRepository: https://github.com/o/r", "'https://github.com/o/r' is not allowed; use owner/repository, or the name of an organisation"),
        (GITHUB, "ownerAndRepository: a/b/c", "spec.ownerAndRepository: 'a/b/c' is not allowed"),
        (GITHUB, "ownerAndRepository: a/", "spec.ownerAndRepository: 'a/' is not allowed"),
        (GITHUB, "ownerAndRepository: ../hooks", "spec.ownerAndRepository: '../hooks' is not allowed"),
        (GITHUB, "ownerAndRepository: o/..", "spec.ownerAndRepository: 'o/..' is not allowed"),
        (GITHUB, "ownerAndRepository: 7", "spec.ownerAndRepository: 7 is not allowed"),
        (GITHUB, "githubAPIURL: api.github.com", "'api.github.com' is not allowed; use an absolute http:// or https:// URI with a host"),
        (GITHUB, f"githubAPIURL: https://u:{INLINE}@ghe/", "spec.githubAPIURL: credentials in a URI are not allowed; leave out all before the @"),
        (GITHUB, f"githubAPIURL: https://ghe/?token={INLINE}", "spec.githubAPIURL: a query or fragment is not allowed; leave it out"),
        (GITHUB, "githubAPIURL: ''", "spec.githubAPIURL: '' is not allowed; use a non-empty string"),
        (GITHUB, "ceOverrides: a", "spec.ceOverrides: 'a' is not allowed; use a mapping"),
        (GITHUB, "ceOverrides: {extensions: [a]}", "spec.ceOverrides.extensions: a list is not allowed; use a mapping"),
        (GITHUB, "githubAPIURL: ftp://ghe/", "'ftp://ghe/' is not allowed"),
        (GITHUB, "secure: 'true'", "spec.secure: 'true' is not allowed; use true or false, without quotes"),
        (GITHUB, "serviceAccountName: 7", "spec.serviceAccountName: 7 is not allowed; use a non-empty string"),
        (GITHUB, f"secretToken: {INLINE}", "spec.secretToken: is not a mapping with secretKeyRef; secrets stand in a v1 Secret"),
        (GITHUB, f"secretToken: {{value: {INLINE}, secretKeyRef: {{name: s, key: k}}}}", "spec.secretToken.value: unknown field; known are secretKeyRef"),
        (GITHUB, f"secretToken: {{secretKeyRef: {INLINE}}}", "spec.secretToken.secretKeyRef: is not a mapping with name and key"),
        (GITHUB, f"secretToken: {{secretKeyRef: {{name: s, key: '{INLINE}!'}}}}", "secretKeyRef.key: is no key of a Secret"),
        (GITHUB, f"secretToken: {{secretKeyRef: {{name: '{INLINE}!', key: k}}}}", "secretKeyRef.name: is no name of a Secret"),
        (GITHUB, "secretToken: {secretKeyRef: {name: s}}", "secretKeyRef.key: is missing; it is required"),
        (GITHUB, "secretToken: {secretKeyRef: {name: s, key: k, optional: 1}}", "optional: 1 is not allowed; use true or false"),
        (GITHUB, f"accessToken: [{INLINE}]", "spec.accessToken: is not a mapping with secretKeyRef"),
        (GITHUB, "ceOverrides: {extension: {a: b}}", "spec.ceOverrides.extension: unknown field; did you mean extensions?"),
        (GITHUB, "ceOverrides: {extensions: {Team: a}}", "extension name 'Team' is not allowed; use 1 to 20 lower-case letters and digits"),
        (GITHUB, "ceOverrides: {extensions: {a2345678901234567890b: a}}", "extension name 'a2345678901234567890b' is not allowed"),
        (GITHUB, "ceOverrides: {extensions: {subject: a}}", "spec.ceOverrides.extensions.subject: subject is an attribute of CloudEvents itself, not an extension"),
        (GITHUB, "ceOverrides: {extensions: {data: a}}", "data is an attribute of CloudEvents itself"),
        (GITHUB, "ceOverrides: {extensions: {a: 7}}", "spec.ceOverrides.extensions.a: 7 is not allowed; use a non-empty string (quote numbers and booleans)"),
        (GITHUB, "ceOverrides: {extensions: {a: ''}}", "'' is not allowed; use a non-empty string"),
        (GITHUB, 'ceOverrides: {extensions: {a: "b\\nc"}}', "attribute 'a' is 'b\\nc'; control characters and noncharacters are not allowed"),
        (GITLAB, "projectUrl: gitlab.com/g/p", "spec.projectUrl: 'gitlab.com/g/p' is not allowed; use an absolute http:// or https:// URI"),
        (GITLAB, "projectUrl: 'https://gitlab.com/<p>'", "use a URL whose special characters are percent-encoded"),
        (GITLAB, "projectUrl:", "spec.projectUrl: is missing; it is required"),
        (GITLAB, "eventTypes: []", "spec.eventTypes: is empty; give at least one"),
        (GITLAB, "sslverify: 0", "spec.sslverify: 0 is not allowed; use true or false"),
        (GITLAB, "secure: true", "spec.secure: unknown field; known are"),
        (BITBUCKET, "ownerAndRepository: ~/r", "use owner/repository, or the name of a workspace"),
        (BITBUCKET, "eventTypes: []", "spec.eventTypes: is empty; give at least one"),
        (BITBUCKET, "accessToken: {secretKeyRef: {name: s, key: k}}", "spec.accessToken: unknown field"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_place(
    tmp_path: Path, document: str, lines: str, expected: str
) -> None:
    said = problem(tmp_path, with_spec(document, lines))

    assert expected in said
    assert INLINE not in said


@pytest.mark.parametrize(
    ("document", "annotations", "expected"),
    [
        (GITHUB, {"mapping": "Knative"}, "3: GitHubSource default/x: metadata.annotations.poplin.dev/mapping: 'Knative' is not allowed; use knative or cloudevents"),
        (GITHUB, {"allow_sha1": "yes"}, "'yes' is not allowed; use true or false"),
        (GITHUB, {"alow_sha1": "true"}, "unknown annotation of a GitHubSource; did you mean poplin.dev/allow-sha1?"),
        (GITLAB, {"allow_sha1": "true"}, "belongs on a GitHubSource, not on a GitLabSource"),
        (GITLAB, {"forward_ping": "true"}, "belongs on a BitbucketSource or a GitHubSource or a WebhookSource, not on a GitLabSource"),
        (BITBUCKET, {"mapping": "knative"}, "belongs on a GitHubSource or a GitLabSource, not on a BitbucketSource"),
        (GITHUB, {"more_secrets": f"{INLINE}!"}, "poplin.dev/more-secrets: this value is not allowed; use NAME/KEY of a Secret"),
        (GITHUB, {"more_secrets": "s/k,"}, "this value is not allowed; use NAME/KEY of a Secret, several with commas"),
        (with_spec(GITHUB, "secretToken:"), {"more_secrets": "s/k"}, "5: GitHubSource default/x: spec.secretToken: is missing; poplin.dev/more-secrets needs it"),
        (GITHUB, {"retention": "PT1H"}, "belongs on a Broker, not on a GitHubSource"),
    ],
)  # fmt: skip
def test_a_bad_annotation_is_refused(
    tmp_path: Path, document: str, annotations: dict[str, str], expected: str
) -> None:
    said = problem(tmp_path, annotated(document, **annotations))

    assert expected in said
    assert INLINE not in said
