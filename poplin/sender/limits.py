"""What a peer may cost us."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Limits"]


def _always(_status: int, _headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Beyond any of these an answer is broken; a place in a full pool is waited for."""

    connect_timeout_s: float = 3.0
    """Name lookup, TCP and TLS handshake together."""

    max_header_bytes: int = 128 * 1024
    """Of one head or trailer: names, values and 4 bytes for each line."""

    max_header_count: int = 256
    """Of one head or trailer."""

    max_body_bytes: int = 1024 * 1024
    """As it comes: nothing is unpacked."""

    enough_body_bytes: int = 64 * 1024
    """More than these are read only of a body that `needs_more`; the connection is dropped."""

    needs_more: Callable[[int, Sequence[tuple[bytes, bytes]]], bool] = _always
    """Is all of the body of use, by status and headers? Asked when there is more than enough."""

    max_held_bytes: int = 64 * 1024 * 1024
    """Of all answers that have begun and are not complete. One origin may hold half of it, two a
    third each; its next answer that does not fit is broken."""

    max_connections_per_origin: int = 256
    """Who finds them all busy waits for one, until the deadline."""

    keep_alive_s: float = 4.0
    """An idle connection is dropped after this: before common servers drop it (5 s)."""

    stale_after_s: float = 1.0
    """A connection that was idle less than this was hardly dropped for idleness: when it ends without
    an answer, the peer may have had the request, and the attempt has failed."""
