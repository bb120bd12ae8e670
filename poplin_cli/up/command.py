"""`poplin up` and its options."""

from pathlib import Path
from typing import Annotated

import typer

from poplin_cli.file_options import FilesOption, ResolveOption
from poplin_cli.kube_options import KubeconfigOption, KubeContextOption, checked_kubeconfig
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
    ReplicasOption,
    TrustOption,
    checked_replicas,
)
from poplin_cli.webhook_options import (
    WEBHOOK_BYTES,
    WEBHOOK_PORT,
    RedeliverOption,
    WebhookBytesOption,
    WebhookHostOption,
    WebhookPortOption,
    WebhookUrlOption,
    checked_webhook_url,
)

__all__ = ["up"]


def up(
    files: FilesOption,
    resolve: ResolveOption = None,
    host: Annotated[str, typer.Option(help="Where the ingress listens.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Ingress port; 0 takes a free one.")
    ] = 8080,
    admin_host: Annotated[
        str,
        typer.Option(help="Where the management API listens; elsewhere give --admin-token too."),
    ] = "127.0.0.1",
    admin_port: Annotated[int, typer.Option(min=0, max=65535, help="Management API port.")] = 8081,
    admin_token: AdminTokenOption = None,
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
    max_event_bytes: EventBytesOption = MEBIBYTE,
    webhook_host: WebhookHostOption = "127.0.0.1",
    webhook_port: WebhookPortOption = WEBHOOK_PORT,
    webhook_url: WebhookUrlOption = None,
    max_webhook_bytes: WebhookBytesOption = WEBHOOK_BYTES,
    redeliver_every: RedeliverOption = 300.0,
    kubeconfig: KubeconfigOption = None,
    kube_context: KubeContextOption = None,
    keep_removed: KeepRemovedOption = 600.0,
    log_format: LogFormatOption = LogFormat.text,
) -> None:
    """Run the whole fabric on this machine."""
    from poplin.resources import read_services
    from poplin_cli.up.datadir import default_data_dir
    from poplin_cli.up.fabric import up as run_up
    from poplin_cli.up.settings import UpSettings

    run_service(
        run_up(
            UpSettings(
                files=tuple(files),
                services=read_services(resolve or ()),
                host=host,
                port=port,
                admin_host=admin_host,
                admin_port=admin_port,
                admin_token=checked_token(admin_token),
                redis=redis,
                data_dir=data_dir or default_data_dir(),
                profile=profile.value,
                replicas=checked_replicas(replicas, profile),
                trust_store=trust_store,
                workers=workers,
                dispatchers=dispatchers,
                store_memory=store_memory * MEBIBYTE,
                max_event_bytes=max_event_bytes,
                webhook_host=webhook_host,
                webhook_port=webhook_port,
                webhook_url=checked_webhook_url(webhook_url),
                max_webhook_bytes=max_webhook_bytes,
                redeliver_every_s=redeliver_every,
                kubeconfig=checked_kubeconfig(kubeconfig),
                kube_context=kube_context,
                removed_kept_s=keep_removed,
                log_format=log_format.value,
            )
        )
    )
