"""An event as a person watches it go by: a line of its attributes, and its data below."""

import sys
from typing import Any

import orjson
import yaml
from rich.text import Text

from poplin_cli.options import Output
from poplin_cli.show import console, printable

__all__ = ["show_event"]

_MOST_DATA = 2000
# Shown elsewhere, or of no interest to a person: the last two are set by the broker itself.
_LEFT_OUT = frozenset(
    {
        "specversion", "id", "source", "type", "time", "datacontenttype",
        "knativearrivaltime", "knativebrokerttl",
    }
)  # fmt: skip


def show_event(event: dict[str, Any], output: Output) -> None:
    """At once, however it is buffered; as JSON one line."""
    if output is Output.json:
        sys.stdout.write(f"{orjson.dumps(event).decode()}\n")
    elif output is Output.yaml:
        sys.stdout.write("---\n" + yaml.safe_dump(event, sort_keys=False, allow_unicode=True))
    elif output is Output.name:
        sys.stdout.write(f"{event['logId']}\n")
    else:
        _show_lines(event)
    sys.stdout.flush()


def _show_lines(event: dict[str, Any]) -> None:
    attributes = event["attributes"]
    line = Text.assemble(
        (event["accepted"], "dim"),
        "  ",
        (_text(attributes, "type"), "bold cyan"),
        "  ",
        (_text(attributes, "source"), "green"),
        "  id=",
        (_text(attributes, "id"), "bold"),
    )
    for name, value in attributes.items():
        if name not in _LEFT_OUT:
            line.append(f"  {name}=").append(printable(_plain(value)), "magenta")
    out = console()
    out.print(line)
    if event["bytes"]:
        out.print(Text(f"  {_data_text(event)}"))


def _text(attributes: dict[str, Any], name: str) -> str:
    return printable(_plain(attributes.get(name, "")))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _data_text(event: dict[str, Any]) -> str:
    data = event["data"]
    if data is None:
        kind = printable(event["attributes"].get("datacontenttype", "binary data"))
        return f"({event['bytes']} bytes of {kind})"
    shown = printable(data[:_MOST_DATA].rstrip("\n"))
    return shown if len(data) <= _MOST_DATA else f"{shown}… ({event['bytes']} bytes)"
