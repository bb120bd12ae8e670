"""What nobody took is asked for again, each event with growing delays, and nothing else is."""

import time

import pytest

from sources.github.redelivery import Delivery, Plan, plan, read_delivery
from tests.fabric import Received
from tests.sources.github.conftest import World
from tests.sources.github_api import Reply
from tests.waiting import until

NOW_S = 1_000_000.0


def attempt(guid: str, ago_s: float, status: int | None = 503, number: int = 0) -> Delivery:
    return Delivery(id=number or int(1e9 - ago_s), guid=guid, at_s=NOW_S - ago_s, status=status)


def planned(*deliveries: Delivery, changed_ago_s: float = 1e6) -> Plan:
    return plan(deliveries, now_s=NOW_S, changed_s=NOW_S - changed_ago_s, first_delay_s=30.0)


def asked(*deliveries: Delivery, changed_ago_s: float = 1e6) -> list[str]:
    return [each.guid for each in planned(*deliveries, changed_ago_s=changed_ago_s).ask]


@pytest.mark.parametrize("status", [0, 301, 404, 405, 408, 429, 500, 502, 503, 504])
def test_what_a_later_attempt_may_mend_is_asked_for(status: int) -> None:
    assert asked(attempt("a", 60, status)) == ["a"]


@pytest.mark.parametrize("status", [200, 202, 204, 400, 410, 413, 401, None])
def test_what_was_taken_or_cannot_be_mended_is_not(status: int | None) -> None:
    assert asked(attempt("a", 25, status)) == []


def test_one_success_settles_an_event_whenever_it_was() -> None:
    assert asked(attempt("a", 500), attempt("a", 400, 202), attempt("a", 300)) == []


def test_a_wrong_signature_is_asked_for_again_once_the_hook_was_changed() -> None:
    assert asked(attempt("a", 60, 401), changed_ago_s=50) == ["a"]
    assert asked(attempt("a", 60, 401), changed_ago_s=70) == []


def test_the_newest_attempt_decides_whether_it_can_be_mended() -> None:
    assert asked(attempt("a", 500, 503), attempt("a", 100, 400)) == []
    assert asked(attempt("a", 500, 400), attempt("a", 100, 503)) == ["a"]


@pytest.mark.parametrize(
    ("attempts", "delay_s"),
    [(1, 30), (2, 60), (3, 120), (8, 3840), (10, 15360), (11, 21600), (40, 21600)],
)
def test_each_failure_doubles_the_delay_up_to_six_hours(attempts: int, delay_s: float) -> None:
    before = [attempt("a", 30_000 + number) for number in range(attempts - 1)]

    assert asked(*before, attempt("a", delay_s + 1)) == ["a"]
    early = planned(*before, attempt("a", delay_s - 1))
    assert early.ask == ()
    assert early.next_at_s == NOW_S + 1


def test_the_oldest_are_asked_for_first_by_their_newest_attempt() -> None:
    ask = planned(attempt("b", 100), attempt("a", 500), attempt("c", 200), attempt("a", 400)).ask

    assert [(each.guid, each.at_s) for each in ask] == [
        ("a", NOW_S - 400), ("c", NOW_S - 200), ("b", NOW_S - 100),
    ]  # fmt: skip


def test_events_of_one_second_are_asked_for_in_the_order_of_their_numbers() -> None:
    assert asked(*(attempt(str(number), 60, number=number) for number in (9, 11, 10))) == [
        "9", "10", "11",
    ]  # fmt: skip


def test_an_attempt_that_two_pages_list_is_one() -> None:
    assert asked(*[attempt("a", 31)] * 3) == ["a"]


def test_what_is_settled_need_not_be_listed_again() -> None:
    settled = [attempt("a", 900, 202), attempt("b", 800, 413)]

    assert planned(*settled).open_since_s is None
    later = planned(*settled, attempt("c", 700), attempt("c", 10), attempt("d", 600, 0))
    assert later.open_since_s == NOW_S - 700


LISTED = {"id": 5, "guid": "g", "delivered_at": "1970-01-01T00:01:00Z", "status_code": 502}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (LISTED, Delivery(id=5, guid="g", at_s=60.0, status=502)),
        ({**LISTED, "status_code": None}, Delivery(id=5, guid="g", at_s=60.0, status=None)),
        ({**LISTED, "status": "Pending", "status_code": 0}, Delivery(id=5, guid="g", at_s=60.0, status=None)),
        ({**LISTED, "id": "5"}, None),
        ({**LISTED, "guid": None}, None),
        ({**LISTED, "delivered_at": "yesterday"}, None),
        ({}, None),
        ([], None),
    ],
)  # fmt: skip
def test_a_delivery_as_it_is_listed(raw: object, read: Delivery | None) -> None:
    assert read_delivery(raw) == read


# Against GitHub and a receiver that fails for a while


def taken(world: World) -> list[Received]:
    return [each for each in world.receiver.received if each.headers["x-github-event"] != "ping"]


def listings(world: World) -> int:
    """How many pages of deliveries were asked for."""
    return len([each for each in world.api.made("GET") if each.path.endswith("/deliveries")])


async def test_an_event_that_failed_comes_again_with_its_guid_and_data(world: World) -> None:
    world.save()

    async with world.keeping(every_s=1):
        await world.shows("True")
        world.receiver.answer = lambda _: (503, "", b"")
        guid = await world.api.deliver("acme/shop", "push", {"ref": "refs/heads/main"})
        world.receiver.answer = lambda _: (202, "", b"")
        await until(lambda: len(taken(world)) == 2)

    first, again = taken(world)
    assert again.headers["x-github-delivery"] == guid
    assert again.data == first.data
    assert again.headers["x-hub-signature-256"] == first.headers["x-hub-signature-256"]


async def test_nothing_that_was_taken_comes_twice(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.2):
        await world.shows("True")
        for number in range(5):
            await world.api.deliver("acme/shop", "push", {"number": number})
        looks = len(world.api.made("GET"))
        await until(lambda: len(world.api.made("GET")) > looks + 6)

    assert len(taken(world)) == 5


async def test_after_an_answer_of_5xx_of_our_own_github_is_asked_much_sooner(world: World) -> None:
    kept = world.save()

    async with world.keeping(every_s=20):
        await world.shows("True")
        await until(lambda: listings(world))
        world.receiver.answer = lambda _: (503, "", b"")
        await world.api.deliver("acme/shop", "push", {})
        kept.standing.failed()
        world.receiver.answer = lambda _: (202, "", b"")
        await until(lambda: len(taken(world)) == 2, 10)


async def test_all_of_many_failures_come_again_oldest_first(world: World) -> None:
    world.save()
    world.api.most_listed = 20

    async with world.keeping(every_s=1):
        await world.shows("True")
        world.receiver.answer = lambda _: (503, "", b"")
        guids = [await world.api.deliver("acme/shop", "push", {"n": n}) for n in range(90)]
        world.receiver.received.clear()
        world.receiver.answer = lambda _: (202, "", b"")
        await until(
            lambda: {each.headers["x-github-delivery"] for each in taken(world)} == {*guids}
        )

    attempts = [
        each.path.split("/")[-2] for each in world.api.made("POST") if "attempts" in each.path
    ]
    assert attempts == sorted(attempts, key=int)


async def test_a_hook_whose_deliveries_nobody_may_list_is_kept_all_the_same(world: World) -> None:
    world.api.fails = lambda _, path: (
        Reply(404, b'{"message": "Not Found"}') if "deliveries" in path else None
    )
    world.save()

    async with world.keeping():
        await until(
            lambda: (
                "not asked for again"
                in getattr(world.sources["shop"].standing.webhook, "message", "")
            )
        )
        condition = await world.shows("True")

    assert condition.message.startswith("hook ")


async def test_little_of_the_limit_is_left_for_hooks_not_for_redeliveries(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.5):
        await world.shows("True")
        world.receiver.answer = lambda _: (503, "", b"")
        await world.api.deliver("acme/shop", "push", {})
        world.api.remaining = 400
        world.api.clock = lambda: time.time() + 5  # it is due
        looks = listings(world)
        await until(lambda: listings(world) > looks + 3)
        assert len(taken(world)) == 1
        world.api.remaining = 4000
        await until(lambda: len(taken(world)) == 2)


async def test_what_is_settled_is_listed_once(world: World) -> None:
    world.save()
    async with world.keeping():
        await world.shows("True")
        await until(lambda: listings(world))
    world.api.clock = lambda: time.time() - 3600
    for number in range(12):
        await world.api.deliver("acme/shop", "push", {"number": number})
    world.api.clock = time.time
    world.api.most_listed = 4
    before = listings(world)

    async with world.keeping(every_s=0.2):
        await until(lambda: listings(world) > before + 8)
        looks = len([each for each in world.api.calls if each.path == "repos/acme/shop/hooks"])
        await until(
            lambda: (
                len([each for each in world.api.calls if each.path == "repos/acme/shop/hooks"])
                > looks + 5
            )
        )

    later = world.api.calls[-8:]
    assert {each.query.get("cursor") for each in later if "deliveries" in each.path} == {None}


async def test_what_failed_while_the_service_was_stopped_comes_when_it_starts(world: World) -> None:
    world.save()
    async with world.keeping():
        await world.shows("True")
        await until(lambda: listings(world))
    world.receiver.answer = lambda _: (500, "", b"")
    world.api.clock = lambda: time.time() - 3600
    guid = await world.api.deliver("acme/shop", "push", {})
    world.api.clock = time.time
    world.receiver.answer = lambda _: (202, "", b"")

    async with world.keeping(every_s=300):
        await until(lambda: len(taken(world)) == 2)

    assert taken(world)[1].headers["x-github-delivery"] == guid
