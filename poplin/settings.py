"""What each service can be told. Every field has a unit and a default; nothing reads the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from poplin.store import Profile

__all__ = [
    "ConsoleSettings",
    "DispatcherSettings",
    "IngressSettings",
    "SourcesSettings",
    "StoreSettings",
]

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
    also_ready_url: str | None = None
    """Must have answered 200 once before this is ready: what a supervisor starts beside it."""


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
    removed_kept_s: float = 600.0
    """How long what a removed trigger or broker left is kept, in case it comes back."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesSettings:
    redis_url: str
    files: tuple[Path, ...]
    services: Mapping[str, str] = field(default_factory=dict)
    """URLs by namespace/name, that refs to Services lead to."""
    ingress_url: str = "http://127.0.0.1:8080"
    """Where a ref to a Broker leads, before its /<namespace>/<name>."""
    host: str = "127.0.0.1"
    port: int = 8082
    socket_fd: int | None = None
    webhook_url: str | None = None
    """What providers are told instead of host and port, without a slash at its end."""
    max_webhook_bytes: int = 25 * MEBIBYTE
    """Of a body, as GitHub has it."""
    max_held_bytes: int = 256 * MEBIBYTE
    """Of all bodies under way. One source may hold half of it, two a third each."""
    body_timeout_s: float = 10.0
    """From the head of a request to the end of its body."""
    emit_timeout_s: float = 5.0
    """From the end of the body to the last answer of the sink; GitHub waits 10 s in all."""
    redeliver_every_s: float = 300.0
    """Between looks for deliveries that failed, at providers that can be asked for them again."""
    kubeconfig: Path | None = None
    """None: that of KUBECONFIG, else in a pod its own cluster, else that of ~/.kube/config."""
    kube_context: str | None = None
    """None: the kubeconfig's current one."""
    grace_s: float = 6.0
    """From SIGTERM until requests under way are abandoned."""
    store_timeout_s: float = 1.5

    @property
    def is_supervised(self) -> bool:
        """Whoever hands the socket down reads the same files, and tells what is wrong with them."""
        return self.socket_fd is not None
