"""Log lines: one JSON object a line, or plain text for a person. Never event data or secrets."""

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO

import structlog

__all__ = ["LogFormat", "configure", "is_coloured", "line"]

LogFormat = Literal["text", "json"]

_HIDDEN = frozenset({"event", "level", "timestamp", "service"})
_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[1;31m"}


def configure(log_format: LogFormat, service: str) -> None:
    """Send structlog's lines to standard output, each with the service's name."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else _rendered
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


def line(fields: Mapping[str, Any], *, coloured: bool) -> str:
    """For a person: the time of day (UTC), the service, what happened, and the rest by name.

    Everything that Poplin runs looks like this, alone or below `poplin up`.
    """
    time = str(fields.get("timestamp", ""))[11:19]
    more = " ".join(f"{name}={value}" for name, value in fields.items() if name not in _HIDDEN)
    who = f"{time:8} {fields.get('service', ''):10}"
    what = f"{fields.get('event', '')}  {more}".rstrip()
    if not coloured:
        return f"{who} {what}"
    colour = _COLOURS.get(str(fields.get("level")), "")
    return f"{_DIM}{who}{_RESET} {colour}{what}{_RESET if colour else ''}"


def is_coloured(stream: TextIO) -> bool:
    """A terminal whose user has not asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def _rendered(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> str:
    return line(fields, coloured=is_coloured(sys.stdout))
