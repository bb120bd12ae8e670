"""What clients may cost, each and all together."""

from dataclasses import dataclass, field

__all__ = ["Bounds"]

MEBIBYTE = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Bounds:
    """Shared by all connections, and in fair parts by brokers."""

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
    last_call_s: float = 1.0
    """From the stop until idle connections are closed."""
    _held: int = field(default=0, init=False)
    _held_by: dict[str, int] = field(default_factory=dict, init=False)
    """What is held for each broker; "" stands for none that is known, or not yet."""

    @property
    def held(self) -> int:
        """Bytes of requests that are incomplete, and the bodies of those that are unanswered."""
        return self._held

    def hold(self, broker: str, size: int) -> None:
        self._held += size
        self._held_by[broker] = self._held_by.get(broker, 0) + size

    def release(self, broker: str, size: int) -> None:
        self._held -= size
        left = self._held_by.get(broker, 0) - size
        if left > 0:
            self._held_by[broker] = left
        else:
            self._held_by.pop(broker, None)

    def is_too_much(self, broker: str) -> bool:
        """Whether this one holds more than all of them leave free. So one that is flooded has
        at most a half, two a third each, and what is left is there for the others.
        """
        return self._held_by.get(broker, 0) > self.max_held_bytes - self._held
