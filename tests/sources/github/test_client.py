"""The client of GitHub's API: patient with GitHub, and careful with the token."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sources.github.answers import (
    Answer,
    GitHubError,
    InvalidError,
    MissingError,
    NotAllowedError,
    RateLimitedError,
    TokenRefusedError,
    UnreachableError,
    check,
)
from sources.github.client import GitHub, Limits, http_client
from sources.turn import TurnLostError
from tests.sources.github_api import TOKEN, GitHubApi, Reply

NOW_S = 1_800_000_000.0


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with http_client() as client:
        yield client


def github(http: httpx.AsyncClient, url: str, **more: Any) -> GitHub:
    options: dict[str, Any] = {"limits": Limits(), "before": lambda: None, "pause_s": 0.01}
    return GitHub(http, url, TOKEN, **{**options, **more})


def refusing(
    times: int, status: int, headers: dict[str, str] | None = None
) -> Callable[[str, str], Reply | None]:
    left = [times]

    def fails(*_: str) -> Reply | None:
        left[0] -= 1
        return Reply(status, headers=headers or {}) if left[0] >= 0 else None

    return fails


async def test_every_page_is_read(http: httpx.AsyncClient, api: GitHubApi) -> None:
    made = [api.add("acme/shop", f"https://elsewhere.example/{n}")["id"] for n in range(7)]
    api.most_listed = 3

    pages = [page.body async for page in github(http, api.url).pages("repos/acme/shop/hooks")]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [hook["id"] for page in pages for hook in page] == made


async def test_a_request_says_who_asks_and_for_what(
    http: httpx.AsyncClient, api: GitHubApi
) -> None:
    await github(http, api.url).call("GET", "repos/acme/shop/hooks")

    [called] = api.calls
    assert called.headers["authorization"] == f"Bearer {TOKEN}"
    assert called.headers["accept"] == "application/vnd.github+json"
    assert called.headers["x-github-api-version"] == "2022-11-28"
    assert called.headers["accept-encoding"] == "identity"  # nothing is unpacked
    assert called.headers["user-agent"] == "poplin"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_what_may_be_asked_twice_is_asked_again_after_a_5xx(
    http: httpx.AsyncClient, api: GitHubApi, method: str
) -> None:
    hook = api.add("acme/shop", "https://elsewhere.example/")
    api.fails = refusing(2, 502)

    body = {"active": False} if method == "PATCH" else None
    await github(http, api.url).call(method, f"repos/acme/shop/hooks/{hook['id']}", body)

    assert len(api.calls) == 3


async def test_a_post_that_got_no_answer_is_not_repeated(
    http: httpx.AsyncClient, api: GitHubApi
) -> None:
    api.fails = refusing(1, 502)

    with pytest.raises(UnreachableError, match="502"):
        await github(http, api.url).call("POST", "repos/acme/shop/hooks", {})

    assert len(api.calls) == 1


async def test_after_three_attempts_it_is_given_up(http: httpx.AsyncClient, api: GitHubApi) -> None:
    api.fails = refusing(9, 500)

    with pytest.raises(UnreachableError, match="GitHub answers 500"):
        await github(http, api.url).call("GET", "repos/acme/shop/hooks")

    assert len(api.calls) == 3


async def test_a_renamed_repository_is_followed(http: httpx.AsyncClient, api: GitHubApi) -> None:
    api.add("acme/shop", "https://elsewhere.example/")
    api.fails = refusing(1, 301, {"location": f"{api.url}repos/acme/shop/hooks"})

    answer = await github(http, api.url).call("GET", "repos/acme/old/hooks")

    assert len(answer.body) == 1


@asynccontextmanager
async def another_server() -> AsyncIterator[tuple[str, list[bytes]]]:
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", heard


async def test_neither_a_redirect_nor_a_page_leads_to_another_server(
    http: httpx.AsyncClient, api: GitHubApi
) -> None:
    async with another_server() as (url, heard):
        api.fails = refusing(1, 302, {"location": url})
        with pytest.raises(UnreachableError, match="another server"):
            await github(http, api.url).call("POST", "repos/acme/shop/hooks", {})
        api.fails = lambda *_: Reply(200, b"[]", {"link": f'<{url}>; rel="next"'})
        with pytest.raises(UnreachableError, match="another server"):
            [page async for page in github(http, api.url).pages("repos/acme/shop/hooks")]

    assert heard == []


async def test_redirects_in_a_circle_end(http: httpx.AsyncClient, api: GitHubApi) -> None:
    api.fails = lambda *_: Reply(307, headers={"location": "hooks"})

    with pytest.raises(UnreachableError, match="again and again"):
        await github(http, api.url).call("POST", "repos/acme/shop/hooks", {})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Reply(200, b"<html>welcome</html>"), "no JSON"),
        (Reply(200, b"[" + b" " * 9_000_000 + b"]"), "8 MiB"),
    ],
)
async def test_what_is_no_answer_of_github_is_not_taken_for_one(
    http: httpx.AsyncClient, api: GitHubApi, answer: Reply, told: str
) -> None:
    api.fails = lambda *_: answer

    with pytest.raises(UnreachableError, match=told):
        await github(http, api.url).call("GET", "repos/acme/shop/hooks")


async def test_nobody_there_is_told_without_the_token(http: httpx.AsyncClient) -> None:
    each = github(http, "http://127.0.0.1:1/")

    with pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1") as caught:
        await each.call("GET", "repos/acme/shop/hooks")

    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(each)


@pytest.mark.parametrize("token", ["line\nbreak", "sp ace", "nön-ascii", "\x00"])
async def test_a_token_that_is_no_header_is_never_repeated(
    http: httpx.AsyncClient, api: GitHubApi, token: str
) -> None:
    each = GitHub(http, api.url, token, limits=Limits(), before=lambda: None)

    with pytest.raises(TokenRefusedError) as caught:
        await each.call("GET", "repos/acme/shop/hooks")

    assert token not in str(caught.value)
    assert api.calls == []


async def test_who_lost_the_turn_asks_for_nothing_more(
    http: httpx.AsyncClient, api: GitHubApi
) -> None:
    def lost() -> None:
        raise TurnLostError("lost")

    with pytest.raises(TurnLostError):
        await github(http, api.url, before=lost).call("GET", "repos/acme/shop/hooks")

    assert api.calls == []


async def test_a_token_makes_one_request_at_a_time(http: httpx.AsyncClient) -> None:
    under_way = most = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        await reader.readuntil(b"\r\n\r\n")
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        limits = Limits()
        each = [github(http, url, limits=limits) for _ in range(4)]
        await asyncio.gather(*(one.call("GET", "orgs/acme/hooks") for one in each))

    assert most == 1


@pytest.mark.parametrize(
    ("status", "headers", "message", "error"),
    [
        (401, {}, "Bad credentials", TokenRefusedError),
        (403, {}, "Must have admin rights to Repository.", NotAllowedError),
        (403, {"x-ratelimit-remaining": "12"}, "SAML enforcement", NotAllowedError),
        (403, {"x-ratelimit-remaining": "0"}, "", RateLimitedError),
        (403, {"retry-after": "5"}, "", RateLimitedError),
        (403, {}, "You have exceeded a secondary rate limit.", RateLimitedError),
        (429, {}, "", RateLimitedError),
        (404, {}, "Not Found", MissingError),
        (410, {}, "", MissingError),
        (400, {}, "Problems parsing JSON", InvalidError),
        (422, {}, "Validation Failed", InvalidError),
        (500, {}, "", UnreachableError),
        (503, {"retry-after": "5"}, "", UnreachableError),
        (304, {}, "", UnreachableError),
    ],
)
def test_what_an_answer_means(
    status: int, headers: dict[str, str], message: str, error: type[GitHubError]
) -> None:
    with pytest.raises(error, match=str(status)) as caught:
        check(Answer(status, headers, {"message": message}), NOW_S)

    assert type(caught.value) is error
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "86400"}, 3600),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "٣"}, 60),
        ({}, 60),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW_S + 120:.0f}"}, 120),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW_S - 120:.0f}"}, 1),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 12}, 3600),
        ({"x-ratelimit-remaining": "9", "x-ratelimit-reset": f"{NOW_S + 120:.0f}"}, 60),
        (
            {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": f"{NOW_S + 120:.0f}",
                "date": "Fri, 15 Jan 2027 08:01:00 GMT",  # its clock is a minute ahead of ours
            },
            60,
        ),
    ],
)
def test_how_long_a_limit_is_waited_for(headers: dict[str, str], wait_s: float) -> None:
    with pytest.raises(RateLimitedError) as caught:
        check(Answer(429, headers, None), NOW_S)

    assert caught.value.wait_s == wait_s


def test_its_own_words_are_bounded_and_printable() -> None:
    errors = [{"message": "no\x1b[31m\r\n"}, {"field": "events", "code": "invalid"}, 7, "x" * 900]

    with pytest.raises(InvalidError) as caught:
        check(Answer(422, {}, {"message": "Validation Failed", "errors": errors}), NOW_S)

    assert str(caught.value).isprintable()
    assert "Validation Failed; no [31m  ; events: invalid; xxx" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("body", [None, [], "text", {"message": 7}, {"errors": {"a": 1}}])
def test_any_body_of_a_refusal_will_do(body: Any) -> None:
    with pytest.raises(InvalidError, match="422"):
        check(Answer(422, {}, body), NOW_S)


def test_that_little_is_left_is_remembered() -> None:
    limits = Limits()
    limits.set(("https://api.github.com/", TOKEN), 60)

    limits.check(("https://api.github.com/", "another"))
    with pytest.raises(RateLimitedError) as caught:
        limits.check(("https://api.github.com/", TOKEN))

    assert 50 < caught.value.wait_s <= 60
