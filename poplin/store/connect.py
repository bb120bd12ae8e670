"""A client for a URL."""

from redis.asyncio import ConnectionPool

from poplin.store.availability import Availability
from poplin.store.client import LeanRedis
from poplin.store.cluster import Cluster
from poplin.store.sentinels import Sentinels
from poplin.store.server import Server
from poplin.store.topology import Single, Topology
from poplin.store.url import StoreUrl, parse_store_url

__all__ = ["connect"]

_COMMAND_TIMEOUT_S = 5.0
_MOST_CONNECTIONS = 64


def connect(
    url: str,
    *,
    timeout_s: float = _COMMAND_TIMEOUT_S,
    replicas: int = 0,
    availability: Availability | None = None,
) -> LeanRedis:
    """A client for what `--redis` may be. Raises ConfigurationError for anything else.

    It never sends a command twice: a lost reply to an append would store the event twice. A
    reader that blocks passes a timeout longer than its block. `replicas` must acknowledge what
    may not be lost (profile ha); `availability` is told how the calls fare.
    """
    parsed = parse_store_url(url)
    options = {**parsed.options}
    if parsed.hosts:
        options |= {"host": parsed.hosts[0].host, "port": parsed.hosts[0].port}
    return LeanRedis(
        _topology(parsed),
        ConnectionPool(connection_class=parsed.connection_class, **options),
        timeout_s=timeout_s,
        replicas=replicas,
        availability=availability,
    )


def _topology(url: StoreUrl) -> Topology:
    if url.kind == "sentinel":
        return Sentinels(url, most=_MOST_CONNECTIONS)
    if url.kind == "cluster":
        return Cluster(url, most=_MOST_CONNECTIONS)
    address = url.hosts[0] if url.hosts else None
    return Single(Server(url, address, most=_MOST_CONNECTIONS))
