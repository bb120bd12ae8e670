"""The HTTP side of webhooks: which source a request is for, and whether it may come in at all."""

import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol

from poplin.budget import Budget, Share
from sources.complaints import Complaints
from sources.tally import Tally
from sources.webhooks.answers import Answer, Headers, plain, refusal, refused
from sources.webhooks.body import BodyReader, GoneError, Receive
from sources.webhooks.hook import Taker
from sources.webhooks.values import RefusalReason, RefusedError, Request

__all__ = ["Paths", "Receiver"]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Paths(Protocol):
    """The sources by their paths."""

    @property
    def is_known(self) -> bool:
        """Whether it is known which there are."""

    def at(self, path: str, /) -> Taker | None: ...


class Receiver:
    """An ASGI application. Whatever it is sent, it answers by itself: nothing is raised."""

    def __init__(
        self,
        paths: Paths,
        bodies: BodyReader,
        *,
        max_held_bytes: int,
        tally: Tally,
        complaints: Complaints,
    ) -> None:
        self._paths = paths
        self._bodies = bodies
        self._budget = Budget(max_held_bytes)
        self._shares: dict[str, Share] = {}
        self._tally = tally
        self._complaints = complaints

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taker = self._paths.at(scope["path"])
        try:
            answer = await self._answer(scope, receive, taker)
        except GoneError:
            return
        if answer.reason is not None:
            self._refused(taker, answer, answer.reason)
        await _send(send, answer, _more_headers(scope, answer))

    async def _answer(self, scope: Scope, receive: Receive, taker: Taker | None) -> Answer:
        try:
            if taker is None:
                return self._without_source(scope["path"], scope["method"])
            if scope["method"] != "POST":
                return _not_allowed(scope["method"], "POST")
            return await self._take(taker, scope, receive)
        except RefusedError as error:
            return refused(error)
        except GoneError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the provider needs an answer
            # Its type alone: its text may hold what was sent.
            why = type(error).__name__
            return refusal(500, "internal", "an internal error; its log line names it", why=why)

    async def _take(self, taker: Taker, scope: Scope, receive: Receive) -> Answer:
        share = self._shares.setdefault(taker.key, self._budget.share())
        body = await self._bodies.read(scope["headers"], receive, share)
        try:
            return await taker.take(Request(_joined(scope["headers"]), body, time.time()))
        finally:
            share.give_back(len(body))

    def _without_source(self, path: str, method: str) -> Answer:
        if path in ("/livez", "/readyz"):
            if method not in ("GET", "HEAD"):
                return _not_allowed(method, "GET")
            is_ok = path == "/livez" or self._paths.is_known
            return plain(200, "ok") if is_ok else plain(503, "the files have not been read yet")
        if not self._paths.is_known:
            return refusal(503, "not_ready", "the receiver is starting; deliver again later")
        return refusal(
            404, "unknown_source", "there is no such source; the path is /<namespace>/<name>"
        )

    def _refused(self, taker: Taker | None, answer: Answer, reason: RefusalReason) -> None:
        self._tally.refused(taker.key if taker is not None else None, reason)
        if taker is None:
            return  # anybody can make up paths: no line for that
        if answer.status >= 500:
            taker.standing.failed()
        self._complaints.refused(taker.key, reason, answer.status, answer.why)


def _not_allowed(method: str, allowed: str) -> Answer:
    detail = f"{method} is not allowed; use {allowed}"
    return refusal(405, "not_allowed", detail, allow=allowed.encode())


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _more_headers(scope: Scope, answer: Answer) -> Headers:
    """Whoever waits to be told to send its body, and is refused, may never send it: the connection
    cannot be used again (RFC 9110, 10.1.1).
    """
    waits = answer.reason is not None and any(name == b"expect" for name, _ in scope["headers"])
    return ((b"connection", b"close"),) if waits else ()


async def _send(send: Send, answer: Answer, more: Headers) -> None:
    headers = [*answer.headers, *more]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
