"""What `poplin up` prints: one table when it is up, then one line per notable event."""

import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from poplin.reporting import is_coloured, line

__all__ = ["Output", "Row"]

Row = tuple[str, str, str, str, str]
"""kind, namespace/name, what it serves or sends to, readiness, why not."""


class Output:
    """Lines for a person, or JSON objects for a machine."""

    def __init__(self, log_format: Literal["text", "json"]) -> None:
        self._json = log_format == "json"
        width = None if sys.stdout.isatty() else 200  # a pipe has no width of its own
        self._console = Console(highlight=False, soft_wrap=True, width=width)

    def say(self, what: str, *, level: str = "info", **fields: object) -> None:
        """A line of the supervisor's own."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._line({"service": "up", "event": what, "level": level, "timestamp": now, **fields})

    def relay(self, service: str, text: bytes) -> None:
        """A line of a service; what is not JSON (the store's own words) is shown as it is."""
        try:
            fields = orjson.loads(text)
        except orjson.JSONDecodeError:
            fields = None
        if not isinstance(fields, dict):
            fields = {"event": text.decode("utf-8", "replace"), "level": "info"}
        self._line({**fields, "service": service})  # of several ingresses, which one

    def table(self, title: str, rows: list[Row]) -> None:
        if self._json:
            for kind, name, url, ready, why in rows:
                self.say("status", kind=kind, name=name, url=url, ready=ready, reason=why)
            return
        table = Table(title=title, title_justify="left", box=None, pad_edge=False)
        for heading in ("KIND", "NAME", "URL", "READY", "REASON"):
            table.add_column(heading, overflow="fold")
        for kind, name, url, ready, why in rows:
            style = "green" if ready == "True" else "red"
            table.add_row(kind, escape(name), escape(url), f"[{style}]{ready}[/]", escape(why))
        self._console.print(table)

    def _line(self, fields: dict[str, Any]) -> None:
        if self._json:
            sys.stdout.buffer.write(orjson.dumps(fields) + b"\n")
            sys.stdout.buffer.flush()
            return
        sys.stdout.write(line(fields, coloured=is_coloured(sys.stdout)) + "\n")
        sys.stdout.flush()
