"""Every way of signing as its provider describes it, written here a second time and plainly."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from poplin.resources.source_models import (
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    HmacSpec,
    HookSpec,
    WebhookSpec,
)

__all__ = ["NOW", "SCHEMES", "TOLERANCE_S", "Headers", "Scheme"]

NOW = 1_700_000_000
TOLERANCE_S = 300

Headers = dict[str, str]
Sign = Callable[[bytes, bytes, int], Headers]


def _is_same(changed: Headers, right: Headers) -> bool:
    return changed == right


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """`sign` takes secret, body and time. `means` is whether changed headers still say what the
    right ones say: for most they must be the same texts.
    """

    name: str
    spec: HookSpec
    secret: bytes
    other_secret: bytes
    sign: Sign
    signs_body: bool = True
    signs_time: bool = False
    means: Callable[[Headers, Headers], bool] = _is_same
    also: Sign | None = None
    """Another way of signing that is good for it."""


class _Secrets(TypedDict):
    secret: bytes
    other_secret: bytes


def _hex(secret: bytes, content: bytes, algorithm: str = "sha256") -> str:
    return hmac.new(secret, content, algorithm).hexdigest()


def _base64(secret: bytes, content: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.new(secret, content, algorithm).digest()).decode()


def _github(secret: bytes, body: bytes, _: int) -> Headers:
    return {"x-hub-signature-256": "sha256=" + _hex(secret, body)}


def _github_sha1(secret: bytes, body: bytes, _: int) -> Headers:
    return {"x-hub-signature": "sha1=" + _hex(secret, body, "sha1")}


def _bitbucket(secret: bytes, body: bytes, _: int) -> Headers:
    return {"x-hub-signature": "sha256=" + _hex(secret, body)}


def _shopify(secret: bytes, body: bytes, _: int) -> Headers:
    return {"x-shopify-hmac-sha256": _base64(secret, body)}


def _standard(secret: bytes, body: bytes, now: int) -> Headers:
    key = secret
    if secret.startswith(b"whsec_"):
        key = base64.b64decode(secret[len(b"whsec_") :])
    return {
        "webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "webhook-timestamp": str(now),
        "webhook-signature": "v1,"
        + _base64(key, b"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W.%d.%b" % (now, body)),
    }


def _gitlab_token(secret: bytes, _: bytes, __: int) -> Headers:
    return {"x-gitlab-token": secret.decode("latin-1")}


def _stripe(secret: bytes, body: bytes, now: int) -> Headers:
    return {"stripe-signature": f"t={now},v1=" + _hex(secret, b"%d.%b" % (now, body))}


def _slack(secret: bytes, body: bytes, now: int) -> Headers:
    return {
        "x-slack-request-timestamp": str(now),
        "x-slack-signature": "v0=" + _hex(secret, b"v0:%d:%b" % (now, body)),
    }


def _bearer(secret: bytes, _: bytes, __: int) -> Headers:
    return {"authorization": "Bearer " + secret.decode("latin-1")}


def _basic(secret: bytes, _: bytes, __: int) -> Headers:
    return {"authorization": "Basic " + base64.b64encode(secret).decode()}


def _hmac(spec: HmacSpec) -> Sign:
    def sign(secret: bytes, body: bytes, _: int) -> Headers:
        digest = hmac.new(secret, body, getattr(hashlib, spec.algorithm)).digest()
        texts = {
            "hex": digest.hex(),
            "base64": base64.b64encode(digest).decode(),
            "base64url": base64.urlsafe_b64encode(digest).decode(),
        }
        return {spec.header: spec.prefix + texts[spec.encoding]}

    return sign


def _same_credentials(changed: Headers, right: Headers) -> bool:
    """RFC 9110, 11.4: the scheme in any case, one space or more, and the same credentials."""
    scheme, _, credentials = right["authorization"].partition(" ")
    pattern = f"(?ai:{scheme}) +{re.escape(credentials)}"
    return re.fullmatch(pattern, changed.get("authorization", "")) is not None


def _same_list(changed: Headers, right: Headers) -> bool:
    """The right signature alone, or in a list of pairs with one space between."""
    items = changed.get("webhook-signature", "").split(" ")
    is_list = all(re.fullmatch("[^ ,]*,[^ ,]*", item, re.DOTALL) for item in items)
    signature = right["webhook-signature"]
    return is_list and signature in items and {**changed, "webhook-signature": signature} == right


def _same_hmac(spec: HmacSpec) -> Callable[[Headers, Headers], bool]:
    """All of hex in upper case, or base64 without its padding, is the same signature."""

    def means(changed: Headers, right: Headers) -> bool:
        text = right[spec.header].removeprefix(spec.prefix)
        same = text.upper() if spec.encoding == "hex" else text.rstrip("=")
        return changed.get(spec.header) in {spec.prefix + text, spec.prefix + same}

    return means


def _hmac_scheme(spec: HmacSpec) -> Scheme:
    return Scheme(
        name=f"hmac-{spec.algorithm}-{spec.encoding}",
        spec=WebhookSpec(preset="hmac", hmac=spec),
        secret=b"any-secret-of-any-sender",
        other_secret=b"the-one-before-it",
        sign=_hmac(spec),
        means=_same_hmac(spec),
    )


_WORDS: _Secrets = {
    "secret": b"It's a Secret to Everybody",
    "other_secret": b"the secret before: \xc3\xa9",
}
_KEYS: _Secrets = {
    "secret": b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "other_secret": b"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
}
_REPOSITORY = "poplin/orchard"
_PROJECT = "https://gitlab.example/poplin/orchard"

SCHEMES = (
    Scheme(
        name="GitHubSource",
        spec=GitHubSpec(owner_and_repository=_REPOSITORY, event_types=("push",)),
        sign=_github,
        **_WORDS,
    ),
    Scheme(
        name="GitHubSource-sha1",
        spec=GitHubSpec(owner_and_repository=_REPOSITORY, event_types=("push",), allows_sha1=True),
        sign=_github_sha1,
        also=_github,
        **_WORDS,
    ),
    Scheme(
        name="GitLabSource",
        spec=GitLabSpec(project_url=_PROJECT, event_types=("push_events",)),
        sign=_gitlab_token,
        signs_body=False,
        **_WORDS,
    ),
    Scheme(
        name="GitLabSource-signing",
        spec=GitLabSpec(project_url=_PROJECT, event_types=("push_events",)),
        sign=_standard,
        signs_time=True,
        means=_same_list,
        **_KEYS,
    ),
    Scheme(
        name="BitbucketSource",
        spec=BitbucketSpec(owner_and_repository=_REPOSITORY),
        sign=_bitbucket,
        **_WORDS,
    ),
    Scheme(name="github", spec=WebhookSpec(preset="github"), sign=_github, **_WORDS),
    Scheme(
        name="gitlab",
        spec=WebhookSpec(preset="gitlab"),
        sign=_gitlab_token,
        signs_body=False,
        **_WORDS,
    ),
    Scheme(name="bitbucket", spec=WebhookSpec(preset="bitbucket"), sign=_bitbucket, **_WORDS),
    Scheme(name="shopify", spec=WebhookSpec(preset="shopify"), sign=_shopify, **_WORDS),
    Scheme(
        name="standard-webhooks",
        spec=WebhookSpec(preset="standard-webhooks"),
        sign=_standard,
        signs_time=True,
        means=_same_list,
        **_KEYS,
    ),
    Scheme(
        name="stripe",
        spec=WebhookSpec(preset="stripe"),
        sign=_stripe,
        signs_time=True,
        secret=b"whsec_vutsrqponmlkjihgfedcba9876543210",
        other_secret=b"whsec_0123456789abcdefghijklmnopqrstuv",
    ),
    Scheme(
        name="slack",
        spec=WebhookSpec(preset="slack"),
        sign=_slack,
        signs_time=True,
        secret=b"8f742231b10e8888abcd99yyyzzz85a5",
        other_secret=b"a5857zzzyyy99dcba8888e01b132247f8",
    ),
    _hmac_scheme(HmacSpec(header="x-signature", prefix="sha256=")),
    _hmac_scheme(HmacSpec(header="x-signature", algorithm="sha1", encoding="base64")),
    _hmac_scheme(HmacSpec(header="x-signature", algorithm="sha384", encoding="hex")),
    _hmac_scheme(
        HmacSpec(header="x-mac", algorithm="sha512", encoding="base64url", prefix="HMAC ")
    ),
    Scheme(
        name="bearer",
        spec=WebhookSpec(preset="bearer"),
        sign=_bearer,
        signs_body=False,
        means=_same_credentials,
        secret=b"mF_9.B5f-4.1JqM",
        other_secret=b"the-token-before-it",
    ),
    Scheme(
        name="basic",
        spec=WebhookSpec(preset="basic"),
        sign=_basic,
        signs_body=False,
        means=_same_credentials,
        secret=b"test:123\xc2\xa3",
        other_secret=b"test:124",
    ),
)
