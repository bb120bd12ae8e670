"""A hook is at GitHub as its source asks for it, whatever became of it meanwhile."""

import asyncio
import time
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from poplin.store import connect
from sources.github import TokenPlace
from sources.github.hooks import Wanted
from sources.github.memory import HOOKS
from tests.sources.github.conftest import SECRET, World
from tests.sources.github_api import TOKEN
from tests.waiting import until


async def test_a_hook_is_created_as_the_source_asks_for_it(world: World) -> None:
    kept = world.save(events=("push", "issues"))

    async with world.keeping():
        condition = await world.shows("True")

    [hook] = world.hooks()
    assert world.api.made("POST")[0].body == {
        "name": "web",
        "active": True,
        "events": ["push", "issues"],
        "config": {
            "url": world.url,
            "content_type": "json",
            "secret": SECRET.decode(),
            "insecure_ssl": "0",
        },
    }
    assert condition.message == f"hook {hook['id']} at acme/shop"
    assert kept.standing.webhook_id == str(hook["id"])


async def test_stopping_deletes_nothing(world: World) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")

    assert len(world.hooks()) == 1
    assert world.api.made("DELETE") == []


async def test_a_hook_of_an_organisation(world: World) -> None:
    world.save(place="acme")

    async with world.keeping():
        await world.shows("True")

    assert len(world.hooks("acme")) == 1


async def test_a_hook_that_is_there_already_is_adopted_from_whatever_page(world: World) -> None:
    world.api.most_listed = 2
    for number in range(5):
        world.api.add("acme/shop", f"https://elsewhere.example/{number}")
    by_hand = world.api.add("acme/shop", world.url)
    world.save()

    async with world.keeping():
        condition = await world.shows("True")

    assert condition.message == f"hook {by_hand['id']} at acme/shop"
    assert len(world.hooks()) == 6
    assert by_hand["config"]["content_type"] == "json"
    assert world.api.secrets[by_hand["id"]] == SECRET.decode()


@pytest.mark.parametrize(
    "drift",
    [
        {"active": False},
        {"events": ["push", "star"]},
        {"config": {"content_type": "form"}},
        {"config": {"insecure_ssl": "1"}},
        {"config": {"secret": None}},
        {"config": {"url": "https://elsewhere.example/"}},
    ],
    ids=str,
)
async def test_what_somebody_changed_at_github_is_repaired(
    world: World, drift: dict[str, Any]
) -> None:
    world.save()

    async with world.keeping(every_s=0.3):
        await world.shows("True")
        [hook] = world.hooks()
        wanted = deepcopy(hook)
        hook["config"] |= drift.get("config", {})
        hook |= {**drift, "config": hook["config"]}
        await until(lambda: world.api.made("PATCH"))
        await until(lambda: {**hook, "updated_at": ""} == {**wanted, "updated_at": ""})

    assert [each["id"] for each in world.hooks()] == [wanted["id"]]


async def test_a_hook_that_is_as_it_should_be_is_only_looked_at(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.2):
        await until(lambda: len(world.api.made("GET")) > 8)

    assert world.api.made("PATCH") == []
    assert len(world.api.made("POST")) == 1


async def test_what_github_makes_of_a_wish_is_not_asked_for_again_and_again(world: World) -> None:
    """It may have another name for an event by now."""
    world.save(events=("push", "issues"))

    async with world.keeping(every_s=0.2):
        await world.shows("True")
        create = world.api._hook
        world.api._hook = lambda body, *more: create({**body, "events": ["push"]}, *more)  # type: ignore[method-assign]
        world.hooks()[0]["events"] = ["push"]
        await until(lambda: world.api.made("PATCH"))
        seen = len(world.api.made("GET"))
        await until(lambda: len(world.api.made("GET")) > seen + 6)

    assert len(world.api.made("PATCH")) == 1


async def test_a_source_that_asks_for_something_else_has_its_hook_changed_at_once(
    world: World,
) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.save(events=("issues",), is_secure=False)
        await until(lambda: world.hooks()[0]["events"] == ["issues"])

    assert world.hooks()[0]["config"]["insecure_ssl"] == "1"
    assert len(world.hooks()) == 1


async def test_a_changed_secret_is_written_again_and_the_same_one_is_not(world: World) -> None:
    world.save()
    async with world.keeping():
        await world.shows("True")
    [hook] = world.hooks()

    async with world.keeping():
        await until(lambda: len(world.api.made("GET")) > 2)
        assert world.api.made("PATCH") == []
        world.save(secret=b"another")
        await until(lambda: world.api.secrets[hook["id"]] == "another")
    world.save(secret=b"a third")
    async with world.keeping():
        await until(lambda: world.api.secrets[hook["id"]] == "a third")


async def test_no_secret_and_no_token_is_kept_in_the_store(world: World) -> None:
    kept = world.save()

    async with world.keeping():
        await world.shows("True")

    [stored] = await _remembered(world)
    assert f'"hook_id":{kept.standing.webhook_id}'.encode() in stored
    assert SECRET not in stored
    assert TOKEN.encode() not in stored


def test_what_tells_a_changed_secret_cannot_be_computed_without_the_token() -> None:
    wanted = Wanted(url="https://hooks.example/", events=("push",), verifies=True, secret=TOKEN)

    assert wanted.digest(TOKEN) == replace(wanted, events=()).digest(TOKEN)
    assert wanted.digest(TOKEN) != replace(wanted, secret=TOKEN[1:]).digest(TOKEN)
    assert wanted.digest(TOKEN) != wanted.digest("another token")


async def test_a_hook_that_somebody_deleted_is_made_again(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.3):
        await world.shows("True")
        before = world.hooks()[0]["id"]
        world.hooks().clear()
        await until(world.hooks)
        await until(
            lambda: world.sources["shop"].standing.webhook_id == str(world.hooks()[0]["id"])
        )

    assert world.hooks()[0]["id"] != before


async def test_only_repeats_of_our_own_url_are_removed(world: World) -> None:
    first = world.api.add("acme/shop", world.url)
    world.api.add("acme/shop", world.url, events=["issues"])
    other = world.api.add("acme/shop", "https://elsewhere.example/default/shop")
    world.save()

    async with world.keeping():
        await world.shows("True")

    assert [each["id"] for each in world.hooks()] == [first["id"], other["id"]]


async def test_the_hook_of_a_source_that_is_gone_is_deleted(world: World) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.sources.clear()
        await until(lambda: not world.hooks())
        await until(lambda: _is_empty(world))


async def test_a_source_that_comes_back_in_time_keeps_its_hook(world: World) -> None:
    world.save()

    async with world.keeping(removed_kept_s=1.5):
        await world.shows("True")
        hook = dict(world.hooks()[0])
        gone = world.sources.pop("shop")
        await asyncio.sleep(1.2)  # it is noticed within a second
        world.sources["shop"] = gone
        await asyncio.sleep(1.2)

    assert [each["id"] for each in world.hooks()] == [hook["id"]]
    assert world.api.made("DELETE") == []


async def test_the_hook_of_a_source_that_left_while_nobody_looked_is_deleted(world: World) -> None:
    kept = world.save()
    async with world.keeping():
        await world.shows("True")
    world.sources.clear()
    world.tokens[TokenPlace("default", "github", "token")] = TOKEN

    async with world.keeping():
        await until(lambda: not world.hooks())

    assert world.api.made("DELETE")[0].path == f"repos/acme/shop/hooks/{kept.standing.webhook_id}"


async def test_a_hook_whose_token_is_gone_too_is_named_for_somebody_to_remove(world: World) -> None:
    kept = world.save()
    async with world.keeping():
        await world.shows("True")
    world.sources.clear()

    with capture_logs() as lines:
        async with world.keeping():
            await until(lambda: _is_empty(world))

    [line] = [each for each in lines if "by hand" in each["event"]]
    assert line["at"] == "acme/shop"
    assert str(line["hook"]) == kept.standing.webhook_id
    assert "Secret default/github, key token" in line["reason"]
    assert len(world.hooks()) == 1


async def test_a_hook_that_is_gone_already_is_removed(world: World) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.hooks().clear()
        world.sources.clear()
        await until(lambda: _is_empty(world))


async def test_another_repository_gets_the_hook_and_the_old_one_loses_it(world: World) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.save(place="acme/till")
        await until(lambda: world.hooks("acme/till") and not world.hooks("acme/shop"))


@pytest.mark.parametrize(
    "change",
    [{"is_readable": False}, {"token": None}, {"secret": b""}, {"has_url": False}],
    ids=str,
)
async def test_a_source_in_trouble_of_its_own_leaves_the_hook_alone(
    world: World, change: dict[str, Any]
) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.save(**change)
        await asyncio.sleep(0.8)

    assert len(world.hooks()) == 1


async def test_a_source_without_its_token_any_more_leaves_the_hook_to_its_owner(
    world: World,
) -> None:
    world.save()

    async with world.keeping():
        await world.shows("True")
        world.save(is_managed=False)
        await world.shows("True", "NotManaged")
        await until(lambda: _is_empty(world))

    assert len(world.hooks()) == 1


async def test_of_two_keepers_one_keeps_the_hook_and_both_show_it(world: World) -> None:
    world.save()
    other = replace(world, sources={})
    other.save()

    async with world.keeping(), other.keeping():
        await world.shows("True")
        await other.shows("True")

    assert len(world.api.made("POST")) == 1


async def test_a_keeper_ends_at_once_while_github_does_not_answer(world: World) -> None:
    asked, end = asyncio.Event(), asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await end.wait()
        writer.close()
        await writer.wait_closed()
        end.clear()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        world.api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        world.save()
        async with world.keeping():
            await asked.wait()
            began = time.monotonic()
        took_s = time.monotonic() - began
        end.set()
        await until(lambda: not end.is_set())

    assert took_s < 5


async def test_nothing_is_removed_while_nobody_knows_which_sources_there_are(
    world: World,
) -> None:
    world.save()
    async with world.keeping():
        await world.shows("True")
    world.is_known = False

    async with world.keeping():
        await asyncio.sleep(1.5)

    assert len(world.hooks()) == 1


async def test_without_the_store_nothing_is_done_and_a_keeper_still_ends(world: World) -> None:
    nobody = connect("redis://127.0.0.1:1", timeout_s=0.5)
    away = replace(world, redis=nobody)
    away.save()
    away.save("by-hand", is_managed=False)

    async with away.keeping():
        await away.shows("True", "NotManaged", "by-hand")
        await away.shows("Unknown", "NotLookedYet")

    await nobody.aclose()
    assert world.api.calls == []


async def _is_empty(world: World) -> bool:
    return not await _remembered(world)


async def _remembered(world: World) -> list[bytes]:
    fields: Any = await world.redis.hgetall(HOOKS)
    return list(fields.values())
