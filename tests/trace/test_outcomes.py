"""What became of an event at a trigger, for every way that it can go."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from poplin.catalog import publish, set_paused
from poplin.log import Deferral
from poplin.log.look import PARKED_US
from poplin.trace import trace
from tests.log.helpers import FOR_EVER, NEWEST, lease_runs_out
from tests.trace.helpers import BROKER, GRAVE, Steps, lines, trigger

OTHER = ({"exact": {"type": "other"}},)


async def test_delivered(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.settle("a", note="replied")

    match = await steps.match("e")

    assert (match.outcome, match.why) == ("delivered", "answered 202 at attempt 1, replied")
    (attempt,) = match.attempts
    assert (attempt.attempt, attempt.to, attempt.status) == (1, "subscriber", 202)
    assert (attempt.ms, attempt.outcome, attempt.note) == (3, "delivered", "replied")
    assert abs(attempt.time_us - await steps.log.server_time_us()) < 60e6


async def test_filtered_out(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a", filters=OTHER))
    await steps.routed("e")

    match = await steps.match("e")

    assert match.outcome == "filtered"
    assert match.why == (
        "by its filter of today, filters[0].exact.type: type is 't'; it should be 'other'"
    )


async def test_filtered_out_by_a_filter_that_was_edited_since(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a", filters=OTHER))
    await steps.routed("e")
    steps.catalog = await publish(redis, [BROKER], [trigger("a")])

    match = await steps.match("e")

    assert match.outcome == "filtered"
    assert match.why == (
        "it was not served, or did not match, when this was routed; "
        "it would match by its filter of today"
    )


async def test_delivered_though_the_filter_of_today_would_not_let_it_pass(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.settle("a")
    steps.catalog = await publish(redis, [BROKER], [trigger("a", filters=OTHER)])

    assert (await steps.match("e")).outcome == "delivered"


async def test_retrying(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.defer("a", 1, 0)
    await steps.defer("a", 2, 60)

    match = await steps.match("e")

    assert (match.outcome, match.why) == ("retrying", "answered 503; attempt 3 follows")
    assert [each.attempt for each in match.attempts] == [1, 2]
    assert match.next_us is not None
    assert 50e6 < match.next_us - await steps.log.server_time_us() <= 60e6


async def test_in_flight(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.defer("a", 1, 0)
    await steps.lease("a")

    match = await steps.match("e")

    assert (match.outcome, match.why) == ("in flight", "attempt 2 is under way")
    assert match.next_us is None


async def test_its_lease_ran_out(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    await steps.lease("a")
    await lease_runs_out(redis, steps.log, "a", log_id)

    match = await steps.match("e")

    assert match.outcome == "waiting"
    assert match.why == "attempt 1 was cut off, and is made again soon"


async def test_waiting(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")

    match = await steps.match("e")

    assert (match.outcome, match.why) == ("waiting", "its turn has not come yet")


@pytest.mark.parametrize("by_annotation", [True, False])
async def test_waiting_for_a_trigger_that_is_paused(redis: Redis, by_annotation: bool) -> None:
    steps = await Steps.of(redis, trigger("a", paused=by_annotation))
    await set_paused(redis, "a", is_paused=not by_annotation)
    await steps.routed("e", "a")

    waiting = await steps.match("e")
    await steps.defer("a")
    retried = await steps.match("e")

    assert (waiting.outcome, waiting.why) == ("waiting", "the trigger is paused")
    assert (retried.outcome, retried.why) == ("waiting", "answered 503; the trigger is paused")
    assert waiting.next_us is retried.next_us is None


async def test_waiting_behind_another_of_its_key(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    await redis.zadd(steps.log.keys.due("a"), {log_id: PARKED_US})

    match = await steps.match("e")

    assert (match.outcome, match.next_us) == ("waiting", None)
    assert match.why == "an earlier event of its key comes first"


async def test_given_back_is_no_attempt(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    (held,) = await steps.lease("a")
    told = lines("g", held.id, "a", 1, 0, "kept apart")
    await steps.log.defer([Deferral(held, 60, False)], told)

    match = await steps.match("e")

    assert match.outcome == "waiting"
    assert match.why == "kept apart; its turn has not come yet"
    assert [each.outcome for each in match.attempts] == ["given back"]
    assert match.next_us is not None


async def test_dead(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.defer("a", 1, 0)
    await steps.bury("a")

    match = await steps.match("e")

    assert (match.outcome, match.why) == ("dead", "given up after 2 attempts: answered 500")
    assert match.grave == GRAVE
    assert [each.outcome for each in match.attempts] == ["retrying", "dead"]


async def test_on_its_way_to_the_dead_letter_sink(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.bury("a", has_sink=True)
    await steps.lease("a")

    match = await steps.match("e")

    assert match.outcome == "in flight"
    assert match.why == (
        "given up after 2 attempts: answered 500; on its way to the dead-letter sink: "
        "attempt 1 is under way"
    )
    assert match.grave == GRAVE


async def test_taken_by_the_dead_letter_sink(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.bury("a", has_sink=True)
    (held,) = await steps.lease("a")
    await steps.log.settle([held], lines("s", held.id, "a", 1, 200, to_sink=True))

    match = await steps.match("e")

    assert match.outcome == "dead"
    assert match.why == (
        "given up after 2 attempts: answered 500; its dead-letter sink took it, answering 200"
    )
    assert [each.to for each in match.attempts] == ["subscriber", "dead-letter sink"]


async def test_refused_by_the_dead_letter_sink_too(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.bury("a", has_sink=True)
    (held,) = await steps.lease("a")
    grave = replace(GRAVE, sink_reason="answered 404")
    await redis.zadd(steps.log.keys.dead("a"), {held.id: 1})
    await redis.zrem(steps.log.keys.due("a"), held.id)
    await redis.hset(steps.log.keys.grave("a"), held.id, grave.to_json())

    match = await steps.match("e")

    assert match.outcome == "dead"
    assert match.why.endswith("answered 500; its dead-letter sink: answered 404")


async def test_purged(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    await steps.bury("a")
    await steps.log.purge("a", [log_id])

    match = await steps.match("e")

    assert match.outcome == "dead"
    assert match.why == (
        "given up after 2 attempts: answered 500; its dead letter is not kept any more"
    )
    assert match.grave is None


async def test_redriven_and_delivered(redis: Redis) -> None:
    """Attempts are counted anew."""
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    await steps.bury("a")
    await steps.log.revive("a", [log_id])

    waiting = await steps.match("e")
    await steps.settle("a")
    delivered = await steps.match("e")

    assert waiting.outcome == "waiting"
    assert delivered.outcome == "delivered"
    assert [(each.attempt, each.outcome) for each in delivered.attempts] == [
        (2, "dead"),
        (1, "delivered"),
    ]


async def test_replayed_to_a_trigger_that_had_not_matched(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a", filters=OTHER))
    log_id = await steps.routed("e")
    await steps.log.replay("a", [log_id], steps.catalog.version, "")

    waiting = await steps.match("e")
    await steps.settle("a")
    delivered = await steps.match("e")

    assert (waiting.outcome, delivered.outcome) == ("waiting", "delivered")


async def test_replayed_after_it_was_delivered(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    await steps.settle("a")
    await steps.log.replay("a", [log_id], steps.catalog.version, "")
    await steps.lease("a")

    assert (await steps.match("e")).outcome == "in flight"


async def test_trimmed(redis: Redis) -> None:
    """The journal still tells of it, if not why a trigger did not match."""
    steps = await Steps.of(redis, trigger("a"), trigger("b", filters=OTHER))
    await steps.routed("e", "a")
    await steps.settle("a")
    await steps.routed("later")
    await steps.log.trim(NEWEST, FOR_EVER)

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert (event.state, event.source, event.type) == ("trimmed", "", "")
    assert abs(event.accepted_us - await steps.log.server_time_us()) < 60e6
    assert [(each.outcome, len(each.attempts)) for each in event.matches] == [
        ("delivered", 1),
        ("filtered", 0),
    ]
    assert event.matches[1].why == ("it was not served, or did not match, when this was routed")


async def test_not_routed_yet(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"), trigger("b", filters=OTHER))
    await steps.routed("before", "a")
    await steps.accept("e")

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert [(each.outcome, each.why) for each in event.matches] == [
        ("waiting", "not routed yet; it matches by its filter of today"),
        (
            "filtered",
            "not routed yet; by its filter of today, "
            "filters[0].exact.type: type is 't'; it should be 'other'",
        ),
    ]


async def test_older_than_the_journal(redis: Redis) -> None:
    """The queues tell still what is owed; of what is not, the filter of today is all there is."""
    steps = await Steps.of(redis, trigger("a"), trigger("b"), trigger("c", filters=OTHER))
    await steps.routed("e", "a", "b")
    await steps.bury("a")
    await steps.settle("b")
    await redis.delete(steps.log.keys.journal_tail)
    await steps.routed("later", "a")

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert [each.outcome for each in event.matches] == ["dead", "unknown", "filtered"]
    assert event.matches[1].why == (
        "it matches by its filter of today and is in no queue: delivered, or given up and purged; "
        "the journal does not go back so far"
    )


async def test_a_removed_trigger_is_told_of_as_long_as_it_has_something_to_tell(
    redis: Redis,
) -> None:
    steps = await Steps.of(redis, trigger("a"), trigger("b"), trigger("c"))
    await steps.routed("e", "a", "b")
    await steps.settle("a")
    steps.catalog = await publish(redis, [BROKER], [])

    (event,) = (await trace(redis, steps.catalog, "e")).events
    forgotten = replace(steps.catalog, removed={})
    (long_after,) = (await trace(redis, forgotten, "e")).events

    assert [(each.trigger, each.outcome) for each in event.matches] == [
        ("shop/a", "delivered"),
        ("shop/b", "waiting"),
    ]
    assert [(each.trigger, each.outcome) for each in long_after.matches] == [("a", "delivered")]


async def test_an_entry_that_the_log_lost_is_not_called_delivered(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    (held,) = await steps.lease("a")
    await steps.log.settle([held], lines("s", held.id, "a", 1, 0, "lost: not in the log"))

    match = await steps.match("e")

    assert match.outcome == "unknown"
    assert match.why == "lost: not in the log, and not in the queue any more"


async def test_the_newest_hundred_attempts_are_told(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    log_id = await steps.routed("e", "a")
    for number in range(1, 131):
        await steps.log.defer([], lines("d", log_id, "a", number, 503))

    attempts = (await steps.match("e")).attempts

    assert [each.attempt for each in attempts] == list(range(31, 131))
