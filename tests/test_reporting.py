"""Log lines look alike, whoever writes them."""

import re
from io import StringIO

import pytest
import structlog

from poplin.reporting import configure, is_coloured, line
from poplin_cli.up.output import Output

FIELDS = {
    "timestamp": "2026-01-02T03:04:05.678Z", "service": "ingress", "level": "warning",
    "event": "the store is away", "why": "refused",
}  # fmt: skip


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_service_alone_writes_as_below_up(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "ingress")
    try:
        structlog.get_logger().warning("the store is away", why="refused")
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    alone = capsys.readouterr().out
    Output("text").relay("ingress", b'{"event": "the store is away", "level": "warning", '
                         b'"timestamp": "2026-01-02T03:04:05.678Z", "why": "refused"}')  # fmt: skip
    below = capsys.readouterr().out

    assert below == "03:04:05 ingress    the store is away  why=refused\n"
    assert re.sub(r"^\d\d:\d\d:\d\d", "03:04:05", alone) == below


def test_a_terminal_is_coloured_unless_its_user_minds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert is_coloured(Terminal())
    assert not is_coloured(StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not is_coloured(Terminal())


def test_trouble_has_a_colour_and_the_text_stays_the_same() -> None:
    coloured = line(FIELDS, coloured=True)

    assert "\x1b[33mthe store is away  why=refused\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == line(FIELDS, coloured=False)
