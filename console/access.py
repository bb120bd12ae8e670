"""Who is answered: whoever knows the token; without one, whoever asks this machine by its name."""

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.problems import answer

__all__ = ["Access", "Guard"]

_OPEN = frozenset({"/livez"})
_HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]*))(:\d*)?\Z")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Access:
    """`hosts` are the names and addresses that we were told to listen on."""

    token: str | None = None
    hosts: Collection[str] = field(default=())

    @property
    def is_local(self) -> bool:
        """Does nobody but this machine reach us?"""
        return all(host in _LOCAL for host in self.hosts)

    def refusal(self, headers: Headers) -> tuple[int, str] | None:
        """Status and reason, or None when the request may be served."""
        if self.token is not None:
            return self._without_token(headers)
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            # A page in somebody's browser may have its own name lead to this machine (DNS
            # rebinding), and would be let read what it asks for by that name.
            return 403, (
                "without --admin-token only requests to localhost or to the address that the API "
                "is bound to are answered; ask by that, or start the fabric with --admin-token"
            )
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != host:
            # A page may also POST across origins, without reading the answer.
            return 403, "requests from pages of other origins are not answered"
        return None

    def _without_token(self, headers: Headers) -> tuple[int, str] | None:
        kind, _, given = headers.get("authorization", "").partition(" ")
        wanted = (self.token or "").encode()
        if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted):
            return None
        return 401, (
            "this management API demands its token: Authorization: Bearer …, or --admin-token or "
            "POPLIN_ADMIN_TOKEN for the command line"
        )

    def _is_ours(self, name: str) -> bool:
        if name in _LOCAL or name in self.hosts:
            return True
        # Bound to every address, any of them is ours; no page has an address for a name.
        return _is_address(name) and any(host in ("0.0.0.0", "::") for host in self.hosts)  # noqa: S104


class Guard:
    """The application behind an Access; `/livez` is answered to everybody."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _OPEN:
            refusal = self._access.refusal(Headers(scope=scope))
            if refusal is not None:
                status, detail = refusal
                headers = {"www-authenticate": "Bearer"} if status == 401 else None
                await answer(status, detail, headers=headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _name(host: str) -> str:
    """A Host header without its port; empty when it is none."""
    found = _HOST.match(host)
    return (found["address"] or found["name"]).lower() if found else ""


def _netloc(origin: str) -> str | None:
    """None when it is no URL."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
