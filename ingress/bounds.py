"""What clients may cost, each and all together."""

from dataclasses import dataclass, field

__all__ = ["Bounds"]

MEBIBYTE = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Bounds:
    """Shared by all connections. `held` counts the bytes of requests that are incomplete, and the
    bodies of those that are unanswered."""

    max_event_bytes: int = MEBIBYTE
    """Of a whole message, headers included."""
    max_held_bytes: int = 256 * MEBIBYTE
    max_connections: int = 12_000
    max_header_bytes: int = 128 * 1024
    """Of the request line, all headers and all trailers."""
    max_target_bytes: int = 8 * 1024
    """RFC 9112 3 asks for 8,000 at least."""
    max_headers: int = 1000
    max_discarded_bytes: int = 16 * MEBIBYTE
    """Read after a refusal, so that the client sees it: closed while it sends, it would not."""
    linger_s: float = 2.0
    """From an answer that ends a connection amid a request, until the client must have read it."""
    request_timeout_s: float = 10.0
    keep_alive_s: float = 75.0
    held: int = field(default=0)
