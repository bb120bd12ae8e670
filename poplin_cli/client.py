"""The management API, as the command line speaks to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from poplin_cli.errors import CommandError, InputError, NoAnswerError, NotAllowedError
from poplin_cli.options import checked_token

__all__ = ["Api"]

_TIMEOUT_S = 10.0
_PAGE = 500
_SILENCE_S = 40.0
"""A stream gives a sign of life every ten."""


class Api:
    """Answers are what JSON says; parameters that are None are not sent.

    Every method raises NoAnswerError when there is no fabric at the URL, or none that can answer
    now; NotAllowedError for a token that is not the fabric's; InputError for what it refuses,
    with the nearest names when one is unknown.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = _checked(url)
        self._client = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {checked_token(token)}"} if token else {},
            trust_env=False,
            verify=self.url.startswith("https"),  # loading certificates takes 70 ms
            timeout=_TIMEOUT_S,
            # Kept alive, one could be closed under a request while the console restarts.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=_given(params))

    def post(self, path: str, body: Any = None, *, timeout_s: float = 60.0) -> Any:
        """Not repeated, whatever happens: what was asked for may be done or not."""
        content = b"" if body is None else orjson.dumps(body)
        headers = {"content-type": "application/json"}
        return self._call("POST", path, content=content, headers=headers, timeout=timeout_s)

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, fetched page by page as they are taken."""
        where = {"limit": _PAGE, **params}
        while True:
            page = self.get(path, **where)
            yield from page["items"]
            if not page["continue"]:
                return
            where["continue"] = page["continue"]

    @contextmanager
    def stream(
        self, path: str, **params: Any
    ) -> Iterator[tuple[Mapping[str, str], Iterator[dict[str, Any]]]]:
        """The headers, and the objects of an endless answer, one a line, as they come.

        The iterator raises NoAnswerError when the fabric goes away.
        """
        timeout = httpx.Timeout(_TIMEOUT_S, read=_SILENCE_S)
        with (
            self._translated(),
            self._client.stream("GET", path, params=_given(params), timeout=timeout) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
            self._check(answer)
            yield answer.headers, (orjson.loads(line) for line in answer.iter_lines() if line)

    def _call(self, method: str, path: str, **how: Any) -> Any:
        with self._translated():
            answer = self._client.request(method, path, **how)
        self._check(answer)
        try:
            return orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            raise self._stranger(answer) from None

    def _check(self, answer: httpx.Response) -> None:
        """Raise what a refusal says."""
        if answer.is_success:
            return
        if answer.status_code == 405:  # an ingress takes nothing but events
            raise self._stranger(answer)
        try:
            problem = orjson.loads(answer.content)
            detail = str(problem["detail"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise self._stranger(answer) from None
        raise _refusal(answer.status_code, detail, problem.get("nearest", ()))

    def _stranger(self, answer: httpx.Response) -> CommandError:
        return InputError(
            f"{self.url} is not Poplin's management API (it answers {answer.status_code} and no "
            "JSON of ours); name the fabric's with --api or POPLIN_API"
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise NoAnswerError(
                f"no fabric answers at {self.url}; start one with `poplin up -f …`, or name it "
                "with --api"
            ) from error
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise NoAnswerError(
                f"the fabric at {self.url} gives no answer ({why}); try again"
            ) from error


def _checked(url: str) -> str:
    """Without a slash at its end. Raises InputError."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        is_good = False
    if not is_good:
        raise InputError(f"--api {url!r} is not a URL; give one such as http://127.0.0.1:8081")
    return url.rstrip("/")


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _refusal(status: int, detail: str, nearest: list[str]) -> CommandError:
    if nearest:
        detail += f"; did you mean {' or '.join(nearest)}?"
    if status in (401, 403):
        return NotAllowedError(detail)
    if status >= 500:
        return NoAnswerError(detail)
    return InputError(detail)
