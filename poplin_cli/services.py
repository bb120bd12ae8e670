"""`poplin ingress`, `dispatcher` and `console`: each service alone, on a store that is there."""

from typing import Annotated

import typer

from poplin_cli.options import checked_token
from poplin_cli.runner import run_service
from poplin_cli.service_options import (
    MEBIBYTE,
    AdminTokenOption,
    EventBytesOption,
    KeepRemovedOption,
    LogFormat,
    LogFormatOption,
    Profile,
    ProfileOption,
    RedisOption,
    ReplicasOption,
    SocketOption,
    TrustOption,
    checked_replicas,
)

__all__ = ["console", "dispatcher", "ingress"]


def ingress(
    redis: RedisOption,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    max_event_bytes: EventBytesOption = MEBIBYTE,
    log_format: LogFormatOption = LogFormat.text,
    socket_fd: SocketOption = None,
    also_ready: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run an ingress alone: HTTP in, log entries out."""
    from ingress.main import serve
    from poplin.reporting import configure
    from poplin.settings import IngressSettings

    configure(log_format.value, "ingress")
    run_service(
        serve(
            IngressSettings(
                redis_url=redis,
                host=host,
                port=port,
                profile=profile.value,
                replicas=checked_replicas(replicas, profile),
                trust_store=trust_store,
                max_event_bytes=max_event_bytes,
                socket_fd=socket_fd,
                also_ready_url=also_ready,
            )
        )
    )


def dispatcher(
    redis: RedisOption,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    keep_removed: KeepRemovedOption = 600.0,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run a dispatcher alone: log entries in, deliveries out."""
    from dispatcher.main import serve
    from poplin.reporting import configure
    from poplin.settings import DispatcherSettings

    configure(log_format.value, "dispatcher")
    run_service(
        serve(
            DispatcherSettings(
                redis_url=redis,
                profile=profile.value,
                replicas=checked_replicas(replicas, profile),
                trust_store=trust_store,
                removed_kept_s=keep_removed,
            )
        )
    )


def console(
    redis: RedisOption,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8081,
    admin_token: AdminTokenOption = None,
    log_format: LogFormatOption = LogFormat.text,
    socket_fd: SocketOption = None,
) -> None:
    """Run the management API alone."""
    from console.main import serve
    from poplin.reporting import configure
    from poplin.settings import ConsoleSettings

    configure(log_format.value, "console")
    run_service(
        serve(
            ConsoleSettings(
                redis_url=redis,
                host=host,
                port=port,
                socket_fd=socket_fd,
                admin_token=checked_token(admin_token),
            )
        )
    )
