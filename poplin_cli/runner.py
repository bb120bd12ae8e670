"""The one place where a command's errors become a line and an exit code, never a traceback."""

import sys
import traceback
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from poplin.errors import ConfigurationError, PoplinError
from poplin_cli.errors import ExitCode, code_of

__all__ = ["Commands", "run_service"]


class Commands(TyperGroup):
    """A group of commands, as `typer.Typer(cls=Commands)`: whatever they raise, a line tells."""

    def main(self, *args: Any, **options: Any) -> NoReturn:
        try:
            code = super().main(*args, **{**options, "standalone_mode": False})
        except Exception as error:  # noqa: BLE001 - the last place before the user
            code = max(_told(each) for each in _leaves(error))
        sys.exit(code or ExitCode.DONE)


def run_service(service: Coroutine[Any, Any, None]) -> None:
    """Run to the end."""
    import uvloop

    try:
        uvloop.run(service)
    except* OSError as errors:
        # Of a service's own calls of the system, those of its socket are what a user can mend.
        (error, *_) = _leaves(errors)
        raise ConfigurationError(f"{error}; check the host and port") from errors


def _told(error: BaseException) -> ExitCode:
    """Say it in one line on standard error; how to end."""
    if isinstance(error, typer.TyperException):
        return _usage(error)
    if isinstance(error, typer.Abort):
        return _say("stopped; nothing was done", ExitCode.NO)
    if isinstance(error, PoplinError):
        return _say(str(error), code_of(error))
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return _say(
        f"internal error: {type(error).__name__} at {place}: {error}; please report it",
        ExitCode.INTERNAL,
    )


def _usage(error: typer.TyperException) -> ExitCode:
    message = " ".join(error.format_message().split()).rstrip(".")
    if message:  # else it is a group without a command, which has shown its help
        context = getattr(error, "ctx", None)
        hint = f"; see {context.command_path} --help" if context else ""
        _say(message + hint, ExitCode.BAD_INPUT)
    return ExitCode.BAD_INPUT


def _say(text: str, code: ExitCode) -> ExitCode:
    typer.echo(f"poplin: {text}", err=True)
    return code


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors of a group, those of groups within it too."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
