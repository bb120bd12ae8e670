"""Checked sources in; sinks, secrets and statuses out."""

from base64 import b64encode
from pathlib import Path

import pytest

from poplin.catalog import SourceStatus
from poplin.resources import ResolvedSource, resolve_sources
from poplin.resources.source_models import SOURCE_KINDS
from tests.resources.sources import (
    BITBUCKET,
    GITHUB,
    GITLAB,
    SECRET,
    VALUE,
    WEBHOOK,
    annotated,
    resolved,
    with_spec,
)
from tests.resources.test_load import BROKER, loaded

HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
ACCESS = "accessToken: {secretKeyRef: {name: t, key: k}}"
BASIC = with_spec(WEBHOOK, "preset: basic")
TOKENS = "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData: {k: '%s'}\n"
LOST = "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}}"


def conditions(found: ResolvedSource) -> dict[str, str]:
    """By type: the status, and the reason where there is one."""
    return {each.type: f"{each.status} {each.reason}".strip() for each in found.status.conditions}


@pytest.mark.parametrize("document", [GITHUB, GITLAB, BITBUCKET, WEBHOOK])
def test_a_source_that_has_its_sink_and_secret_is_ready(tmp_path: Path, document: str) -> None:
    found = resolved(tmp_path, f"{document}---\n{SECRET}")

    assert found.source is not None
    assert conditions(found) == {
        "Ready": "True",
        "SinkProvided": "True",
        "SecretsProvided": "True",
    }
    assert (found.secrets, found.access_token) == ((VALUE.encode(),), None)
    assert found.sink_uri == found.status.sink_uri == "http://sink/"
    assert found.status.url == "https://hooks/default/x"
    assert found.status.api_version == SOURCE_KINDS[found.source.kind]
    assert found.status.key == found.source.key
    assert not found.status.warnings


def test_preset_none_needs_no_secret(tmp_path: Path) -> None:
    found = resolved(tmp_path, with_spec(WEBHOOK, "preset: none\nsecrets:"))

    assert conditions(found)["Ready"] == "True"
    assert conditions(found)["SecretsProvided"] == "True NoSecretsConfigured"
    assert found.secrets == ()


@pytest.mark.parametrize(
    ("document", "secrets", "reason", "message"),
    [
        (GITHUB, "", "SecretTokenNotFound", "Secret default/s is not in the files; add it, with the key k under stringData"),
        (GITHUB, SECRET.replace("name: s", "name: s, namespace: other"), "SecretTokenNotFound", "Secret default/s is not in the files; add it, with the key k under stringData"),
        (WEBHOOK, f"{HEAD}stringData: {{other: '{VALUE}'}}\n", "SecretTokenNotFound", "Secret default/s has no key k; add it under stringData"),
        (WEBHOOK, f"{HEAD}stringData: {{k: '', j: '{VALUE}'}}\n", "SecretTokenNotFound", "key k of Secret default/s is empty; write the secret there"),
        (WEBHOOK, f"{HEAD}data: {{k: '{VALUE}'}}\n", "SecretTokenNotFound", "Secret default/s is refused at FILE:9: data.k: is not base64; encode it, or use stringData"),
        (with_spec(GITHUB, "secretToken:"), SECRET, "SecretTokenNotFound", "spec.secretToken is not there; without it nothing can be verified; add it"),
        (annotated(GITHUB, more_secrets="s/old"), SECRET, "SecretTokenNotFound", "Secret default/s has no key old; add it under stringData"),
        (BASIC, f"{HEAD}stringData: {{k: hunter2}}\n", "SecretInvalid", "key k of Secret default/s has no colon; write it as user:password"),
    ],
)  # fmt: skip
def test_a_source_without_all_its_secrets_has_none_and_says_what_to_add(
    tmp_path: Path, document: str, secrets: str, reason: str, message: str
) -> None:
    found = resolved(tmp_path, f"{document}---\n{secrets}")

    provided = found.status.condition("SecretsProvided")
    assert (provided.status, provided.reason) == ("False", reason)
    assert provided.message == message.replace("FILE", f"{tmp_path}/f.yaml")
    assert found.status.condition("Ready").message == provided.message
    assert not found.status.ready
    assert found.secrets == ()
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("secrets", "reason", "message"),
    [
        (SECRET, "AccessTokenNotFound", "Secret default/t is not in the files; add it, with the key k under stringData"),
        (f"{SECRET}---\n{TOKENS % ''}", "AccessTokenNotFound", "key k of Secret default/t is empty; write the secret there"),
        (f"{SECRET}---\n{TOKENS % 'hunter2 hunter2'}", "SecretInvalid", "key k of Secret default/t is no token of visible ASCII; write it alone"),
        (f"{SECRET}---\n{TOKENS % 'hünter2'}", "SecretInvalid", "key k of Secret default/t is no token of visible ASCII; write it alone"),
    ],
)  # fmt: skip
def test_a_source_without_its_access_token_is_not_ready_and_can_verify(
    tmp_path: Path, secrets: str, reason: str, message: str
) -> None:
    found = resolved(tmp_path, f"{with_spec(GITHUB, ACCESS)}---\n{secrets}")

    assert found.status.condition("SecretsProvided").reason == reason
    assert found.status.condition("Ready").message == message
    assert (found.secrets, found.access_token) == ((VALUE.encode(),), None)
    assert "nter2 " not in repr(found)


def test_an_access_token_is_taken_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    text = f"{with_spec(GITHUB, ACCESS)}---\n{SECRET}---\n{TOKENS % 'ghp_1'}"

    found = resolved(tmp_path, text.replace("'ghp_1'", '"ghp_1\\n"'))

    assert found.status.ready
    assert found.access_token == "ghp_1"  # noqa: S105
    assert "ghp_1" not in repr(found)


def test_nobody_misses_an_access_token_that_is_not_used(tmp_path: Path) -> None:
    found = resolved(tmp_path, f"{with_spec(GITLAB, ACCESS)}---\n{SECRET}")

    assert found.status.ready
    assert "is not used" in found.status.warnings[0]


def test_a_line_break_at_the_end_of_a_secret_counts_and_is_a_warning(tmp_path: Path) -> None:
    encoded = b64encode(f"{VALUE}\n".encode()).decode()

    found = resolved(tmp_path, f"{WEBHOOK}---\n{HEAD}data: {{k: {encoded}}}\n")

    assert found.secrets == (f"{VALUE}\n".encode(),)
    assert found.status.ready
    (warning,) = found.status.warnings
    assert warning.startswith("key k of Secret default/s ends with a line break, which is taken")
    assert VALUE not in warning


def test_secrets_come_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    secrets = f"{HEAD}stringData: {{k: new, old: before}}\n"

    found = resolved(tmp_path, f"{annotated(GITHUB, more_secrets='s/old')}---\n{secrets}")

    assert found.secrets == (b"new", b"before")


def test_a_sink_is_a_broker_of_the_files_or_leads_nowhere(tmp_path: Path) -> None:
    document = with_spec(GITHUB, LOST)

    found = resolved(tmp_path, f"{document}---\n{SECRET}---\n{BROKER}")
    lost = resolved(tmp_path, f"{document}---\n{SECRET}")

    assert found.sink_uri == "http://ingress/default/b"
    assert lost.sink_uri is None
    assert lost.status.sink_uri is None
    assert conditions(lost) == {
        "Ready": "False NotFound",
        "SinkProvided": "False NotFound",
        "SecretsProvided": "True",
    }
    assert lost.status.condition("Ready").message == (
        "Broker.eventing.knative.dev default/b has no address here; add that Broker to the files, "
        "or use uri"
    )


def test_a_sink_may_be_a_service_that_an_option_knows(tmp_path: Path) -> None:
    sink = "sink: {ref: {apiVersion: v1, kind: Service, name: shop}, uri: /hooks}"

    (found,) = resolve_sources(
        loaded(tmp_path, f"{with_spec(GITHUB, sink)}---\n{SECRET}"),
        broker_url=lambda *_: "",
        services={"default/shop": "http://127.0.0.1:9000"},
        receiver_url=str,
    )

    assert found.sink_uri == "http://127.0.0.1:9000/hooks"


def test_a_refused_document_has_a_status_and_no_source(tmp_path: Path) -> None:
    found = resolved(tmp_path, with_spec(GITHUB, "eventTypes: []"))

    assert (found.source, found.sink_uri, found.secrets) == (None, None, ())
    assert conditions(found) == {"Ready": "False Invalid"}
    assert found.status.condition("Ready").message == (
        "spec.eventTypes: is empty; give at least one"
    )
    assert found.status.api_version == "sources.knative.dev/v1alpha1"
    assert found.status.key == "GitHubSource/default/x"


def test_sources_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    texts = [
        GITHUB.replace("name: x", "name: c"),
        with_spec(GITLAB.replace("name: x", "name: b"), "eventTypes: []"),
        WEBHOOK.replace("name: x", "name: a"),
    ]

    found = resolve_sources(
        loaded(tmp_path, "---\n".join(texts)), broker_url=lambda *_: "", receiver_url=str
    )

    assert [each.status.name for each in found] == ["c", "b", "a"]


def test_the_generation_grows_with_the_spec_alone(tmp_path: Path) -> None:
    texts = [
        f"{GITHUB}---\n{SECRET}",
        f"# moved, and no Secret\n{annotated(GITHUB, mapping='cloudevents')}",
        f"{with_spec(GITHUB, 'eventTypes: [push]')}---\n{SECRET}",
        with_spec(GITHUB, "eventTypes: []"),
    ]
    known: dict[str, SourceStatus] = {}
    generations = []

    for text in texts:
        (found,) = resolve_sources(
            loaded(tmp_path, text), broker_url=lambda *_: "", known=known, receiver_url=str
        )
        known = {found.status.key: found.status}
        generations.append(found.status.observed_generation)

    assert generations == [1, 1, 2, 3]
