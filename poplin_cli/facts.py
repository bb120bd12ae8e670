"""Parts of a description: names with their values, conditions, warnings, and what to do next."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from rich.console import Console
from rich.text import Text

from poplin_cli.show import STATUS_STYLES, printable

__all__ = ["as_yaml", "conditions", "facts", "heading", "next_steps", "warnings"]


def facts(out: Console, *known: tuple[str, object], indent: str = "") -> None:
    width = max(len(name) for name, _ in known) + 2
    for name, value in known:
        out.print(Text.assemble(indent, (f"{name + ':':{width}}", "bold"), printable(str(value))))


def heading(out: Console, text: str) -> None:
    out.print(Text(f"{text}:", "bold"))


def conditions(out: Console, status: dict[str, Any]) -> None:
    heading(out, "Conditions")
    for each in status["conditions"]:
        said = ": ".join(each[name] for name in ("reason", "message") if name in each)
        out.print(
            Text.assemble(
                f"  {each['type']}: ",
                (each["status"], STATUS_STYLES[each["status"]]),
                f", {printable(said)}" if said else "",
            )
        )


def as_yaml(out: Console, title: str, value: Any) -> None:
    if isinstance(value, str):
        facts(out, (title, value))
        return
    heading(out, title)
    for line in yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000).splitlines():
        out.print(Text(f"  {printable(line)}"))


def warnings(out: Console, texts: Sequence[str]) -> None:
    if texts:
        heading(out, "Warnings")
        for each in texts:
            out.print(Text(f"  {printable(each)}", "yellow"))


def next_steps(out: Console, hints: Iterable[str]) -> None:
    heading(out, "What to do next")
    for each in hints:
        out.print(f"  {printable(each)}")
