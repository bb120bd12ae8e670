"""WebhookSource: presets, their secrets, and where attributes are taken from."""

from pathlib import Path

import pytest

from poplin.resources.source_models import (
    EventFields,
    HmacSpec,
    SecretKey,
    Taken,
    WebhookSpec,
)
from tests.resources.sources import WEBHOOK, annotated, the_source, with_spec
from tests.resources.test_load import loaded, problem

SECRET = SecretKey(name="s", key="k")
SECRETS = "secrets: [{secretKeyRef: {name: s, key: k}}]"


def test_a_webhook_source_needs_little(tmp_path: Path) -> None:
    source = the_source(tmp_path, WEBHOOK)

    assert (source.key, source.path) == ("WebhookSource/default/x", "/default/x")
    assert source.spec == WebhookSpec(preset="stripe", secrets=(SECRET,))
    assert source.spec.tolerance_s == 300


@pytest.mark.parametrize(
    "preset",
    [
        "standard-webhooks", "stripe", "slack", "shopify", "github", "gitlab", "bitbucket",
        "bearer", "basic",
    ],
)  # fmt: skip
def test_every_preset_takes_several_secrets(tmp_path: Path, preset: str) -> None:
    old = "secrets: [{secretKeyRef: {name: s, key: k}}, {secretKeyRef: {name: s, key: old}}]"

    spec = the_source(tmp_path, with_spec(WEBHOOK, f"preset: {preset}\n{old}")).spec

    assert spec == WebhookSpec(preset=preset, secrets=(SECRET, SecretKey(name="s", key="old")))  # type: ignore[arg-type]


def test_preset_none_has_no_secrets(tmp_path: Path) -> None:
    spec = the_source(tmp_path, with_spec(WEBHOOK, "preset: none\nsecrets:")).spec

    assert spec == WebhookSpec(preset="none")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("hmac: {header: X-Signature}", HmacSpec(header="x-signature")),
        ("hmac: {header: X-S, prefix: ''}", HmacSpec(header="x-s")),
        (
            "hmac: {header: X-S, algorithm: sha512, encoding: base64url, prefix: 'v1='}",
            HmacSpec(header="x-s", algorithm="sha512", encoding="base64url", prefix="v1="),
        ),
    ],
)
def test_preset_hmac_says_how_it_signs(tmp_path: Path, lines: str, expected: HmacSpec) -> None:
    spec = the_source(tmp_path, with_spec(WEBHOOK, f"preset: hmac\n{lines}")).spec

    assert spec == WebhookSpec(preset="hmac", secrets=(SECRET,), hmac=expected)


def test_settings_that_some_presets_have(tmp_path: Path) -> None:
    gitlab = with_spec(WEBHOOK, "preset: gitlab\nmapping: cloudevents\ntolerance: PT10M")
    github = with_spec(WEBHOOK, "preset: github\nmapping: knative")

    first = the_source(tmp_path, gitlab)
    second = the_source(tmp_path, annotated(github, forward_ping="true"))

    assert first.spec == WebhookSpec(
        preset="gitlab", secrets=(SECRET,), mapping="cloudevents", tolerance_s=600.0
    )
    assert second.spec == WebhookSpec(preset="github", secrets=(SECRET,), forwards_ping=True)


def test_attributes_are_taken_from_where_it_says(tmp_path: Path) -> None:
    lines = (
        "event: {type: {pointer: /data/0/a~1b~0c, prefix: com.example., default: com.example.x},"
        " source: {value: 'shop', prefix: 'https://example.com/'}, subject: {header: X-Subject},"
        " id: {header: x-request-id}, time: {pointer: ''},"
        " extensions: {region: {header: X-Region, default: eu}, a1: {value: 'ünï'}}}"
    )

    source = the_source(tmp_path, with_spec(WEBHOOK, lines))

    assert isinstance(source.spec, WebhookSpec)
    assert source.spec.event == EventFields(
        type=Taken(pointer="/data/0/a~1b~0c", prefix="com.example.", default="com.example.x"),
        source=Taken(value="https://example.com/shop"),
        subject=Taken(header="x-subject"),
        id=Taken(header="x-request-id"),
        time=Taken(pointer=""),
        extensions=(("region", Taken(header="x-region", default="eu")), ("a1", Taken(value="ünï"))),
    )
    assert not source.warnings


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            "tolerance: PT2H",
            "spec.tolerance: is how long a delivery that was overheard can be sent again",
        ),
        (
            "event: {type: {value: a, default: b}}",
            "spec.event.type.default: is never used: the value is always there",
        ),
    ],
)
def test_what_is_legal_but_rarely_meant_is_a_warning(
    tmp_path: Path, lines: str, expected: str
) -> None:
    assert the_source(tmp_path, with_spec(WEBHOOK, lines)).warnings == (expected,)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("preset:", "5: WebhookSource default/x: spec.preset: is missing; it is required"),
        ("preset: Stripe", "7: WebhookSource default/x: spec.preset: 'Stripe' is not allowed; use standard-webhooks or stripe or slack or"),
        ("secrets:", "5: WebhookSource default/x: spec.secrets: is missing; preset stripe requires it"),
        ("secrets: []", "spec.secrets: is empty; give at least one"),
        ("secrets: {secretKeyRef: {name: s, key: k}}", "spec.secrets: a mapping is not allowed; use a list"),
        ("secrets: [hunter2]", "spec.secrets[0]: is not a mapping with secretKeyRef"),
        ("secret: hunter2", "spec.secret: unknown field; did you mean secrets?"),
        ("preset: none", "spec.secrets: is not allowed with preset none; leave it out, or use standard-webhooks or stripe"),
        ("preset: hmac", "5: WebhookSource default/x: spec.hmac: is missing; preset hmac requires it"),
        ("hmac: {header: X-S}", "spec.hmac: is not allowed with preset stripe; leave it out, or use hmac"),
        ("preset: hmac\nhmac: {}", "spec.hmac.header: is missing; it is required"),
        ("preset: hmac\nhmac: X-S", "spec.hmac: 'X-S' is not allowed; use a mapping"),
        ("preset: hmac\nhmac: {header: 'X S'}", "spec.hmac.header: 'X S' is not allowed; use the name of a header, such as X-Request-Id"),
        (f"preset: hmac\nhmac: {{header: {'x' * 257}}}", "use the name of a header"),
        ("preset: hmac\nhmac: {header: X-S, algorithm: md5}", "spec.hmac.algorithm: 'md5' is not allowed; use sha1 or sha256 or sha384 or sha512"),
        ("preset: hmac\nhmac: {header: X-S, encoding: Hex}", "spec.hmac.encoding: 'Hex' is not allowed; use hex or base64 or base64url"),
        ("preset: hmac\nhmac: {header: X-S, prefix: 'ü='}", "use 1 to 100 printable ASCII characters"),
        ("preset: hmac\nhmac: {header: X-S, prefix: 7}", "spec.hmac.prefix: 7 is not allowed; use a string"),
        ("preset: hmac\nhmac: {header: X-S, algoritm: sha1}", "spec.hmac.algoritm: unknown field; did you mean algorithm?"),
        ("preset: shopify\ntolerance: PT5M", "spec.tolerance: is not allowed with preset shopify; leave it out, or use standard-webhooks or stripe or slack or gitlab"),
        ("tolerance: 5m", "spec.tolerance: '5m' is not allowed; use an ISO 8601 duration"),
        ("tolerance: PT0S", "spec.tolerance: 'PT0S' is not allowed; use a duration above zero"),
        ("mapping: knative", "spec.mapping: is not allowed with preset stripe; leave it out, or use github or gitlab"),
        ("preset: github\nmapping: x", "spec.mapping: 'x' is not allowed; use knative or cloudevents"),
        ("event: type", "spec.event: 'type' is not allowed; use a mapping"),
        ("event: {zzz: {value: a}}", "spec.event.zzz: unknown field; known are type, source, subject, id, time, extensions"),
        ("event: {type: a}", "spec.event.type: 'a' is not allowed; use a mapping"),
        ("event: {type: {}}", "spec.event.type: expected exactly one of value, header and pointer"),
        ("event: {type: {value: a, header: b}}", "expected exactly one of value, header and pointer, got value and header"),
        ("event: {type: {value: ' '}}", "spec.event.type.value: attribute 'type' is ' '; it must not be blank"),
        ("event: {type: {value: 7}}", "spec.event.type.value: 7 is not allowed; use a non-empty string"),
        ("event: {source: {value: 'a b'}}", "spec.event.source.value: attribute 'source' is 'a b'; it must be a URI-reference"),
        ("event: {source: {pointer: /a, default: 'a b'}}", "spec.event.source.default: attribute 'source' is 'a b'; it must be a URI-reference"),
        ("event: {source: {pointer: /a, prefix: 'a b'}}", "spec.event.source.prefix: attribute 'source' is 'a bx'; it must be"),
        ("event: {time: {value: today}}", "attribute 'time' is 'today'; it must be an RFC 3339 timestamp"),
        ('event: {subject: {value: "a\\x07"}}', "control characters and noncharacters are not allowed"),
        ("event: {id: {pointer: id}}", "spec.event.id.pointer: 'id' is not allowed; use a JSON pointer (RFC 6901), such as /data/id, where ~ is ~0 and / ~1"),
        ("event: {id: {pointer: '#/id'}}", "'#/id' is not allowed; use a JSON pointer"),
        ("event: {id: {pointer: /a~2}}", "'/a~2' is not allowed; use a JSON pointer"),
        ("event: {id: {pointer: /a~}}", "'/a~' is not allowed; use a JSON pointer"),
        ("event: {id: {header: 'X:Y'}}", "spec.event.id.header: 'X:Y' is not allowed; use the name of a header"),
        ("event: {extensions: {A: {value: b}}}", "spec.event.extensions.A: extension name 'A' is not allowed"),
        ("event: {extensions: {type: {value: b}}}", "type is an attribute of CloudEvents itself"),
        ("event: {extensions: {a: b}}", "spec.event.extensions.a: 'b' is not allowed; use a mapping"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_place(tmp_path: Path, lines: str, expected: str) -> None:
    said = problem(tmp_path, with_spec(WEBHOOK, lines))

    assert expected in said
    assert "hunter2" not in said


def test_pings_are_those_of_two_presets(tmp_path: Path) -> None:
    said = problem(tmp_path, annotated(WEBHOOK, forward_ping="true"))

    assert said.startswith(
        "6: WebhookSource default/x: spec.preset: sends no pings; leave out poplin.dev/forward-ping"
    )


def test_a_misspelt_place_is_told_beside_what_is_missing(tmp_path: Path) -> None:
    found = loaded(tmp_path, with_spec(WEBHOOK, "event: {type: {ponter: /a}}"))

    assert [f"{each.path}: {each.message}" for each in found.problems] == [
        "spec.event.type.ponter: unknown field; did you mean pointer?",
        "spec.event.type: expected exactly one of value, header and pointer",
    ]
