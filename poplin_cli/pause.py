"""`poplin pause` and `poplin resume`: a trigger that attempts nothing for a while."""

import sys
from typing import Annotated, Any

import typer

from poplin_cli.options import (
    DEFAULT_API,
    ApiOption,
    NamespaceOption,
    Output,
    OutputOption,
    TokenOption,
    full_name,
)

__all__ = ["pause", "resume"]

TriggerArgument = Annotated[str, typer.Argument(help="NAME or NAMESPACE/NAME of a trigger.")]


def pause(
    trigger: TriggerArgument,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Queue what matches and attempt nothing, until `poplin resume`. What is under way finishes."""
    view = _post(api, admin_token, full_name(trigger, namespace), "pause")
    _say(view, output, f"is paused; {view['backlog']:,} wait")


def resume(
    trigger: TriggerArgument,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Attempt again what a paused trigger has queued."""
    view = _post(api, admin_token, full_name(trigger, namespace), "resume")
    _say(view, output, f"goes on; {view['backlog']:,} waited")


def _post(url: str, token: str | None, trigger: str, word: str) -> Any:
    from poplin_cli.client import Api

    return Api(url, token).post(f"/triggers/{trigger}/{word}")


def _say(view: Any, output: Output, what: str) -> None:
    from poplin_cli.show import show_one

    if output is Output.table:
        sys.stdout.write(f"trigger {view['namespace']}/{view['name']} {what}\n")
    else:
        show_one(view, (), output)
