"""What `poplin up` can be told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from poplin.store import Profile

__all__ = ["UpSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSettings:
    files: tuple[Path, ...]
    services: Mapping[str, str]
    """URLs by namespace/name, that refs to Services lead to."""
    host: str
    port: int
    admin_host: str
    admin_port: int
    admin_token: str | None = field(repr=False)
    redis: str | None
    data_dir: Path
    profile: Profile
    replicas: int
    trust_store: bool
    workers: int
    """Ingress processes."""
    dispatchers: int
    store_memory: int
    """Bytes that the embedded store may take."""
    max_event_bytes: int
    webhook_host: str
    webhook_port: int
    webhook_url: str | None
    """What providers are told instead of host and port."""
    max_webhook_bytes: int
    redeliver_every_s: float
    kubeconfig: Path | None
    """As of SourcesSettings, and so is the context."""
    kube_context: str | None
    removed_kept_s: float
    """How long what a removed trigger or broker left is kept."""
    log_format: Literal["text", "json"]
