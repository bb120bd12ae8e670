"""Findings as lines for a person, or as JSON."""

from collections.abc import Sequence

import orjson
import typer
from rich.text import Text

from poplin_cli.doctor.finding import Finding
from poplin_cli.show import console, printable

__all__ = ["show_findings"]

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        found = [_view(each) for each in findings]
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    width = max(len(each.check) for each in findings)
    out = console()
    for each in findings:
        step = f" → {printable(each.next_step)}" if each.next_step else ""
        line = Text.assemble(
            (f"{each.verdict:4}", _STYLES[each.verdict]),
            f"  {each.check:{width}}  {printable(each.found)}",
            (step, "bold"),
        )
        out.print(line)


def _view(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "verdict": finding.verdict,
        "found": finding.found,
        "nextStep": finding.next_step,
    }
