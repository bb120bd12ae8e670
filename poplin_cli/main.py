"""The `poplin` command."""

import traceback
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from poplin.errors import PoplinError
from poplin.reporting import configure
from poplin.settings import ConsoleSettings, DispatcherSettings, IngressSettings
from poplin_cli.filter import filter_app

__all__ = ["main"]

app = typer.Typer(
    name="poplin",
    help="Knative's Broker and Trigger YAML, served by Python on Redis Streams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(filter_app)

_MEBIBYTE = 1024 * 1024


class Profile(StrEnum):
    durable = "durable"
    fast = "fast"
    ha = "ha"


class LogFormat(StrEnum):
    text = "text"
    json = "json"


RedisOption = Annotated[
    str,
    typer.Option(
        "--redis",
        help="redis://HOST:PORT/DB, unix://PATH, redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY or "
        "redis+cluster://HOST:PORT,HOST:PORT; rediss… for TLS.",
    ),
]
ProfileOption = Annotated[
    Profile,
    typer.Option(
        help="durable: every event fsynced before its 202. fast: up to a second may be lost. "
        "ha: durable, and on a replica too."
    ),
]
ReplicasOption = Annotated[
    int, typer.Option(min=1, help="Profile ha: replicas that must have an event before its 202.")
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust-store", help="Serve although the store forbids CONFIG, as managed ones do."
    ),
]
LogFormatOption = Annotated[LogFormat, typer.Option(help="Lines for people, or JSON for machines.")]
SocketOption = Annotated[int | None, typer.Option(hidden=True)]
KeepOption = Annotated[
    float,
    typer.Option(
        "--keep-removed",
        min=0.1,
        hidden=True,
        help="Seconds that what a removed trigger or broker left is kept.",
    ),
]
EventBytesOption = Annotated[
    int, typer.Option(min=1024, help="Largest event, headers included; above it 413.")
]


@app.command()
def up(
    files: Annotated[
        list[Path], typer.Option("--file", "-f", help="YAML file or folder; may be given again.")
    ],
    host: Annotated[
        str, typer.Option(help="Where the ingress and the admin API listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Ingress port; 0 takes a free one.")
    ] = 8080,
    admin_port: Annotated[int, typer.Option(min=0, max=65535, help="Management API port.")] = 8081,
    redis: Annotated[
        str | None,
        typer.Option(
            help="Use this Redis instead of the embedded store: redis://, redis+sentinel://, "
            "redis+cluster:// or unix://."
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where the embedded store keeps events [~/.local/share/poplin]."),
    ] = None,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Ingress processes.")] = 1,
    dispatchers: Annotated[
        int,
        typer.Option(min=1, max=64, help="Dispatcher processes; they share brokers' partitions."),
    ] = 1,
    store_memory: Annotated[
        int, typer.Option(min=16, help="Most memory of the embedded store, in MiB.")
    ] = 1024,
    max_event_bytes: EventBytesOption = _MEBIBYTE,
    keep_removed: KeepOption = 600.0,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run the whole fabric on this machine."""
    from poplin_cli.up.datadir import default_data_dir
    from poplin_cli.up.fabric import UpSettings
    from poplin_cli.up.fabric import up as run_up

    _run(
        run_up(
            UpSettings(
                files=tuple(files),
                host=host,
                port=port,
                admin_port=admin_port,
                redis=redis,
                data_dir=data_dir or default_data_dir(),
                profile=profile.value,
                replicas=_checked(replicas, profile),
                trust_store=trust_store,
                workers=workers,
                dispatchers=dispatchers,
                store_memory=store_memory * _MEBIBYTE,
                max_event_bytes=max_event_bytes,
                removed_kept_s=keep_removed,
                log_format=log_format.value,
            )
        )
    )


def _checked(replicas: int, profile: Profile) -> int:
    if replicas > 1 and profile is not Profile.ha:
        raise typer.BadParameter(
            f"--replicas {replicas} needs --profile ha: profile {profile.value} asks no replica"
        )
    return replicas


@app.command()
def ingress(
    redis: RedisOption,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    max_event_bytes: EventBytesOption = _MEBIBYTE,
    log_format: LogFormatOption = LogFormat.text,
    socket_fd: SocketOption = None,
) -> None:
    """Run an ingress alone: HTTP in, log entries out."""
    from ingress.main import serve

    configure(log_format.value, "ingress")
    _run(
        serve(
            IngressSettings(
                redis_url=redis,
                host=host,
                port=port,
                profile=profile.value,
                replicas=_checked(replicas, profile),
                trust_store=trust_store,
                max_event_bytes=max_event_bytes,
                socket_fd=socket_fd,
            )
        )
    )


@app.command()
def dispatcher(
    redis: RedisOption,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    keep_removed: KeepOption = 600.0,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run a dispatcher alone: log entries in, deliveries out."""
    from dispatcher.main import serve

    configure(log_format.value, "dispatcher")
    _run(
        serve(
            DispatcherSettings(
                redis_url=redis,
                profile=profile.value,
                replicas=_checked(replicas, profile),
                trust_store=trust_store,
                removed_kept_s=keep_removed,
            )
        )
    )


@app.command()
def console(
    redis: RedisOption,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8081,
    log_format: LogFormatOption = LogFormat.text,
    socket_fd: SocketOption = None,
) -> None:
    """Run the management API alone."""
    from console.main import serve

    configure(log_format.value, "console")
    _run(serve(ConsoleSettings(redis_url=redis, host=host, port=port, socket_fd=socket_fd)))


def _run(service: Coroutine[Any, Any, None]) -> None:
    """Run to the end; an error of ours is one line and status 2, never a traceback."""
    import uvloop

    try:
        uvloop.run(service)
    except* PoplinError as errors:
        for error in _leaves(errors):
            typer.echo(f"poplin: {error}", err=True)
        raise SystemExit(2) from None
    except* OSError as errors:
        for error in _leaves(errors):
            typer.echo(f"poplin: {error}; check the host and port", err=True)
        raise SystemExit(2) from None
    except* Exception as errors:  # noqa: BLE001 - the last place before the user
        for error in _leaves(errors):
            typer.echo(_internal(error), err=True)
        raise SystemExit(70) from None


def _internal(error: BaseException) -> str:
    """A fault of ours in one line: where, and what to do."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"poplin: internal error: {type(error).__name__} at {place}: {error}; please report it"


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
