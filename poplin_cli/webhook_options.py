"""Options of the receiver of webhooks, alone or as a part of the fabric."""

from typing import Annotated

import typer

from poplin.errors import ConfigurationError
from poplin_cli.service_options import MEBIBYTE

__all__ = [
    "WEBHOOK_BYTES",
    "WEBHOOK_PORT",
    "RedeliverOption",
    "WebhookBytesOption",
    "WebhookHostOption",
    "WebhookPortOption",
    "WebhookUrlOption",
    "checked_base_url",
    "checked_webhook_url",
]

WEBHOOK_PORT = 8082
WEBHOOK_BYTES = 25 * MEBIBYTE

WebhookHostOption = Annotated[
    str, typer.Option(metavar="HOST", help="Where the receiver of webhooks listens.")
]
WebhookPortOption = Annotated[
    int,
    typer.Option(min=0, max=65535, help="Port of the receiver of webhooks; 0 takes a free one."),
]
WebhookUrlOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Where providers reach the receiver, such as https://example.com; hooks are set "
        "up with it.",
    ),
]
WebhookBytesOption = Annotated[
    int, typer.Option(min=1024, help="Largest body of a webhook; above it 413.")
]
RedeliverOption = Annotated[
    float,
    typer.Option(min=0.1, hidden=True, help="Seconds between looks for failed deliveries."),
]


def checked_base_url(option: str, url: str) -> str:
    """What goes before a path: without a slash at its end. Raises ConfigurationError."""
    from poplin.sender import Target

    try:
        Target.parse(url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{option}: {error}") from error
    if "?" in url or "#" in url:
        raise ConfigurationError(
            f"{option}: paths are added to the URL; leave out ? and #, and all after it"
        )
    return url.rstrip("/")


def checked_webhook_url(url: str | None) -> str | None:
    return None if url is None else checked_base_url("--webhook-url", url)
