"""How a source fares, as people see it."""

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
