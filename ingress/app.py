"""The hot path: `POST /<namespace>/<broker>`; every other path is handed to a small app.

A request walks: path → body → event → append → 202. If the process dies before the append
returns, the producer has no 202 and sends again; if it dies after, the event is in the log.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ingress.answers import Send, accepted, refuse
from ingress.body import BodyError, BodyReader
from ingress.brokers import Brokers
from poplin.arrival import arrived
from poplin.codec import decode, to_entry
from poplin.errors import InvalidEventError, StoreUnavailableError
from poplin.log import BrokerGoneError, Entry

__all__ = ["Ingress"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Ingress:
    """An ASGI application. `other` serves the paths that are not a broker's."""

    def __init__(self, brokers: Brokers, body: BodyReader, other: App) -> None:
        self._brokers = brokers
        self._body = body
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] in ("/livez", "/readyz"):
            await self._other(scope, receive, send)
            return
        if scope["method"] != "POST":
            await self._without_event(scope, send)
            return
        key = broker_key(scope)
        if key is None:
            await self._refuse_path(scope, send)
            return
        try:
            body = await self._body.read(scope["headers"], receive)
        except BodyError as error:
            if error.status is not None:
                await refuse(send, error.status, str(error), close=True)
            return
        try:
            await self._take(key, scope, body, send)
        finally:
            self._body.release(body)

    async def _take(self, key: str, scope: Scope, body: bytes, send: Send) -> None:
        try:
            entry = Entry(*to_entry(arrived(decode(scope["headers"], body))))
            appender = self._brokers.get(key) or await self._brokers.look_up(key)
            if appender is None:
                await refuse(send, 404, f"there is no broker {key}; see the names in your files")
                return
            await appender.append(entry)
        except InvalidEventError as error:
            await refuse(send, 400, str(error))
        except BrokerGoneError:
            await refuse(send, 404, f"the broker {key} is being removed")
        except StoreUnavailableError:
            await refuse(send, 503, "the store is away; send the event again later")
        else:
            await accepted(send)

    async def _without_event(self, scope: Scope, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            # CloudEvents webhook 4.2, as Knative answers it.
            headers = [
                (b"allow", b"POST, OPTIONS"),
                (b"webhook-allowed-origin", b"*"),
                (b"webhook-allowed-rate", b"*"),
                (b"content-length", b"0"),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        await refuse(send, 405, f"{scope['method']} is not allowed; POST a CloudEvent")

    async def _refuse_path(self, scope: Scope, send: Send) -> None:
        if scope["path"] == "/":
            await refuse(
                send, 404, "nothing is served here; POST to /<namespace>/<broker>", close=True
            )
        else:
            await refuse(send, 400, "the path is not /<namespace>/<broker>", close=True)


def broker_key(scope: Scope) -> str | None:
    """`namespace/name` of the path, or None. A query belongs to the name, as in Knative."""
    path: str = scope["path"]
    namespace, _, name = path[1:].rstrip("/").partition("/")
    if not namespace or not name or "/" in name:
        return None
    query: bytes = scope["query_string"]
    return f"{namespace}/{name}" if not query else f"{namespace}/{name}?{query.decode('latin-1')}"
