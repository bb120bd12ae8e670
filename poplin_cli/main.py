"""The `poplin` command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from poplin.reporting import configure
from poplin.settings import ConsoleSettings, DispatcherSettings, IngressSettings
from poplin_cli.display.command import display
from poplin_cli.doctor.command import doctor
from poplin_cli.filter import filter_app
from poplin_cli.runner import Commands, run_service
from poplin_cli.store_options import (
    Profile,
    ProfileOption,
    ReplicasOption,
    TrustOption,
    checked,
)

__all__ = ["main"]

app = typer.Typer(
    name="poplin",
    cls=Commands,
    help="Knative's Broker and Trigger YAML, served by Python on Redis Streams.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(filter_app)
app.command()(display)
app.command()(doctor)

_MEBIBYTE = 1024 * 1024


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
LogFormatOption = Annotated[LogFormat, typer.Option(help="Lines for people, or JSON for machines.")]
SocketOption = Annotated[int | None, typer.Option(hidden=True)]
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
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run the whole fabric on this machine."""
    from poplin_cli.up.datadir import default_data_dir
    from poplin_cli.up.fabric import UpSettings
    from poplin_cli.up.fabric import up as run_up

    run_service(
        run_up(
            UpSettings(
                files=tuple(files),
                host=host,
                port=port,
                admin_port=admin_port,
                redis=redis,
                data_dir=data_dir or default_data_dir(),
                profile=profile.value,
                replicas=checked(replicas, profile),
                trust_store=trust_store,
                workers=workers,
                dispatchers=dispatchers,
                store_memory=store_memory * _MEBIBYTE,
                max_event_bytes=max_event_bytes,
                log_format=log_format.value,
            )
        )
    )


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
    run_service(
        serve(
            IngressSettings(
                redis_url=redis,
                host=host,
                port=port,
                profile=profile.value,
                replicas=checked(replicas, profile),
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
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run a dispatcher alone: log entries in, deliveries out."""
    from dispatcher.main import serve

    configure(log_format.value, "dispatcher")
    run_service(
        serve(
            DispatcherSettings(
                redis_url=redis,
                profile=profile.value,
                replicas=checked(replicas, profile),
                trust_store=trust_store,
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
    run_service(serve(ConsoleSettings(redis_url=redis, host=host, port=port, socket_fd=socket_fd)))


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
