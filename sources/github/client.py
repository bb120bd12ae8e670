"""A client of GitHub's REST API, for one GitHub and one token."""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import orjson

from sources.github.answers import (
    Answer,
    RateLimitedError,
    TokenRefusedError,
    UnreachableError,
    check,
    whole_number,
)

__all__ = ["GitHub", "Limits", "http_client"]

_TIMEOUT_S = 15.0
"""Of a request and its answer as a whole."""
_MOST_BYTES = 8 * 1024 * 1024
"""Of an answer; a page of 100 deliveries has about 60 KB."""
_MOST_REDIRECTS = 3
"""A repository that was renamed is one redirect away."""
_MOST_PAGES = 100
_ATTEMPTS = 3
_PAUSE_S = 0.5
"""Before the second attempt; twice as long before the third."""
_REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})
"""A POST that got no answer may have been done; who asked looks first."""


def http_client() -> httpx.AsyncClient:
    """Trusts whom the system trusts; takes nothing else from the environment, also no proxy."""
    return httpx.AsyncClient(
        trust_env=False, verify=ssl.create_default_context(), timeout=_TIMEOUT_S
    )


class Limits:
    """What all that use a token at an API share: one request at a time, as GitHub asks for, and
    until when it wants none.
    """

    def __init__(self) -> None:
        self._until_s: dict[tuple[str, str], float] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    def lock(self, who: tuple[str, str]) -> asyncio.Lock:
        return self._locks.setdefault(who, asyncio.Lock())

    def check(self, who: tuple[str, str]) -> None:
        """Raises RateLimitedError instead of sending what would be refused."""
        wait_s = self._until_s.get(who, 0.0) - time.monotonic()
        if wait_s > 0:
            raise RateLimitedError("GitHub limits requests of this token", wait_s)

    def set(self, who: tuple[str, str], wait_s: float) -> None:
        now_s = time.monotonic()
        self._until_s = {each: until for each, until in self._until_s.items() if until > now_s}
        self._until_s[who] = now_s + wait_s


class GitHub:
    """`before` is called before each request; what it raises, no request is made for.

    Requests that GitHub does not answer are made again, if they may be. Whatever else it answers
    than 2xx is raised as a GitHubError, whose text never holds the token.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_url: str,
        token: str,
        *,
        limits: Limits,
        before: Callable[[], None],
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._http = http
        self._base = httpx.URL(api_url)
        self._token = token
        self._who = (api_url, token)
        self._limits = limits
        self._before = before
        self._pause_s = pause_s
        self.is_frugal = False
        """GitHub has told that less than a tenth of its limit is left."""

    async def call(self, method: str, path: str, body: Any = None) -> Answer:
        """`path` is relative to the API, or the URL of a page."""
        try:
            return await self._patiently(method, self._url(path), body)
        except RateLimitedError as error:
            self._limits.set(self._who, error.wait_s)
            raise

    async def pages(self, path: str) -> AsyncIterator[Answer]:
        """Each page, as GitHub links them."""
        url: str | None = path
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = await self.call("GET", url)
            yield answer
            url = answer.next_url

    async def _patiently(self, method: str, url: httpx.URL, body: Any) -> Answer:
        attempts = _ATTEMPTS if method in _REPEATABLE else 1
        for number in range(1, attempts):
            try:
                return await self._once(method, url, body)
            except UnreachableError:
                pause_s = self._pause_s * 2 ** (number - 1)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311
        return await self._once(method, url, body)

    async def _once(self, method: str, url: httpx.URL, body: Any) -> Answer:
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._limits.lock(self._who):
                self._limits.check(self._who)
                self._before()
                answer = await self._send(method, url, body)
            if answer.status not in (301, 302, 307, 308):
                check(answer, time.time())
                return answer
            url = self._url(answer.headers.get("location", ""))
        raise UnreachableError(f"{self._base.host} redirects again and again")

    async def _send(self, method: str, url: httpx.URL, body: Any) -> Answer:
        request = self._http.build_request(
            method,
            url,
            headers=self._headers(),
            content=b"" if body is None else orjson.dumps(body),
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                response = await self._http.send(request, stream=True, auth=None)
                try:
                    return self._answer(response, await _bounded(response))
                finally:
                    await response.aclose()
                    self._http.cookies.clear()  # they would be sent with another token
        except (TimeoutError, httpx.TimeoutException) as error:
            raise UnreachableError(
                f"{self._base.host} does not answer within {_TIMEOUT_S:g} s"
            ) from error
        except httpx.ConnectError as error:
            raise UnreachableError(f"no connection to {self._base.host}: {error}") from error
        except httpx.HTTPError as error:
            # Of these the text may repeat what was sent.
            raise UnreachableError(
                f"{self._base.host} gives no answer: {type(error).__name__}"
            ) from error

    def _headers(self) -> dict[str, str]:
        if not (self._token.isascii() and self._token.isprintable() and " " not in self._token):
            raise TokenRefusedError("the token has characters that no token has")
        return {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "poplin",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def _url(self, path: str) -> httpx.URL:
        """Raises UnreachableError where it leads to another server: the token is not for it."""
        try:
            url = self._base.join(path)
        except httpx.InvalidURL:
            url = httpx.URL()
        if _origin(url) != _origin(self._base):
            raise UnreachableError(
                f"{self._base.host} leads to another server, which is not followed"
            )
        return url

    def _answer(self, response: httpx.Response, content: bytes) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        remaining, limit = (
            whole_number(headers.get(f"x-ratelimit-{each}", "")) for each in ("remaining", "limit")
        )
        if remaining is not None and limit is not None:
            self.is_frugal = remaining < limit / 10
        next_url = response.links.get("next", {}).get("url")
        return Answer(response.status_code, headers, _parsed(response, content), next_url)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _bounded(response: httpx.Response) -> bytes:
    """As it came: nothing is unpacked."""
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > _MOST_BYTES:
            raise UnreachableError(f"an answer of more than {_MOST_BYTES >> 20} MiB is not read")
    return bytes(content)


def _parsed(response: httpx.Response, content: bytes) -> Any:
    """An error may have a page for people instead of JSON; anything else that is none is no
    answer of GitHub's.
    """
    try:
        return orjson.loads(content) if content else None
    except ValueError:
        if response.is_success:
            raise UnreachableError(
                "the answer is no JSON; is githubAPIURL that of an API?"
            ) from None
        return None
