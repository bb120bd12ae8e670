"""A source takes nothing unless all is there that verifying and emitting take."""

from dataclasses import replace

import pytest

from poplin.catalog import Condition
from poplin.metrics import Counts
from poplin.resources import ResolvedSource
from poplin.resources.source_models import SecretKey, WebhookSpec
from poplin.sender import Sender
from sources.emit import Emitter
from sources.standing import Standing
from sources.tally import Tally
from sources.webhooks.hook import Closed, Hook, Taker
from sources.webhooks.opening import Opener
from sources.webhooks.values import Request
from tests.sources.stage import JsonMapper, TokenVerifier, resolved

NONE = WebhookSpec(preset="none")
SLACK = WebhookSpec(preset="slack", secrets=(SecretKey(name="s", key="k"),))
SHOPIFY = replace(SLACK, preset="shopify")


async def _opened(each: ResolvedSource) -> Taker:
    opener = Opener(
        verifier_for=lambda _spec, _secrets: TokenVerifier(),
        mapper_for=lambda _source: JsonMapper(),
        emitter=Emitter(Sender()),
        emit_timeout_s=5,
        tally=Tally(Counts()),
    )
    return opener.open(each, Standing())


@pytest.mark.parametrize("each", [resolved(), resolved(spec=NONE, secrets=())])
async def test_a_source_that_has_all_is_open(each: ResolvedSource) -> None:
    assert isinstance(await _opened(each), Hook)


@pytest.mark.parametrize(
    "each",
    [
        resolved(secrets=()),
        resolved(secrets=(b"",)),
        resolved(secrets=(b"s", b"")),
        resolved(sink_uri=None),
        resolved(spec=NONE, secrets=(), sink_uri=None),
        replace(resolved(), source=None),
        replace(resolved(), status=resolved(secrets=()).status),
        replace(resolved(secrets=()), status=resolved().status),
    ],
    ids=[
        "no secret",
        "an empty secret",
        "one empty secret",
        "no sink",
        "no sink, preset none",
        "refused",
        "said to be without secrets",
        "wrongly said to have secrets",
    ],
)
async def test_a_source_that_lacks_something_takes_nothing(each: ResolvedSource) -> None:
    taker = await _opened(each)

    answer = await taker.take(Request({"x-token": "good"}, b'{"id": "1"}', 0.0))

    assert isinstance(taker, Closed)
    assert (answer.status, answer.reason) == (503, "not_ready")
    assert taker.key == "WebhookSource/default/shop"


async def test_the_log_hears_why_a_source_takes_nothing() -> None:
    """Its provider does not: whose secret is missing is nothing for strangers."""
    missing = Condition("Ready", "False", "SecretTokenNotFound", "Secret a/b is not in the files")
    status = replace(resolved(secrets=()).status, conditions=(missing,))
    taker = await _opened(replace(resolved(secrets=()), status=status))

    answer = await taker.take(Request({}, b"", 0.0))

    assert answer.why == "SecretTokenNotFound: Secret a/b is not in the files"
    assert b"Secret" not in answer.body


async def test_slack_is_answered_in_its_time_and_shown_nothing() -> None:
    slack, other = await _opened(resolved(spec=SLACK)), await _opened(resolved())

    assert isinstance(slack, Hook)
    assert isinstance(other, Hook)
    assert (slack.accepted.status, slack.accepted.body, slack.emit_timeout_s) == (200, b"", 2)
    assert (other.accepted.status, other.emit_timeout_s) == (202, 5)


async def test_shopify_is_answered_before_it_gives_up() -> None:
    """It waits 5 s in all."""
    shopify = await _opened(resolved(spec=SHOPIFY))

    assert isinstance(shopify, Hook)
    assert (shopify.accepted.status, shopify.emit_timeout_s) == (202, 4)
