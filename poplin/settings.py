"""What each service can be told. Every field has a unit and a default; nothing reads the environment."""

from dataclasses import dataclass, field

from poplin.store import Profile

__all__ = ["ConsoleSettings", "DispatcherSettings", "IngressSettings", "StoreSettings"]

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What a service that writes asks of its store."""

    redis_url: str
    profile: Profile = "durable"
    replicas: int = 1
    """Profile ha: how many replicas must acknowledge."""
    trust_store: bool = False
    """Serve although the store does not show its configuration."""

    @property
    def copies(self) -> int:
        """How many replicas must have what may not be lost."""
        return self.replicas if self.profile == "ha" else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSettings(StoreSettings):
    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free port."""
    socket_fd: int | None = None
    """A listening socket handed down by a supervisor; `host` and `port` are then unused."""
    max_event_bytes: int = MEBIBYTE
    """Of a whole message, headers included."""
    max_held_bytes: int = 256 * MEBIBYTE
    """Of all requests under way. A broker whose requests hold more than all leave free is
    answered 503."""
    request_timeout_s: float = 10.0
    """From a request's first byte to its last."""
    keep_alive_s: int = 75
    grace_s: float = 5.0
    """From SIGTERM until requests under way are abandoned."""
    store_timeout_s: float = 1.5
    """Longest call of the store; a producer hears of a store that is away within 2 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherSettings(StoreSettings):
    read_count: int = 128
    """Entries taken from the log in one read."""
    max_held_bytes: int = 128 * MEBIBYTE
    """Of the events of all deliveries under way; a trigger with none under way may always have one."""
    sweep_s: float = 2.0
    """Between looks over all queues for what a dead dispatcher left behind."""
    trim_s: float = 5.0
    """Between trims of a partition's log."""
    grace_s: float = 5.0
    """From SIGTERM until deliveries under way are given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    redis_url: str
    host: str = "127.0.0.1"
    port: int = 8081
    socket_fd: int | None = None
    admin_token: str | None = field(default=None, repr=False)
    """Demanded of every request but `/livez`; None demands none."""
    store_timeout_s: float = 1.5
    """Longest call of the store; who asks hears of a store that is away within 2 s."""
