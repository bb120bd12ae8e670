"""A GitHub of our own: its REST API for hooks, and deliveries that it really makes.

It answers as GitHub's documentation says, errors and limits too, to one token.
"""

import asyncio
import hashlib
import hmac
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import orjson

__all__ = ["TOKEN", "Called", "GitHubApi", "Reply", "github_api"]

TOKEN = "ghp_of-nobody"  # noqa: S105 - of a server that lives for a test
_EVENTS = {"push", "issues", "ping", "pull_request", "star", "workflow_run", "*"}
_MOST_HOOKS = 20
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Called:
    """A request: `path` without the first slash and the query."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Sent:
    """A delivery as it is listed, and what would be sent again."""

    listed: dict[str, Any]
    body: bytes


@dataclass
class GitHubApi:
    """`places` are the repositories and organisations that the token may manage; `fails` may answer
    a request in place of GitHub: (method, path) → an answer, or None.
    """

    url: str = ""
    places: set[str] = field(default_factory=lambda: {"acme/shop", "acme/till", "acme"})
    hooks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    secrets: dict[int, str] = field(default_factory=dict)
    calls: list[Called] = field(default_factory=list)
    fails: Callable[[str, str], Reply | None] = lambda *_: None
    token: str = TOKEN
    remaining: int = 5000
    reset_in_s: int = 1800
    most_listed: int = 100
    """Of hooks and deliveries on a page, whatever is asked for."""
    clock: Callable[[], float] = time.time
    _sent: dict[int, list[_Sent]] = field(default_factory=dict)
    _number: int = 1000
    _client: httpx.AsyncClient = field(
        # Who is trusted is not read: it takes long, and nothing here is https.
        default_factory=lambda: httpx.AsyncClient(
            trust_env=False, timeout=_TIMEOUT_S, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
    )
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    def add(self, place: str, url: str, **more: Any) -> dict[str, Any]:
        """A hook that somebody made by hand."""
        config = {"url": url, "content_type": "form", "insecure_ssl": "0"}
        hook = self._hook({"config": config, "events": ["push"], **more})
        self.hooks.setdefault(place, []).append(hook)
        return hook

    def made(self, method: str) -> list[Called]:
        """The calls with this method, in order."""
        return [each for each in self.calls if each.method == method]

    def deliveries(self, hook_id: int) -> list[dict[str, Any]]:
        """As they are listed, oldest first."""
        return [each.listed for each in self._sent.get(hook_id, [])]

    async def deliver(self, place: str, event: str, payload: dict[str, Any]) -> str:
        """Something happened there: every hook for it is told. Returns the guid."""
        guid, body = str(uuid.uuid4()), orjson.dumps(payload)
        for hook in self.hooks.get(place, []):
            if hook["active"] and {event, "*"} & {*hook["events"], "ping"}:
                await self._send(hook, event, guid, body)
        return guid

    # What it sends

    async def _send(
        self, hook: dict[str, Any], event: str, guid: str, body: bytes, again: bool = False
    ) -> None:
        headers = self._headers(hook["id"], event, guid, body)
        began = time.monotonic()
        try:
            answer = await self._client.post(hook["config"]["url"], content=body, headers=headers)
            status, told = answer.status_code, answer.reason_phrase
        except httpx.HTTPError:
            status, told = 0, "failed to connect to host"
        listed = {
            "id": self._next(), "guid": guid, "delivered_at": self._time(), "redelivery": again,
            "duration": round(time.monotonic() - began, 2), "status": told, "status_code": status,
            "event": event, "action": orjson.loads(body).get("action"), "throttled_at": None,
        }  # fmt: skip
        self._sent.setdefault(hook["id"], []).append(_Sent(listed, body))

    def _headers(self, hook_id: int, event: str, guid: str, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/044aadd",
            "X-GitHub-Delivery": guid, "X-GitHub-Event": event, "X-GitHub-Hook-ID": str(hook_id),
        }  # fmt: skip
        if secret := self.secrets.get(hook_id, "").encode():
            headers["X-Hub-Signature"] = f"sha1={hmac.new(secret, body, 'sha1').hexdigest()}"
            signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature-256"] = f"sha256={signature}"
        return headers

    def _later(self, hook: dict[str, Any], event: str, guid: str, body: bytes, again: bool) -> None:
        task = asyncio.create_task(self._send(hook, event, guid, body, again))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # What it answers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection, until the client leaves it or we do."""
        self._connections[asyncio.create_task(self._serve(reader, writer))] = writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request, *lines = head.split("\r\n")
                pairs = (line.partition(": ") for line in lines if line)
                headers = {name.lower(): value for name, _, value in pairs}
                content = await reader.readexactly(int(headers.get("content-length", 0)))
                method, target, _ = request.split()
                url = urlsplit(target)
                body = orjson.loads(content) if content else None
                query = dict(parse_qsl(url.query))
                reply = self.answer(Called(method, url.path[1:], query, headers, body))
                lines = [f"{name}: {value}" for name, value in reply.headers.items()]
                length = f"content-length: {len(reply.content)}"
                told = [f"HTTP/1.1 {reply.status} X", *lines, *self._limits(), length, "", ""]
                writer.write("\r\n".join(told).encode() + reply.content)
        writer.close()

    def answer(self, called: Called) -> Reply:
        self.calls.append(called)
        refused = self.fails(called.method, called.path) or self._refused(called)
        return refused or self._routed(called)

    def _limits(self) -> list[str]:
        reset = int(self.clock()) + self.reset_in_s
        date = datetime.fromtimestamp(self.clock(), UTC)
        return [
            "x-ratelimit-limit: 5000",
            f"x-ratelimit-remaining: {self.remaining}",
            f"x-ratelimit-reset: {reset}",
            f"date: {date:%a, %d %b %Y %H:%M:%S} GMT",
        ]

    def _refused(self, called: Called) -> Reply | None:
        if "user-agent" not in called.headers:
            return _told(403, "Request forbidden by administrative rules.")
        if called.headers.get("authorization") != f"Bearer {self.token}":
            return _told(401, "Bad credentials")
        if self.remaining <= 0:
            return _told(403, "API rate limit exceeded for user ID 1.")
        self.remaining -= 1
        return None

    def _routed(self, called: Called) -> Reply:
        kind, *parts = called.path.split("/")
        depth = {"repos": 2, "orgs": 1}.get(kind, 0)
        place, rest = "/".join(parts[:depth]), parts[depth:]
        if place not in self.places or rest[:1] != ["hooks"]:
            return _told(404, "Not Found")
        hooks = self.hooks.setdefault(place, [])
        if len(rest) == 1:
            return (
                self._listed(called, hooks)
                if called.method == "GET"
                else self._created(hooks, called.body)
            )
        hook = next((each for each in hooks if str(each["id"]) == rest[1]), None)
        if hook is None:
            return _told(404, "Not Found")
        if rest[2:3] == ["deliveries"]:
            return self._of_deliveries(called, hook, rest[3:])
        if called.method == "DELETE":
            hooks.remove(hook)
            return Reply(204, b"")
        return self._changed(hooks, hook, called.body) if called.method == "PATCH" else _json(hook)

    def _listed(self, called: Called, hooks: list[dict[str, Any]]) -> Reply:
        size = min(int(called.query.get("per_page", 30)), self.most_listed)
        page = int(called.query.get("page", 1))
        is_last = page * size >= len(hooks)
        return _page(
            hooks[(page - 1) * size : page * size], called, None if is_last else {"page": page + 1}
        )

    def _created(self, hooks: list[dict[str, Any]], body: Any) -> Reply:
        if (refused := _invalid(hooks, body)) is not None:
            return refused
        hook = self._hook(body)
        hooks.append(hook)
        ping = orjson.dumps({"zen": "Keep it logically awesome.", "hook_id": hook["id"]})
        self._later(hook, "ping", str(uuid.uuid4()), ping, again=False)
        return _json(hook, 201)

    def _changed(self, hooks: list[dict[str, Any]], hook: dict[str, Any], body: Any) -> Reply:
        others = [each for each in hooks if each is not hook]
        if (refused := _invalid(others, {**hook, **body})) is not None:
            return refused
        hook |= self._hook({**hook, **body}, hook["id"])
        return _json(hook)

    def _hook(self, body: dict[str, Any], number: int | None = None) -> dict[str, Any]:
        """A config takes the place of the old one: without its secret there is none any more."""
        config = {"content_type": "form", "insecure_ssl": "0", **body["config"]}
        number = number or self._next()
        if (secret := config.get("secret")) != "********":
            self.secrets[number] = secret or ""
        config |= {"secret": "********"} if secret else {}
        return {
            "type": "Repository", "id": number, "name": "web", "active": body.get("active", True),
            "events": list(body.get("events", ["push"])), "config": config,
            "updated_at": self._time(), "created_at": body.get("created_at", self._time()),
        }  # fmt: skip

    def _of_deliveries(self, called: Called, hook: dict[str, Any], rest: list[str]) -> Reply:
        sent = self._sent.get(hook["id"], [])
        if not rest:
            size = min(int(called.query.get("per_page", 30)), self.most_listed)
            start = int(called.query.get("cursor", 0))
            newest = [each.listed for each in reversed(sent)]
            more = {"cursor": start + size} if start + size < len(newest) else None
            return _page(newest[start : start + size], called, more)
        found = next((each for each in sent if str(each.listed["id"]) == rest[0]), None)
        if found is None or rest[1:] != ["attempts"] or called.method != "POST":
            return _told(404, "Not Found")
        self._later(hook, found.listed["event"], found.listed["guid"], found.body, again=True)
        return _json({}, 202)

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _time(self) -> str:
        return f"{datetime.fromtimestamp(self.clock(), UTC):%Y-%m-%dT%H:%M:%SZ}"

    async def close(self) -> None:
        """Whatever it was asked to send has been sent."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._client.aclose()
        for task, writer in self._connections.items():
            writer.close()
            await task


def _json(body: Any, status: int = 200) -> Reply:
    return Reply(status, orjson.dumps(body), {"content-type": "application/json; charset=utf-8"})


def _told(status: int, message: str, *errors: dict[str, Any]) -> Reply:
    about = {"documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return _json({"message": message, **({"errors": errors} if errors else {}), **about}, status)


def _page(items: list[Any], called: Called, more: dict[str, int] | None) -> Reply:
    reply = _json(items)
    if more is not None:
        query = urlencode({**called.query, **more})
        reply.headers["link"] = (
            f'<http://{called.headers["host"]}/{called.path}?{query}>; rel="next"'
        )
    return reply


def _invalid(others: list[dict[str, Any]], body: Any) -> Reply | None:
    def refused(message: str) -> Reply:
        error = {"resource": "Hook", "code": "custom", "message": message}
        return _told(422, "Validation Failed", error)

    url, events = body["config"].get("url"), body.get("events", ["push"])
    if not url:
        return refused("Config must contain URL for webhooks")
    if strange := set(events) - _EVENTS:
        return refused(f"These events are not allowed for this hook: {', '.join(sorted(strange))}")
    for other in others:
        if other["config"]["url"] == url and set(other["events"]) == set(events):
            return refused("Hook already exists on this repository")
    for event in events:
        if sum(event in other["events"] for other in others) >= _MOST_HOOKS:
            return refused(f'The "{event}" event cannot have more than 20 hooks')
    return None


@asynccontextmanager
async def github_api() -> AsyncIterator[GitHubApi]:
    """Serving at its `url` on a free port."""
    api = GitHubApi()
    async with await asyncio.start_server(api.serve, "127.0.0.1", 0) as server:
        api.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield api
        await api.close()
