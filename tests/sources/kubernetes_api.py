"""A Kubernetes API server of our own: lists in pages, watches with a history, access reviews.

It answers as a real one does, and where a test wants it, as a bad one: it forgets its history, cuts
connections, says garbage or nothing. The real one is in tests/cluster.
"""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson
import yaml
from aiohttp import web

from sources.kubernetes.values import Resource

__all__ = ["KINDS", "TOKEN", "Called", "KubernetesApi", "Reply", "kubernetes_api"]

TOKEN = "of-nobody"  # noqa: S105 - of a server that lives for a test
KINDS = {
    each.kind: each
    for each in (
        Resource("v1", "ConfigMap", "configmaps", True),
        Resource("v1", "Event", "events", True),
        Resource("v1", "Namespace", "namespaces", False),
        Resource("v1", "Node", "nodes", False),
        Resource("v1", "Pod", "pods", True),
        Resource("v1", "Secret", "secrets", True),
        Resource("apps/v1", "Deployment", "deployments", True),
    )
}
_PATH = re.compile(
    r"/(?:api|apis)/(?P<version>(?:[^/]+/)?v\d\w*)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/.))?(?:/(?P<plural>[^/]+))?"
)
_KEPT = ("ADDED", "MODIFIED", "DELETED")


@dataclass(frozen=True, slots=True)
class Called:
    """A request. `user` is whom it impersonates; `verb` list, watch, create, or get for discovery."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    version: str = ""
    namespace: str = ""
    plural: str = ""

    @property
    def user(self) -> str:
        return self.headers.get("impersonate-user", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """`hangs`: after `content` comes nothing more, and without any not even a status. `is_cut`: the
    connection is, after `content`.
    """

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    is_cut: bool = False

    @classmethod
    def told(cls, status: int, message: str = "", reason: str = "", **headers: str) -> "Reply":
        """An error as the API server has it: an object of kind Status."""
        body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
        return cls(status, orjson.dumps({**body, "message": message, "reason": reason}), headers)


@dataclass(eq=False)
class _Watch:
    called: Called
    lines: asyncio.Queue[bytes | Literal["end", "cut"]] = field(default_factory=asyncio.Queue)


@dataclass(frozen=True, slots=True)
class _Past:
    """`before` is the object's state before it, None for a new one."""

    version: int
    type: str
    kind: Resource
    object: dict[str, Any]
    before: dict[str, Any] | None


@dataclass
class KubernetesApi:
    """`fails` may answer a request in its place. `allowed` are (verb, plural, namespace), with ''
    for all namespaces, for whoever is impersonated; None allows everything.
    """

    url: str = ""
    token: str = TOKEN
    kinds: dict[str, Resource] = field(default_factory=lambda: dict(KINDS))
    calls: list[Called] = field(default_factory=list)
    fails: Callable[[Called], Reply | None] = lambda _: None
    allowed: set[tuple[str, str, str]] | None = None
    may_impersonate: bool = True
    tells_gone: Literal["status", "stream"] = "stream"
    """How a watch hears that the history does not reach back."""
    sends_repeats: bool = False
    """Every line of a watch comes twice."""
    version: int = 100
    compacted: int = 0
    objects: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """By (kind, namespace, name), in the order in which they were created."""
    _history: list[_Past] = field(default_factory=list)
    _pages: dict[str, tuple[list[dict[str, Any]], int]] = field(default_factory=dict)
    _watches: list[_Watch] = field(default_factory=list)

    # What happens in the cluster

    def put(self, kind: str, namespace: str, name: str, **fields: Any) -> dict[str, Any]:
        """Creates the object, or changes it: `fields` are all that it has; `labels`,
        `ownerReferences` and `managedFields` go to its metadata.
        """
        before = self.objects.get((kind, namespace, name))
        labels = ("labels", "ownerReferences", "managedFields", "annotations")
        more = {each: fields.pop(each) for each in labels if each in fields}
        uid = before["metadata"]["uid"] if before else str(uuid.uuid4())
        self.version += 1
        metadata = {"name": name, "uid": uid, "resourceVersion": str(self.version), **more}
        metadata |= {"namespace": namespace} if namespace else {}
        known = self.kinds[kind]
        made = {"apiVersion": known.api_version, "kind": kind, "metadata": metadata, **fields}
        self.objects[kind, namespace, name] = made
        self._happened("MODIFIED" if before else "ADDED", known, made, before)
        return made

    def delete(self, kind: str, namespace: str, name: str) -> dict[str, Any]:
        before = self.objects.pop((kind, namespace, name))
        self.version += 1
        metadata = {**before["metadata"], "resourceVersion": str(self.version)}
        last = {**before, "metadata": metadata}
        self._happened("DELETED", self.kinds[kind], last, before)
        return last

    def compact(self) -> None:
        """The history up to now is forgotten, and so are lists begun in pages."""
        self.compacted = self.version
        self._history.clear()
        self._pages.clear()

    # What befalls the watches that are open

    @property
    def watched(self) -> list[Called]:
        return [each.called for each in self._watches]

    def bookmark(self) -> None:
        for each in self._watches:
            if each.called.query.get("allowWatchBookmarks") == "true":
                each.lines.put_nowait(_line("BOOKMARK", self._bookmark(each.called)))

    def say(self, data: bytes) -> None:
        """As it is, to all of them: garbage, half a line."""
        for each in self._watches:
            each.lines.put_nowait(data)

    def end(self, how: Literal["end", "cut"] = "end") -> None:
        """`end` as after timeoutSeconds, `cut` in midst of the answer."""
        for each in self._watches:
            each.lines.put_nowait(how)

    # How it answers

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        called = await self._called(request)
        self.calls.append(called)
        reply = self.fails(called) or self._refused(called)
        if reply is None and called.verb == "watch":
            return await self._watch(request, called)
        return await _send(request, reply or self._routed(called))

    async def _called(self, request: web.BaseRequest) -> Called:
        query, content = dict(request.query), await request.read()
        found = _PATH.fullmatch(request.path)
        named = found.groupdict(default="") if found else {}
        verb = "create" if request.method == "POST" else "list" if named.get("plural") else "get"
        verb = "watch" if query.get("watch") in {"true", "1"} else verb
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = orjson.loads(content) if content else None
        return Called(verb, request.path, query, headers, body, **named)

    def _refused(self, called: Called) -> Reply | None:
        if called.headers.get("authorization") != f"Bearer {self.token}":
            return Reply.told(401, "Unauthorized", "Unauthorized")
        if called.user and not self.may_impersonate:
            told = 'serviceaccounts "x" is forbidden: User "admin" cannot impersonate resource'
            return Reply.told(403, told, "Forbidden")
        if called.verb in {"list", "watch"} and not self._may(
            called.verb, called.plural, called.namespace
        ):
            told = f"{called.plural} is forbidden: User cannot {called.verb}"
            return Reply.told(403, told, "Forbidden")
        return None

    def _may(self, verb: str, plural: str, namespace: str) -> bool:
        granted = self.allowed
        return granted is None or bool({(verb, plural, ""), (verb, plural, namespace)} & granted)

    def _routed(self, called: Called) -> Reply:
        if called.plural == "selfsubjectaccessreviews":
            asked = called.body["spec"]["resourceAttributes"]
            is_allowed = self._may(asked["verb"], asked["resource"], asked.get("namespace", ""))
            return Reply(201, orjson.dumps({**called.body, "status": {"allowed": is_allowed}}))
        served = [each for each in self.kinds.values() if each.api_version == called.version]
        if not served:
            return Reply.told(404, "the server could not find the requested resource", "NotFound")
        if not called.plural:
            return Reply(content=orjson.dumps({"resources": list(_discovered(served))}))
        if not any(each.plural == called.plural for each in served):
            return Reply.told(404, "the server could not find the requested resource", "NotFound")
        return self._listed(called)

    def _listed(self, called: Called) -> Reply:
        token, limit = called.query.get("continue"), int(called.query.get("limit", 0))
        if token and token not in self._pages:
            return Reply.told(410, "The provided continue parameter is too old", "Expired")
        every = [each for key, each in self.objects.items() if self._is_asked(called, key[0], each)]
        left, version = self._pages[token] if token else (every, self.version)
        metadata = {"resourceVersion": str(version)}
        page, left = (left[:limit], left[limit:]) if limit else (left, [])
        if left:
            metadata["continue"] = str(uuid.uuid4())
            self._pages[metadata["continue"]] = (left, version)
        items = [_shown(called, each) for each in page]
        for each in items if not _is_metadata(called) else []:
            del each["apiVersion"], each["kind"]
        return Reply(content=orjson.dumps({"metadata": metadata, "items": items}))

    def _is_asked(self, called: Called, kind: str, thing: dict[str, Any] | None) -> bool:
        known = self.kinds[kind]
        if thing is None or (known.plural, known.api_version) != (called.plural, called.version):
            return False
        metadata = thing["metadata"]
        return (
            called.namespace in {"", metadata.get("namespace", "")}
            and _matches(called.query.get("labelSelector", ""), metadata.get("labels", {}))
            and _matches(
                called.query.get("fieldSelector", "").replace("metadata.", ""),
                {each: metadata.get(each, "") for each in ("name", "namespace")},
            )
        )

    # Watches

    async def _watch(self, request: web.BaseRequest, called: Called) -> web.StreamResponse:
        since = int(called.query.get("resourceVersion") or self.version)
        if since < self.compacted and self.tells_gone == "status":
            return await _send(request, Reply.told(410, "too old resource version", "Expired"))
        watch = _Watch(called)
        if since < self.compacted:
            gone = Reply.told(410, "too old resource version", "Expired")
            watch.lines.put_nowait(_line("ERROR", orjson.loads(gone.content)))
            watch.lines.put_nowait("end")
        for past in self._history:
            if past.version > since:
                self._tell(watch, past)
        self._watches.append(watch)
        try:
            return await _stream(request, watch)
        finally:
            self._watches.remove(watch)

    def _happened(
        self, kind: str, known: Resource, thing: dict[str, Any], before: dict[str, Any] | None
    ) -> None:
        past = _Past(self.version, kind, known, thing, before)
        self._history.append(past)
        for each in self._watches:
            self._tell(each, past)

    def _tell(self, watch: _Watch, past: _Past) -> None:
        """A change of its labels may bring an object into a selection, or out of it."""
        was = self._is_asked(watch.called, past.kind.kind, past.before)
        is_now = past.type != "DELETED" and self._is_asked(
            watch.called, past.kind.kind, past.object
        )
        if was or is_now:
            told = _KEPT[(was and is_now) + 2 * (was and not is_now)]
            line = _line(told, _shown(watch.called, past.object))
            watch.lines.put_nowait(line * (2 if self.sends_repeats else 1))

    def _bookmark(self, called: Called) -> dict[str, Any]:
        kind = next(each.kind for each in self.kinds.values() if each.plural == called.plural)
        metadata = {"resourceVersion": str(self.version), "creationTimestamp": None}
        return {"kind": kind, "apiVersion": called.version, "metadata": metadata}

    def kubeconfig(self, path: Path) -> Path:
        """Written there: who has it may do anything."""
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url}}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        }  # fmt: skip
        path.write_text(yaml.safe_dump(document))
        return path


def _discovered(served: list[Resource]) -> Iterator[dict[str, Any]]:
    """With subresources in front: they have the kind of what they are of."""
    for each in served:
        named = {"kind": each.kind, "namespaced": each.is_namespaced}
        yield {"name": f"{each.plural}/status", **named, "verbs": ["get", "patch", "update"]}
        yield {"name": each.plural, **named, "verbs": ["create", "delete", "get", "list", "watch"]}


def _is_metadata(called: Called) -> bool:
    return "as=PartialObjectMetadata" in called.headers.get("accept", "")


def _shown(called: Called, thing: dict[str, Any]) -> dict[str, Any]:
    if not _is_metadata(called):
        return dict(thing)
    kind = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return {**kind, "metadata": thing["metadata"]}


def _matches(selector: str, labels: dict[str, str]) -> bool:
    """Of `a=b`, `a!=b`, `a` and `!a`, with commas between them."""
    for each in filter(None, selector.split(",")):
        name, sign, value = re.fullmatch(r"(!?[^!=]+)(!=|==?|)(.*)", each).groups()  # type: ignore[union-attr]  # a test has it wrong
        found = labels.get(name.lstrip("!"))
        is_so = found is not None if not sign else (found == value)
        if is_so == (sign == "!=" or name.startswith("!")):
            return False
    return True


def _line(kind: str, thing: dict[str, Any]) -> bytes:
    return orjson.dumps({"type": kind, "object": thing}) + b"\n"


async def _send(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    headers = {"content-type": "application/json", **reply.headers}
    response = web.StreamResponse(status=reply.status, headers=headers)
    if not (reply.hangs or reply.is_cut):
        response.content_length = len(reply.content)
    if reply.hangs and not reply.content:
        await asyncio.Event().wait()
    await response.prepare(request)
    await response.write(reply.content)
    if reply.hangs:
        await asyncio.Event().wait()
    if reply.is_cut:
        _cut(request)
    return response


async def _stream(request: web.BaseRequest, watch: _Watch) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    while (line := await watch.lines.get()) != "end":
        if isinstance(line, str):
            _cut(request)
            break
        await response.write(line)
    return response


def _cut(request: web.BaseRequest) -> None:
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.abort()


@asynccontextmanager
async def kubernetes_api(port: int = 0) -> AsyncIterator[KubernetesApi]:
    """Serving at its `url`, on a free port unless one is given."""
    api = KubernetesApi()
    server = web.Server(api.answer, handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
