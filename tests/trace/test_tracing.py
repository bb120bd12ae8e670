"""Finding the entries that have an event's id, all of them and no others."""

from zlib import crc32

import orjson
import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, publish
from poplin.log import BEGINNING, Log, LogId
from poplin.log.journal import encode_routed
from poplin.log.look import FIRST, Look
from poplin.log.look import NEWEST as NEWEST_ID
from poplin.log.once import digest_of
from poplin.trace import trace
from poplin.trace.finding import Effort
from tests.log.helpers import FOR_EVER, NEWEST, everything, log_ids
from tests.trace.helpers import BROKER, Steps, entry, trigger

SAME_SUM = ("plumless", "buckeroo")
"""Two texts with one CRC-32."""


async def _logs(steps: Steps, event_id: str, source: str | None = None) -> list[str]:
    return [
        event.log_id.partition(":")[2]
        for event in (await trace(steps.redis, steps.catalog, event_id, source)).events
    ]


async def test_an_event_that_nobody_saw_has_no_entry(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.accept("unrouted")

    for event_id in ("", "E", "e ", "ee", 'e"', "\udcff", "id", "/s"):
        found = await trace(redis, steps.catalog, event_id)

        assert (found.id, found.events, found.notes) == (event_id, (), ())


async def test_it_changes_nothing(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed("e", "a")
    await steps.bury("a")
    before = await everything(redis)

    await trace(redis, steps.catalog, "e")

    assert await everything(redis) == before


@pytest.mark.parametrize("event_id", ['"', "\\", "ä€😀", "\n\t", "a b", "-1", "%00", "x" * 5000])
async def test_whatever_characters_an_id_has(redis: Redis, event_id: str) -> None:
    steps = await Steps.of(redis, trigger("a"))
    routed = await steps.routed(event_id, "a")
    (unrouted,) = await steps.accept(event_id)

    assert await _logs(steps, event_id) == [unrouted.decode(), routed.decode()]


async def test_an_id_in_other_attributes_is_not_found(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    attributes = {"id": "other", "source": "e", "subject": '"id":"e"', "myid": "e"}
    await steps.log.append([entry("first")._replace(attributes=orjson.dumps(attributes))])

    assert await _logs(steps, "e") == []


async def test_a_repeat_that_was_dropped_leads_to_the_first(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    for _ in range(2):
        await steps.log.append_once([entry("e")], [digest_of(entry("e"))], 60_000)
    (first,) = await log_ids(redis, steps.log)

    assert await _logs(steps, "e", "/s") == [first.decode()]


async def test_a_repeated_id_is_found_each_time_newest_first(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    ids = [
        (await steps.accept("e", source="/1"))[0],
        (await steps.accept("e", source="/2"))[0],
        (await steps.accept("e", source="/1"))[0],
    ]
    await steps.route(["e"] * 3, ids, "a")
    await steps.settle("a")

    assert await _logs(steps, "e") == [each.decode() for each in reversed(ids)]
    assert await _logs(steps, "e", "/2") == [ids[1].decode()]
    assert await _logs(steps, "e", "/3") == []


async def test_of_many_entries_with_one_id_the_newest_are_told(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    ids = await steps.accept(*["e"] * 50)
    await steps.route(["e"] * 50, ids, "a")
    await steps.settle("a")

    assert await _logs(steps, "e") == [each.decode() for each in reversed(ids[-20:])]


async def test_an_id_with_the_same_checksum_is_not_taken_for_it(redis: Redis) -> None:
    assert len({crc32(text.encode()) for text in SAME_SUM}) == 1
    steps = await Steps.of(redis, trigger("a"))
    await steps.routed(SAME_SUM[0], "a")

    assert await _logs(steps, SAME_SUM[1]) == []


async def test_the_source_of_a_trimmed_event_is_not_known_and_that_is_said(redis: Redis) -> None:
    steps = await Steps.of(redis)
    await steps.routed("e")
    await steps.routed("later")
    await steps.log.trim(NEWEST, FOR_EVER)

    found = await trace(redis, steps.catalog, "e", source="/any")

    assert [event.state for event in found.events] == ["trimmed"]
    assert found.notes == ("of an event that is not in the log any more the source is not known",)


async def test_every_broker_and_partition_is_asked_unless_one_is_named(redis: Redis) -> None:
    wide = BrokerRecord(namespace="shop", name="orders", partitions=3)
    other = BrokerRecord(namespace="shop", name="other")
    catalog = await publish(redis, [wide, other], [])
    for log in (Log(redis, wide.key, 2), Log(redis, other.key)):
        ids = await log.append([entry("e")]) or []
        await log.route(await log.position(), ids[0], 1, {}, encode_routed(ids, ["e"]))

    everywhere = (await trace(redis, catalog, "e")).events
    at_one = (await trace(redis, catalog, "e", broker=wide.key)).events

    assert {(each.broker, each.log_id[0]) for each in everywhere} == {
        (wide.key, "2"),
        (other.key, "0"),
    }
    assert [each.broker for each in at_one] == [wide.key]
    assert (await trace(redis, catalog, "e", broker="shop/nobody")).events == ()


async def test_what_an_older_release_routed_is_found_in_the_log(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    (log_id,) = await steps.accept("e")
    await steps.log.route(await steps.log.position(), log_id, 1, {})

    assert await _logs(steps, "e") == [log_id.decode()]


@pytest.mark.parametrize("is_told", [True, False])
async def test_a_look_through_the_log_is_bounded_and_says_so(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, is_told: bool
) -> None:
    steps = await Steps.of(redis, trigger("a"))
    ids = await steps.accept(*[f"e{number}" for number in range(1200)])
    if is_told:
        await steps.route([f"e{number}" for number in range(1200)], ids)
    monkeypatch.setattr("poplin.trace.tracing.Effort", lambda: Effort(1000))

    found = await trace(redis, steps.catalog, "e1199")

    assert len(found.events) == is_told
    assert bool(found.notes) != is_told


async def test_large_events_are_looked_through_in_small_bites(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    for number in range(12):
        large = entry(f"e{number}")._replace(data=b"x" * 1_000_000)
        await steps.log.append([large])

    bite = await Look(redis, steps.log.keys).seek(b"no", FIRST, NEWEST_ID)

    assert bite.looked_at == 8
    assert bite.rest is not None
    assert len(await _logs(steps, "e11")) == 1


async def test_what_is_routed_while_we_look_is_told_once_and_with_its_lines(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found twice: by the journal, and behind the cursor that we had read."""
    steps = await Steps.of(redis, trigger("a"), trigger("b"))
    await steps.routed("e", "a")
    await steps.settle("a")

    async def before(_: Look) -> LogId:
        return BEGINNING

    monkeypatch.setattr(Look, "cursor", before)

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert [each.outcome for each in event.matches] == ["delivered", "filtered"]


async def test_brokers_do_not_see_each_others_triggers(redis: Redis) -> None:
    steps = await Steps.of(redis, trigger("a"))
    other = BrokerRecord(namespace="shop", name="other")
    steps.catalog = await publish(redis, [BROKER, other], [trigger("a")])
    await Log(redis, other.key).append([entry("e")])

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert (event.broker, event.matches) == ("shop/other", ())


async def test_all_of_many_triggers_are_told_of(redis: Redis) -> None:
    names = [f"t{number:03d}" for number in range(250)]
    steps = await Steps.of(redis, *map(trigger, names))
    await steps.routed("e", "t007", "t101", "t249")
    await steps.settle("t101")

    (event,) = (await trace(redis, steps.catalog, "e")).events

    assert [each.trigger for each in event.matches] == [f"shop/{name}" for name in names]
    assert {each.trigger: each.outcome for each in event.matches if each.outcome != "filtered"} == {
        "shop/t007": "waiting",
        "shop/t101": "delivered",
        "shop/t249": "waiting",
    }
