"""`poplin sources`: the service that serves event sources, alone."""

from typing import Annotated

import typer

from poplin_cli.file_options import FilesOption, ResolveOption, checked_files
from poplin_cli.kube_options import KubeconfigOption, KubeContextOption, checked_kubeconfig
from poplin_cli.runner import run_service
from poplin_cli.service_options import LogFormat, LogFormatOption, RedisOption, SocketOption
from poplin_cli.webhook_options import (
    WEBHOOK_BYTES,
    WEBHOOK_PORT,
    RedeliverOption,
    WebhookBytesOption,
    WebhookHostOption,
    WebhookPortOption,
    WebhookUrlOption,
    checked_base_url,
    checked_webhook_url,
)

__all__ = ["sources"]


def sources(
    redis: RedisOption,
    files: FilesOption,
    resolve: ResolveOption = None,
    ingress_url: Annotated[
        str, typer.Option(metavar="URL", help="The ingress that sinks of kind Broker lead to.")
    ] = "http://127.0.0.1:8080",
    webhook_host: WebhookHostOption = "127.0.0.1",
    webhook_port: WebhookPortOption = WEBHOOK_PORT,
    webhook_url: WebhookUrlOption = None,
    max_webhook_bytes: WebhookBytesOption = WEBHOOK_BYTES,
    redeliver_every: RedeliverOption = 300.0,
    kubeconfig: KubeconfigOption = None,
    kube_context: KubeContextOption = None,
    log_format: LogFormatOption = LogFormat.text,
    socket_fd: SocketOption = None,
) -> None:
    """Run the event sources alone: webhooks, changes in a cluster and timers in, events out."""
    from poplin.reporting import configure
    from poplin.resources import read_services
    from poplin.settings import SourcesSettings
    from sources.main import serve

    configure(log_format.value, "sources")
    run_service(
        serve(
            SourcesSettings(
                redis_url=redis,
                files=checked_files(files),
                services=read_services(resolve or ()),
                ingress_url=checked_base_url("--ingress-url", ingress_url),
                host=webhook_host,
                port=webhook_port,
                socket_fd=socket_fd,
                webhook_url=checked_webhook_url(webhook_url),
                max_webhook_bytes=max_webhook_bytes,
                redeliver_every_s=redeliver_every,
                kubeconfig=checked_kubeconfig(kubeconfig),
                kube_context=kube_context,
            )
        )
    )
