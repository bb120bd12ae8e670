"""The reference in docs/cli.md, from the command line itself; run as a module it writes the page."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import typer
from typer.main import get_command

from poplin_cli.main import app

__all__ = ["with_reference"]

_PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
_BEGIN = "<!-- commands: written by `make docs` -->\n"
_END = "<!-- end of commands -->"


def with_reference(page: str) -> str:
    """The page with every command between its marks."""
    before, _, rest = page.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    assert mark, f"{_PAGE.name} has no marks for its commands"
    command: Any = get_command(app)
    sections = "".join(_sections(command, typer.Context(command, info_name="poplin")))
    return f"{before}{_BEGIN}{sections}{_END}{after}"


def _sections(command: Any, context: typer.Context) -> Iterator[str]:
    """Of the commands of a group, and of the groups in it."""
    for name in command.list_commands(context):
        each = command.get_command(context, name)
        if each.hidden:
            continue
        within = typer.Context(each, info_name=name, parent=context)
        if hasattr(each, "list_commands"):
            yield from _sections(each, within)
        else:
            yield f"\n### {_usage(each, within)}\n\n{_help(each)}\n"
            yield from _table(each)
    if context.parent is None:
        yield "\n"


def _help(command: Any) -> str:
    paragraphs = (command.help or "").strip().split("\n\n")
    return "\n\n".join(" ".join(each.split()) for each in paragraphs)


def _usage(command: Any, context: typer.Context) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    names = [each.metavar or str(each.name).upper() for each in arguments]
    return " ".join((context.command_path, *names))


def _table(command: Any) -> Iterator[str]:
    hints = get_type_hints(command.callback)
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    rows = [_row(each, hints.get(each.name)) for each in shown]
    if rows:
        yield "\n| argument or option | default | meaning |\n|---|---|---|\n"
        yield from rows


def _row(parameter: Any, hint: Any) -> str:
    is_option = parameter.param_type_name == "option"
    names = ", ".join(f"`{name}`" for name in parameter.opts) if is_option else ""
    if not is_option or not parameter.is_flag:
        names = f"{names} `{_value(parameter, hint)}`".strip()
    about = parameter.help or ""
    variable = getattr(parameter, "envvar", None)
    if variable:
        about += f" Also `{variable}`."
    cells = (names, _default(parameter), about)
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |\n"


def _value(parameter: Any, hint: Any) -> str:
    """What it takes, in a word; by the function's own signature, which no version of typer words."""
    if parameter.metavar:
        return str(parameter.metavar)
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not NoneType]
    kind = get_args(kinds[0])[0] if get_args(kinds[0]) else kinds[0]
    if issubclass(kind, Enum):
        return "|".join(str(each.value) for each in kind)
    words = {int: "N", float: "NUMBER", Path: "PATH"}
    return words.get(kind) or str(parameter.name).strip("_").upper()


def _default(parameter: Any) -> str:
    value = parameter.default
    if parameter.required:
        return "required"
    if value is None or value is False or value in ((), []) or callable(value):
        return ""
    return f"`{getattr(value, 'value', value)}`"


if __name__ == "__main__":
    _PAGE.write_text(with_reference(_PAGE.read_text()))
