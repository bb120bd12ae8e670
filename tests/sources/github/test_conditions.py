"""What a person reads when a hook cannot be kept, and that it says what to do."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sources.github.conftest import World
from tests.sources.github_api import GitHubApi, Reply
from tests.waiting import until


def _wrong_token(api: GitHubApi) -> None:
    api.token = "another"  # noqa: S105


def _strange(api: GitHubApi) -> None:
    api.places.clear()


def _forbidden(api: GitHubApi) -> None:
    message = b'{"message": "Resource not accessible by personal access token"}'
    api.fails = lambda *_: Reply(403, message)


def _full(api: GitHubApi) -> None:
    for number in range(20):
        api.add("acme/shop", f"https://elsewhere.example/{number}")


def _spent(api: GitHubApi) -> None:
    api.remaining = 0


def _secondary(api: GitHubApi) -> None:
    message = b'{"message": "You have exceeded a secondary rate limit."}'
    api.fails = lambda *_: Reply(403, message, {"retry-after": "90"})


def _down(api: GitHubApi) -> None:
    api.fails = lambda *_: Reply(502, b"<html>")


@pytest.mark.parametrize(
    ("trouble", "reason", "told"),
    [
        (_wrong_token, "TokenRefused", ["401 (Bad credentials)", "Secret default/github, key token"]),
        (_strange, "NotAllowed", ["acme/shop", "404", "admin:repo_hook", '"Webhooks: read and write"']),
        (_forbidden, "NotAllowed", ["403 (Resource not accessible by personal access token)"]),
        (_full, "Invalid", ['The "push" event cannot have more than 20 hooks', "remove one"]),
        (_spent, "RateLimited", ["API rate limit exceeded", "tried again at"]),
        (_secondary, "RateLimited", ["secondary rate limit", "tried again at"]),
        (_down, "Unreachable", ["502"]),
    ],
)  # fmt: skip
async def test_what_github_refuses_is_shown_with_what_to_do(
    world: World, trouble: Callable[[GitHubApi], None], reason: str, told: list[str]
) -> None:
    trouble(world.api)
    world.save()

    async with world.keeping():
        condition = await world.shows("False", reason)

    assert all(each in condition.message for each in told), condition.message
    assert world.api.token not in condition.message


@pytest.mark.parametrize(
    ("changes", "status", "reason", "told"),
    [
        ({"is_managed": False}, "True", "NotManaged", "by hand, with Payload URL http"),
        ({"has_url": False}, "False", "NoPublicURL", "--webhook-url"),
        ({"token": None}, "Unknown", "SecretsMissing", "Secrets"),
        ({"secret": b""}, "Unknown", "SecretsMissing", "Secrets"),
        ({"secret": b"\xff"}, "False", "Invalid", "UTF-8"),
        ({"token": "a token\r\nX: y"}, "False", "TokenRefused", "characters"),
        ({"events": ("push", "no_such")}, "False", "Invalid", "no_such"),
        ({"place": "acme/none"}, "False", "NotAllowed", "acme/none"),
        ({"place": "other"}, "False", "NotAllowed", "admin:org_hook"),
    ],
)
async def test_why_no_hook_is_kept(
    world: World, changes: dict[str, Any], status: str, reason: str, told: str
) -> None:
    world.save(**changes)

    async with world.keeping():
        condition = await world.shows(status, reason)

    assert told in condition.message
    assert not any(world.api.hooks.values())


async def test_a_token_may_end_with_a_line_break(world: World) -> None:
    """As one does that was put into a Secret with echo."""
    world.save(token=world.api.token + "\n")

    async with world.keeping():
        await world.shows("True")


async def test_a_hook_that_was_seen_stays_true_while_github_is_away(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.2):
        seen = await world.shows("True")
        _down(world.api)
        condition = await world.shows("True", "Unreachable")
        assert condition.message.startswith(f"{seen.message}; not seen again since: ")
        world.api.fails = lambda *_: None
        assert await world.shows("True") == seen


async def test_a_token_that_was_revoked_is_told_of(world: World) -> None:
    world.save()

    async with world.keeping(every_s=0.2):
        await world.shows("True")
        world.api.token = "another"  # noqa: S105
        await world.shows("False", "TokenRefused")


async def test_one_source_in_trouble_is_no_trouble_of_another(world: World) -> None:
    world.save("broken", place="acme/none")
    world.save()

    async with world.keeping():
        await world.shows("False", "NotAllowed", "broken")
        await world.shows("True")


async def test_failures_are_tried_again_more_and_more_slowly(world: World) -> None:
    _strange(world.api)
    world.save()

    async with world.keeping(every_s=60):  # the first pause is a second
        await world.shows("False", "NotAllowed")
        world.api.places.add("acme/shop")
        await world.shows("True")

    assert len(world.api.made("GET")) == 3  # refused, seen, its deliveries


async def test_while_github_limits_a_token_nothing_is_asked_with_it(world: World) -> None:
    _spent(world.api)
    world.save()

    async with world.keeping(every_s=0.2):
        await world.shows("False", "RateLimited")
        calls = len(world.api.calls)
        world.save(events=("issues",))  # an edit does not help
        world.save("other")
        await world.shows("False", "RateLimited", "other")

    assert len(world.api.calls) == calls


async def test_when_the_limit_is_over_it_goes_on(world: World) -> None:
    world.api.remaining, world.api.reset_in_s = 0, 1
    world.save()

    async with world.keeping():
        await world.shows("False", "RateLimited")
        world.api.remaining = 100
        await until(world.hooks)
