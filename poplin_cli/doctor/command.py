"""`poplin doctor`: each check a line, with what to do about it."""

from pathlib import Path
from typing import Annotated

import typer

from poplin_cli.options import DEFAULT_API, ApiOption, Lines, TokenOption
from poplin_cli.service_options import (
    Profile,
    ProfileOption,
    ReplicasOption,
    TrustOption,
    checked_replicas,
)

__all__ = ["doctor"]


def doctor(
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="YAML file or folder to check; may be given again."),
    ] = None,
    redis: Annotated[
        str | None, typer.Option(help="The store to check instead of the embedded one.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="The embedded store's folder [~/.local/share/poplin].")
    ] = None,
    profile: ProfileOption = Profile.durable,
    replicas: ReplicasOption = 1,
    trust_store: TrustOption = False,
    host: Annotated[str, typer.Option(help="Where the ingress listens, or is to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The ingress's port.")] = 8080,
    admin_host: Annotated[
        str, typer.Option(help="Where the management API listens, or is to.")
    ] = "127.0.0.1",
    admin_port: Annotated[int, typer.Option(min=1, max=65535, help="Management API port.")] = 8081,
    webhook_host: Annotated[
        str, typer.Option(help="Where the receiver of webhooks listens, or is to.")
    ] = "127.0.0.1",
    webhook_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the receiver of webhooks.")
    ] = 8082,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
    output: Annotated[
        Lines, typer.Option("--output", "-o", help="Lines for people, or JSON.")
    ] = Lines.text,
) -> None:
    """Check this machine, the store and a running fabric. Exit code 1 when something failed.

    Changes nothing: safe to run beside a fabric that serves, and before the first start.
    """
    from poplin_cli.doctor.examine import Question, examine
    from poplin_cli.doctor.show import show_findings
    from poplin_cli.errors import ExitCode
    from poplin_cli.up.datadir import default_data_dir

    findings = examine(
        Question(
            files=tuple(files or ()),
            redis=redis,
            data_dir=(data_dir or default_data_dir()).absolute(),
            profile=profile.value,
            replicas=checked_replicas(replicas, profile),
            trust_store=trust_store,
            host=host,
            port=port,
            admin_host=admin_host,
            admin_port=admin_port,
            webhook_host=webhook_host,
            webhook_port=webhook_port,
            api=api,
            admin_token=admin_token,
        )
    )
    show_findings(findings, as_json=output is Lines.json)
    if any(each.verdict == "fail" for each in findings):
        raise typer.Exit(ExitCode.NO)
