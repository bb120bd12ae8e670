"""Signatures that the providers publish, so that two mistakes of ours cannot agree."""

from typing import Literal

import pytest

from poplin.resources.source_models import (
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    HmacSpec,
    HookSpec,
    WebhookSpec,
)
from sources.webhooks.values import Request
from sources.webhooks.verify import verifier_for

GITHUB_BODY = b"Hello, World!"
GITHUB_SECRET = b"It's a Secret to Everybody"
GITHUB_SIGNATURE = (
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"  # its documents
)
STRIPE_BODY = b"""{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "ii_123",
      "object": "invoiceitem",
      "amount": 1000,
      "currency": "usd",
      "customer": "cus_123",
      "date": 1533204620,
      "description": "Test Invoice Item",
      "discountable": false,
      "invoice": "in_123",
      "livemode": false,
      "metadata": {},
      "period": {
        "start": 1533204620,
        "end": 1533204620
      },
      "plan": null,
      "proration": false,
      "quantity": null,
      "subscription": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "invoiceitem.created"
}
"""
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
RFC_BODY = b"what do ya want for nothing?"  # RFC 2202 and 4231, test case 2
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_KEY = b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _hmac(
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"], prefix: str = ""
) -> WebhookSpec:
    spec = HmacSpec(header="x-mac", algorithm=algorithm, prefix=prefix)
    return WebhookSpec(preset="hmac", hmac=spec)


GITLAB = GitLabSpec(project_url="https://gitlab.example/o/r", event_types=("push_events",))
VECTORS: list[tuple[str, HookSpec, bytes, dict[str, str], bytes, int]] = [
    (
        "GitHub's documents",
        GitHubSpec(owner_and_repository="o/r", event_types=("push",)),
        GITHUB_SECRET,
        {"x-hub-signature-256": GITHUB_SIGNATURE},
        GITHUB_BODY,
        0,
    ),
    (
        "GitHub's documents, preset",
        WebhookSpec(preset="github"),
        GITHUB_SECRET,
        {"x-hub-signature-256": GITHUB_SIGNATURE},
        GITHUB_BODY,
        0,
    ),
    (
        "Atlassian's documents of Bitbucket Cloud",
        BitbucketSpec(owner_and_repository="o/r"),
        GITHUB_SECRET,
        {
            "x-hub-signature": "sha256="
            "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
        },
        b"Hello World!",
        0,
    ),
    (
        "Slack's documents",
        WebhookSpec(preset="slack"),
        b"8f742231b10e8888abcd99yyyzzz85a5",
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0="
            "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        SLACK_BODY,
        1531420618,
    ),
    (
        "Stripe's library for .NET",
        WebhookSpec(preset="stripe"),
        b"webhook_secret",
        {
            "stripe-signature": "t=1533204620,"
            "v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613,"
            "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef"
        },
        STRIPE_BODY,
        1533204720,
    ),
    (
        "Standard Webhooks' libraries",
        WebhookSpec(preset="standard-webhooks"),
        b"whsec_" + STANDARD_KEY,
        STANDARD,
        STANDARD_BODY,
        1614265330,
    ),
    (
        "the same without whsec_, as these libraries take it too",
        WebhookSpec(preset="standard-webhooks"),
        STANDARD_KEY,
        STANDARD,
        STANDARD_BODY,
        1614265330,
    ),
    (
        "the same, of GitLab's signing token",
        GITLAB,
        b"whsec_" + STANDARD_KEY,
        STANDARD,
        STANDARD_BODY,
        1614265330,
    ),
    (
        "the list of Standard Webhooks' libraries",
        WebhookSpec(preset="standard-webhooks"),
        b"whsec_" + STANDARD_KEY,
        {
            **STANDARD,
            "webhook-signature": "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "
            "v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= "
            f"{STANDARD['webhook-signature']} v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
        },
        STANDARD_BODY,
        1614265330,
    ),
    (
        "RFC 4231 as Shopify writes it",
        WebhookSpec(preset="shopify"),
        b"Jefe",
        {"x-shopify-hmac-sha256": "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="},
        RFC_BODY,
        0,
    ),
    (
        "RFC 4231, SHA-256",
        _hmac("sha256"),
        b"Jefe",
        {"x-mac": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        RFC_BODY,
        0,
    ),
    (
        "RFC 2202, SHA-1",
        _hmac("sha1", "sha1="),
        b"Jefe",
        {"x-mac": "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        RFC_BODY,
        0,
    ),
    (
        "RFC 4231, SHA-384",
        _hmac("sha384"),
        b"Jefe",
        {
            "x-mac": "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
            "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        },
        RFC_BODY,
        0,
    ),
    (
        "RFC 4231, SHA-512",
        _hmac("sha512"),
        b"Jefe",
        {
            "x-mac": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        },
        RFC_BODY,
        0,
    ),
    (
        "RFC 6750's bearer token",
        WebhookSpec(preset="bearer"),
        b"mF_9.B5f-4.1JqM",
        {"authorization": "Bearer mF_9.B5f-4.1JqM"},
        b"",
        0,
    ),
    (
        "RFC 7617's user and password",
        WebhookSpec(preset="basic"),
        b"Aladdin:open sesame",
        {"authorization": "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        b"",
        0,
    ),
    (
        "RFC 7617's password in UTF-8",
        WebhookSpec(preset="basic"),
        "test:123£".encode(),
        {"authorization": "Basic dGVzdDoxMjPCow=="},
        b"",
        0,
    ),
]


@pytest.mark.parametrize(
    ("spec", "secret", "headers", "body", "now"),
    [each[1:] for each in VECTORS],
    ids=[each[0] for each in VECTORS],
)
def test_what_the_provider_publishes_is_let_in(
    spec: HookSpec, secret: bytes, headers: dict[str, str], body: bytes, now: int
) -> None:
    verifier_for(spec, [secret]).verify(Request(headers, body, now))
