"""What `--redis` names: one server, sentinels that know the primary, or a cluster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from poplin.errors import ConfigurationError

__all__ = ["Address", "StoreUrl", "masked", "parse_store_url"]

_CONNECT_TIMEOUT_S = 1.0

_USERINFO = re.compile(r"(?<=://).*@", re.DOTALL)
_PASSWORD_OPTION = re.compile(r"(?<=[?&])((?:sentinel_)?password)=[^&]*")
_SEVERAL = re.compile(
    r"(?P<plain>rediss?)\+(?P<kind>sentinel|cluster)://(?P<user>[^@/?#]*@)?(?P<hosts>[^@/?#]+)"
    r"(?:/(?P<path>[^?#]*))?(?P<query>\?[^#]*)?"
)
_PATHS = {
    "sentinel": re.compile(r"(?P<primary>[^/]+)(?:/(?P<database>[0-9]*))?"),
    "cluster": re.compile(r"(?P<primary>)(?P<database>0?)"),
}
_PATH_FAULTS = {
    "sentinel": "behind its hosts stands /PRIMARY, the name that the sentinels know",
    "cluster": "a cluster has no database but 0",
}
_KINDS = {f"{plain}+{kind}": kind for plain in ("redis", "rediss") for kind in _PATHS}
_SCHEMES = frozenset({"redis", "rediss", "unix", *_KINDS})
_OPTION = re.compile(r"(?:argument|value for) '(\w+)'")
_DEFAULT_PORT = {"sentinel": 26379, "cluster": 6379}
_FORMS = (
    "use redis://HOST:PORT/DB, rediss://… for TLS, unix://PATH, "
    "redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY or redis+cluster://HOST:PORT,HOST:PORT"
)


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """`options` are those of `connection_class`, but for host and port where `hosts` has them."""

    kind: Literal["single", "sentinel", "cluster"]
    connection_class: type[Any]
    options: Mapping[str, Any]
    hosts: tuple[Address, ...] = ()
    """The server, some sentinels or some nodes of the cluster; none for a Unix socket."""
    primary: str = ""
    """What the sentinels call the primary."""
    sentinel_options: Mapping[str, Any] = field(default_factory=dict)
    """As `options`, with the sentinels' own credentials, if they ask for any."""


def parse_store_url(url: str) -> StoreUrl:
    """Raises ConfigurationError, without the credentials, for what cannot be a store."""
    try:
        several = _SEVERAL.fullmatch(url)
        parsed = _parse_one(url) if several is None else _parse_several(several)
        parsed.connection_class(**parsed.options)
        parsed.connection_class(**parsed.sentinel_options)
    except (ValueError, TypeError) as error:
        shown = masked(url)
        fault = _fault(shown, str(error))
        raise ConfigurationError(f"--redis {shown!r} is not understood{fault}; {_FORMS}") from error
    return parsed


def masked(url: str) -> str:
    """The URL without its credentials, for messages."""
    # By text, not by urlsplit: a password with '/' or '#' breaks the URL and must not be shown.
    return _PASSWORD_OPTION.sub(r"\1=…", _USERINFO.sub("…@", url))


def _fault(shown: str, error: str) -> str:
    """Which part of a URL without credentials is wrong; '' when we cannot tell."""
    scheme, is_there, rest = shown.partition("://")
    if not is_there:
        return ": it has no scheme"
    if scheme not in _SCHEMES:
        return f": its scheme is {scheme!r}"
    option = _OPTION.search(error)
    if option and f"{option[1]}=" in shown:  # else it is not what the user wrote
        return f": its option {option[1]!r} is unknown or has a wrong value"
    hosts, _, path = re.split(r"[?#]", rest)[0].rpartition("@")[2].partition("/")
    for host in hosts.split(","):
        if "[" in host and "]" not in host:
            return f": its host {host!r} has no closing bracket"
        _, is_port, port = host.rpartition("]")[2].rpartition(":")
        if is_port and not port.isdecimal():
            return f": its port {port!r} is not a number"
        if not host and scheme in _KINDS:
            return ": one of its hosts has no name"
    kind = _KINDS.get(scheme)
    return f": {_PATH_FAULTS[kind]}" if kind and not _PATHS[kind].fullmatch(path) else ""


def _parse_one(url: str) -> StoreUrl:
    options: dict[str, Any] = dict(parse_url(url))
    connection_class = options.pop("connection_class", Connection)
    hosts: tuple[Address, ...] = ()
    if "path" not in options:
        hosts = (Address(options.pop("host", "localhost"), options.pop("port", 6379)),)
    return StoreUrl("single", connection_class, _bounded(options), hosts)


def _parse_several(parts: re.Match[str]) -> StoreUrl:
    """Raises ValueError."""
    kind: Any = parts["kind"]
    path = _PATHS[kind].fullmatch(parts["path"] or "")
    if path is None:
        raise ValueError(f"not a path of {kind}: {parts['path']}")
    hosts = []
    for host in parts["hosts"].split(","):
        query = f"/{path['database'] or 0}{parts['query'] or ''}"
        options: dict[str, Any] = dict(
            parse_url(f"{parts['plain']}://{parts['user'] or ''}{host}{query}")
        )
        name, port = options.pop("host", ""), options.pop("port", _DEFAULT_PORT[kind])
        if not name:
            raise ValueError("a host without a name")
        hosts.append(Address(name, port))
    connection_class = options.pop("connection_class", Connection)
    return StoreUrl(
        kind,
        connection_class,
        _bounded({name: options[name] for name in options if not name.startswith("sentinel_")}),
        tuple(hosts),
        path["primary"],
        _bounded(_sentinel_options(options)),
    )


def _sentinel_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Sentinels have users of their own, and no databases."""
    own = ("username", "password")
    found = {name: options[name] for name in options if name not in (*own, "db")}
    for name in own:
        value = found.pop(f"sentinel_{name}", None)
        if value is not None:
            found[name] = value
    return found


def _bounded(options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "socket_connect_timeout": _CONNECT_TIMEOUT_S,
        **options,
        "socket_timeout": None,  # a call is bounded as a whole
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
