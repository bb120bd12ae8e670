"""How a source fares, as people see it."""

from collections.abc import Callable

import pytest

from poplin.catalog import Condition
from sources.standing import Standing


def _condition(standing: Standing, kind: str) -> Condition | None:
    return next((each for each in standing.conditions() if each.type == kind), None)


def test_a_source_says_that_nothing_has_come_yet() -> None:
    assert Standing().conditions() == (
        Condition("DeliveryReceived", "Unknown", "NoDelivery", "nothing has come yet"),
    )


def test_the_last_delivery_is_told_with_its_note() -> None:
    standing = Standing(clock=lambda: 86_400.0)

    standing.received("ping of hook 42")

    (received,) = standing.conditions()
    assert received.status == "True"
    assert received.message == "the last came at 1970-01-02 00:00:00 UTC: ping of hook 42"


def test_an_event_that_is_too_large_is_told_until_one_as_large_is_taken() -> None:
    standing, seen = Standing(), []

    standing.too_large(2000)
    for size in (1999, 2000):
        standing.emitted(size, 0.1)
        seen.append(_condition(standing, "EventsAccepted"))

    refused, accepted = seen
    assert refused is not None
    assert (refused.status, refused.reason) == ("False", "EventTooLarge")
    assert "2000 bytes" in refused.message
    assert "--max-event-bytes" in refused.message
    assert accepted == Condition("EventsAccepted", "True")


def test_an_edit_clears_what_the_sink_refused() -> None:
    standing = Standing()
    standing.too_large(2000)

    standing.edited()

    assert _condition(standing, "EventsAccepted") is None


def test_a_sink_that_is_away_is_told_until_it_takes_an_event() -> None:
    standing, seen = Standing(), []

    standing.sink_failed("SinkAway", "refused")
    seen.append(_condition(standing, "EventsAccepted"))
    standing.emitted(0, 0.1)
    seen.append(_condition(standing, "EventsAccepted"))

    assert seen == [
        Condition("EventsAccepted", "False", "SinkAway", "refused"),
        Condition("EventsAccepted", "True"),
    ]


def test_a_sink_that_is_away_does_not_hide_that_events_are_too_large() -> None:
    standing = Standing()
    standing.too_large(2000)

    standing.sink_failed("SinkAway", "refused")

    accepted = _condition(standing, "EventsAccepted")
    assert accepted is not None
    assert accepted.reason == "EventTooLarge"


def test_the_condition_of_the_hook_at_the_provider_comes_first() -> None:
    standing = Standing()
    standing.webhook = Condition("WebhookConfigured", "True")

    assert [each.type for each in standing.conditions()] == [
        "WebhookConfigured",
        "DeliveryReceived",
    ]


def test_what_acts_by_itself_has_not_begun_until_it_says_so() -> None:
    standing = Standing(takes_webhooks=False)
    before = standing.conditions()
    standing.say(Condition("Deployed", "True"))
    standing.say(Condition("OnTime", "False", "TicksMissed", "three"))

    assert before == (
        Condition("Deployed", "Unknown", "NotYetStarted", "no process has begun with it yet"),
    )
    assert standing.conditions() == (
        Condition("Deployed", "True"),
        Condition("OnTime", "False", "TicksMissed", "three"),
    )


@pytest.mark.parametrize("again", [Standing.rest, Standing.edited])
def test_who_begins_anew_has_said_nothing(again: Callable[[Standing], None]) -> None:
    standing = Standing(takes_webhooks=False)
    before = standing.conditions()
    standing.say(Condition("OnTime", "False"))
    standing.sink_failed("SinkAway", "refused")
    standing.show(standing.conditions(), ("a",), 1.0)

    again(standing)

    assert standing.conditions() == before
    assert not standing.namespaces
    assert standing.lag_s is None


def test_what_another_process_says_stands_in_place_of_its_own() -> None:
    standing = Standing(takes_webhooks=False)
    standing.emitted(1, 0.5)

    standing.show((Condition("Deployed", "True"),), ("a",), 2.0)

    assert standing.conditions() == (Condition("Deployed", "True"),)
    assert (standing.namespaces, standing.lag_s) == (("a",), 2.0)
