"""Which header decides, which key is meant, and what a refusal tells."""

import base64
import hmac

import pytest

from poplin.resources.source_models import (
    GitHubSpec,
    GitLabSpec,
    HmacSpec,
    HookSpec,
    Preset,
    WebhookSpec,
)
from sources.webhooks.values import RefusedError, Request
from sources.webhooks.verify import verifier_for
from tests.sources.webhooks.verify.schemes import NOW, SCHEMES, TOLERANCE_S, Scheme

BODY = b'{"id": 1}'
SECRET = b"It's a Secret to Everybody"
SHA256 = "sha256=" + hmac.new(SECRET, BODY, "sha256").hexdigest()
SHA1 = "sha1=" + hmac.new(SECRET, BODY, "sha1").hexdigest()
SIGNING_KEY = bytes(range(32))
SIGNING_TOKEN = b"whsec_" + base64.b64encode(SIGNING_KEY)
GITLAB = GitLabSpec(project_url="https://gitlab.example/o/r", event_types=("push_events",))
GITHUB = GitHubSpec(owner_and_repository="o/r", event_types=("push",))
GITHUB_SHA1 = GitHubSpec(owner_and_repository="o/r", event_types=("push",), allows_sha1=True)
STANDARD = WebhookSpec(preset="standard-webhooks")
STRIPE = WebhookSpec(preset="stripe")


def refusal(
    spec: HookSpec, headers: dict[str, str], *secrets: bytes, body: bytes = BODY, now: float = NOW
) -> str:
    """What is answered; nothing when it is let in."""
    try:
        verifier_for(spec, secrets or [SECRET]).verify(Request(headers, body, now))
    except RefusedError as error:
        return f"{error.reason}: {error}"
    return ""


def standard(key: bytes = SIGNING_KEY, message: str = "msg_1", time: str = str(NOW)) -> str:
    content = f"{message}.{time}.".encode() + BODY
    return "v1," + base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()


def standard_headers(signature: str, message: str = "msg_1") -> dict[str, str]:
    return {
        "webhook-id": message,
        "webhook-timestamp": str(NOW),
        "webhook-signature": signature,
    }


def stripe(secret: bytes = SECRET) -> str:
    return "v1=" + hmac.new(secret, b"%d." % NOW + BODY, "sha256").hexdigest()


@pytest.mark.parametrize(
    ("spec", "headers", "is_right"),
    [
        (GITHUB, {"x-hub-signature-256": SHA256, "x-hub-signature": SHA1}, True),
        (GITHUB, {"x-hub-signature-256": SHA256, "x-hub-signature": "sha1=00"}, True),
        (GITHUB, {"x-hub-signature": SHA1}, False),
        (WebhookSpec(preset="github"), {"x-hub-signature": SHA1}, False),
        (GITHUB_SHA1, {"x-hub-signature": SHA1}, True),
        (GITHUB_SHA1, {"x-hub-signature-256": SHA256}, True),
        (GITHUB_SHA1, {"x-hub-signature-256": "", "x-hub-signature": SHA1}, False),
        (GITHUB_SHA1, {"x-hub-signature-256": "sha256=00", "x-hub-signature": SHA1}, False),
        (GITHUB_SHA1, {"x-hub-signature-256": SHA1}, False),
        (GITHUB_SHA1, {"x-hub-signature": SHA256}, False),
    ],
)
def test_sha1_counts_where_it_is_allowed_and_nothing_better_came(
    spec: HookSpec, headers: dict[str, str], is_right: bool
) -> None:
    assert (refusal(spec, headers) == "") is is_right


def test_who_sends_sha1_alone_is_told_how_to_allow_it() -> None:
    told = refusal(GITHUB, {"x-hub-signature": SHA1})

    assert "X-Hub-Signature-256 is missing" in told
    assert 'poplin.dev/allow-sha1: "true"' in told


@pytest.mark.parametrize(
    ("secrets", "headers", "is_right"),
    [
        ([SECRET, SIGNING_TOKEN], {"x-gitlab-token": SECRET.decode()}, True),
        ([SIGNING_TOKEN, SECRET], standard_headers(standard()), True),
        (
            [SECRET, SIGNING_TOKEN],
            {**standard_headers(standard()), "x-gitlab-token": "another"},
            True,
        ),
        (
            [SECRET, SIGNING_TOKEN],
            {**standard_headers(standard(b"x")), "x-gitlab-token": SECRET.decode()},
            False,
        ),
        # The signing token is not told to anyone: who sends it as a token has it from our files.
        ([SIGNING_TOKEN], {"x-gitlab-token": SIGNING_TOKEN.decode()}, False),
        # Only the token is set here; GitLab may sign all the same.
        (
            [SECRET],
            {**standard_headers(standard()), "x-gitlab-token": SECRET.decode()},
            True,
        ),
        ([b"whsec_"], {"x-gitlab-token": "whsec_"}, False),
        ([b"whsec_"], standard_headers(standard(b"whsec_")), False),
        ([b"whsec_"], standard_headers(standard(b"")), False),
    ],
)
def test_a_signature_of_gitlab_decides_where_a_signing_token_is_known(
    secrets: list[bytes], headers: dict[str, str], is_right: bool
) -> None:
    assert (refusal(GITLAB, headers, *secrets) == "") is is_right


@pytest.mark.parametrize(
    ("secret", "key", "is_right"),
    [
        (SIGNING_TOKEN, SIGNING_KEY, True),
        (SIGNING_TOKEN.rstrip(b"="), SIGNING_KEY, True),
        (SIGNING_TOKEN.removeprefix(b"whsec_"), SIGNING_KEY, True),
        (b"a secret that is no base64", b"a secret that is no base64", True),
        (b"abcd", b"abcd", True),
        (b"whsec_no base64", b"whsec_no base64", True),
        (SIGNING_TOKEN, SIGNING_TOKEN, False),
        (SIGNING_TOKEN, SIGNING_TOKEN.removeprefix(b"whsec_"), False),
        (b"whsec_", b"whsec_", False),
        (b"whsec_", b"", False),
        (b"====", b"", False),
    ],
)
def test_the_key_of_standard_webhooks_is_what_follows_whsec_or_the_secret_itself(
    secret: bytes, key: bytes, is_right: bool
) -> None:
    assert (refusal(STANDARD, standard_headers(standard(key)), secret) == "") is is_right


@pytest.mark.parametrize(
    ("signatures", "is_right"),
    [
        (f"v1,AAAA {standard()}", True),
        (f"{standard()} v1a,AAAA v2,AAAA", True),
        (f"v1,AAAA, {standard()}", False),  # two headers
        (f"{standard()}, {standard()}", False),
        (f"{standard()}  v1,AAAA", False),
        (f"{standard()}\tv1,AAAA", False),
        (standard().replace("v1,", "v1a,"), False),
        (standard().replace("v1,", "V1,"), False),
        (standard().removeprefix("v1,"), False),
        (standard().rstrip("="), False),
    ],
)
def test_a_list_of_signatures_has_one_space_between_and_nothing_else(
    signatures: str, is_right: bool
) -> None:
    assert (refusal(STANDARD, standard_headers(signatures), SIGNING_TOKEN) == "") is is_right


def test_a_signature_is_good_for_one_id_time_and_body() -> None:
    """Nobody moves what was signed from the body into the id."""
    signed = standard_headers(standard(message="msg_1"))
    body = f"{NOW}.".encode() + BODY
    content = f"msg_1.{NOW - 9999}.".encode() + body
    signature = "v1," + base64.b64encode(hmac.new(SIGNING_KEY, content, "sha256").digest()).decode()
    moved = {**signed, "webhook-id": f"msg_1.{NOW - 9999}", "webhook-signature": signature}

    assert "has a dot" in refusal(STANDARD, moved, SIGNING_TOKEN)


@pytest.mark.parametrize(
    ("header", "is_right"),
    [
        (f"t={NOW},{stripe(b'old')},{stripe()}", True),
        (f"{stripe()},t={NOW}", True),
        (f"t={NOW},{stripe()},v0=00", True),
        (f"t={NOW},{stripe()},v2=not+known+yet==", True),
        (f"t={NOW},v1=bad_signature,{stripe()}", True),  # as in the tests of Stripe's libraries
        (f"t={NOW},{stripe().replace('v1', 'v0')}", False),
        (f"t={NOW},{stripe().replace('v1', 'V1')}", False),
        (f"t={NOW}, {stripe()}", False),
        (f"t={NOW},{stripe(b'old')}, t={NOW},{stripe()}", False),  # two headers
        (f"t={NOW},t={NOW},{stripe()}", False),
        (f"t={NOW - 9999},t={NOW},{stripe()}", False),
        (f"{stripe()}", False),
        (f"t={NOW}", False),
        (f"t={NOW},{stripe()},", False),
    ],
)
def test_any_v1_of_stripe_counts_and_no_other_version(header: str, is_right: bool) -> None:
    assert (refusal(STRIPE, {"stripe-signature": header}) == "") is is_right


@pytest.mark.parametrize("encoding", ["base64", "base64url"])
def test_generic_base64_is_taken_with_and_without_padding(encoding: str) -> None:
    spec = HmacSpec(header="x-mac", encoding="base64" if encoding == "base64" else "base64url")
    alphabet = None if encoding == "base64" else b"-_"
    text = base64.b64encode(hmac.new(SECRET, BODY, "sha256").digest(), alphabet).decode()
    preset = WebhookSpec(preset="hmac", hmac=spec)

    assert text.endswith("=")
    assert refusal(preset, {"x-mac": text}) == ""
    assert refusal(preset, {"x-mac": text.rstrip("=")}) == ""
    assert refusal(preset, {"x-mac": text + "="}) != ""


def test_base64_of_the_same_bytes_in_another_text_is_refused() -> None:
    """The last letter has bits that say nothing; decoders pass over them."""
    text = base64.b64encode(hmac.new(SECRET, BODY, "sha256").digest()).decode()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    twins = [
        text[:42] + letter + "="
        for letter in letters
        if base64.b64decode(text[:42] + letter + "=") == base64.b64decode(text)
    ]
    shopify = WebhookSpec(preset="shopify")

    assert len(twins) == 4
    assert [refusal(shopify, {"x-shopify-hmac-sha256": each}) for each in twins].count("") == 1


@pytest.mark.parametrize("secret", [b":", b"no-colon", b""])
def test_a_secret_without_user_and_password_lets_nobody_in(secret: bytes) -> None:
    header = {"authorization": "Basic " + base64.b64encode(secret).decode()}

    assert refusal(WebhookSpec(preset="basic"), header, secret) != ""


def test_preset_hmac_without_its_fields_is_not_built() -> None:
    """Its document is refused long before: nobody may verify with fields that were guessed."""
    with pytest.raises(ValueError, match=r"without spec\.hmac"):
        verifier_for(WebhookSpec(preset="hmac"), [SECRET])


def test_preset_none_lets_everybody_in() -> None:
    assert refusal(WebhookSpec(preset="none"), {}, b"") == ""


@pytest.mark.parametrize(
    "scheme", [each for each in SCHEMES if each.signs_time], ids=lambda scheme: scheme.name
)
def test_a_forged_request_is_not_told_that_it_is_late(scheme: Scheme) -> None:
    """Else everybody could fill the count of late ones."""
    headers = scheme.sign(b"a guess", BODY, NOW)

    told = refusal(scheme.spec, headers, scheme.secret, now=NOW + TOLERANCE_S + 1)

    assert told.startswith("bad_signature")


@pytest.mark.parametrize(
    ("preset", "sign"),
    [
        ("stripe", "stripe"),
        ("slack", "slack"),
        ("standard-webhooks",) * 2,
        ("gitlab", "standard-webhooks"),
    ],
)
def test_the_tolerance_is_that_of_the_source(preset: Preset, sign: str) -> None:
    spec = WebhookSpec(preset=preset, tolerance_s=10)
    scheme = next(each for each in SCHEMES if each.name == sign)
    headers = scheme.sign(scheme.secret, BODY, NOW)

    assert refusal(spec, headers, scheme.secret, now=NOW + 10) == ""
    assert "more than 10 s" in refusal(spec, headers, scheme.secret, now=NOW + 10.5)


@pytest.mark.parametrize("time", ["", "x", "1e9", "-1", "+1", "1.0", " 1", "1_0", "²", "9" * 5000])
def test_a_time_that_is_no_number_is_refused_even_when_it_was_signed(time: str) -> None:
    def signed(before: bytes, after: bytes) -> bytes:
        return hmac.new(SECRET, before + time.encode("latin-1") + after + BODY, "sha256").digest()

    slack = {
        "x-slack-request-timestamp": time,
        "x-slack-signature": "v0=" + signed(b"v0:", b":").hex(),
    }
    stripe_header = {"stripe-signature": f"t={time},v1=" + signed(b"", b".").hex()}
    standard_header = {
        "webhook-id": "msg_1",
        "webhook-timestamp": time,
        "webhook-signature": "v1," + base64.b64encode(signed(b"msg_1.", b".")).decode(),
    }

    assert refusal(WebhookSpec(preset="slack"), slack).startswith("bad_signature")
    assert refusal(STRIPE, stripe_header).startswith("bad_signature")
    assert refusal(STANDARD, standard_header).startswith("bad_signature")


@pytest.mark.parametrize(
    "scheme",
    [each for each in SCHEMES if each.also is None],
    ids=lambda scheme: scheme.name,
)
def test_a_missing_or_empty_header_is_named(scheme: Scheme) -> None:
    right = scheme.sign(scheme.secret, BODY, NOW)
    for name in right:
        others = {each: right[each] for each in right if each != name}

        for headers in (others, {**others, name: ""}):
            told = refusal(scheme.spec, headers, scheme.secret)
            assert f"{name} is missing or empty" in told.lower()


@pytest.mark.parametrize("beyond", ["€", "\ud800", "\U0001f600"])
def test_a_character_that_no_header_has_stands_for_no_other(beyond: str) -> None:
    assert refusal(GITLAB, {"x-gitlab-token": f"so{beyond}what"}, b"so?what") != ""
    assert refusal(GITLAB, {"x-gitlab-token": f"so{beyond}what"}, b"sowhat") != ""


def test_no_secret_is_in_what_can_be_printed() -> None:
    for scheme in SCHEMES:
        verifier = verifier_for(scheme.spec, [scheme.secret])

        assert scheme.secret.decode("latin-1") not in repr(verifier)
