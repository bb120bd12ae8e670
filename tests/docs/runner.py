"""Does a page what its reader would do, and compares what is printed with what is shown."""

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from tests.docs.matching import shows
from tests.docs.pages import Command, Directive, File, Printed, Step, steps
from tests.docs.ports import ADMIN, Ports
from tests.docs.shell import Shell

__all__ = ["NotAsShownError", "run_page"]

ROOT = Path(__file__).parents[2]
_UP_S = 30.0
_PRINTED_S = 20.0
_AGAIN_S = 10.0
_PAUSE_S = 0.05
_PORT = re.compile(r"--port (\d+)")
# Commands that only look: asking again changes nothing.
_LOOKS = re.compile(
    r"(?:\.venv/bin/)?poplin (?:get|describe|trace|doctor|version|check|dead-letters (?:list|show))\b"
)


class NotAsShownError(AssertionError):
    """A page promises what does not happen."""


def run_page(page: Path, folder: Path) -> None:
    """Do all of it in `folder`, an empty one. Raises NotAsShownError for the first difference."""
    found = steps(page)
    ports = Ports(page.read_text())
    _furnish(folder, ports)
    with Shell.open(folder, _environment(folder, ports)) as shell:
        reader = _Reader(page.name, shell, ports, folder)
        for step in found:
            reader.do(step)


def _furnish(folder: Path, ports: Ports) -> None:
    """What a reader has: the examples, and the command in a virtual environment."""
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__*"))
    for file in (folder / "examples").rglob("*.*"):
        if file.is_file():
            file.write_text(ports.freed(file.read_text()))
    (folder / ".curlrc").write_text("silent\n")  # no meter, which a terminal would not show
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    for name, arguments in (("python", ""), ("poplin", "-m poplin_cli.main ")):
        script = commands / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        script.chmod(0o700)


def _environment(folder: Path, ports: Ports) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POPLIN_")}
    return kept | {
        "HOME": str(folder),
        "PATH": f"{folder}/.venv/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "POPLIN_API": ports.freed(f"http://127.0.0.1:{ADMIN}"),
        "NO_COLOR": "1",
        "XDG_DATA_HOME": "",
    }


class _Reader:
    """Takes one step after the other."""

    def __init__(self, page: str, shell: Shell, ports: Ports, folder: Path) -> None:
        self._page = page
        self._shell = shell
        self._ports = ports
        self._folder = folder

    def do(self, step: Step) -> None:
        match step:
            case File():
                path = self._folder / step.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self._ports.freed(step.text))
            case Directive(line, "fabric", files):
                named = " ".join(f"-f {file}" for file in files.split())
                started = Command(line, f"poplin up {named} &", ("...", "Poplin is up at ..."))
                self._start(started, _UP_S)
            case Directive(line, _, command):
                self._start(Command(line, f"{command} &"), _UP_S)
            case Printed():
                output = self._shell.printing(step.word)
                self._wait_for(step.line, ("...", *step.expected), output, _PRINTED_S)
            case Command() if step.is_background:
                self._start(step, _UP_S)
            case Command():
                self._run(step)

    def _start(self, command: Command, within_s: float) -> None:
        text = self._ports.command(command.text)
        output = self._shell.start(text)
        for port in map(int, _PORT.findall(text)[:1]):
            if not _until(partial(_answers, port), within_s):
                self._differs(command.line, (f"(it listens at {port})",), output.read_text())
        self._wait_for(command.line, command.expected, output, within_s)

    def _wait_for(
        self, line: int, expected: tuple[str, ...], output: Path, within_s: float
    ) -> None:
        def printed() -> str:
            return self._ports.shown(output.read_text(errors="replace")) if output.exists() else ""

        if not _until(lambda: shows(printed(), expected, begins=True), within_s):
            self._differs(line, expected, printed())

    def _run(self, command: Command) -> None:
        until = time.monotonic() + (_AGAIN_S if _LOOKS.match(command.text) else 0.0)
        while True:
            ended = self._shell.run(self._ports.command(command.text))
            printed = self._ports.shown(ended.printed)
            is_shown = not command.expected or shows(printed, command.expected)
            if is_shown and ended.status == command.status:
                return
            if time.monotonic() >= until:
                break
            time.sleep(_PAUSE_S)
        if ended.status != command.status:
            printed += f"\n(it ended with status {ended.status}, not {command.status})"
        self._differs(command.line, command.expected, printed)

    def _differs(self, line: int, expected: tuple[str, ...], printed: str) -> None:
        shown = "\n".join(expected)
        raise NotAsShownError(
            f"{self._page}:{line} shows\n{shown}\n\nbut this is printed\n{printed}"
        )


def _answers(port: int) -> bool:
    """What prints nothing when it begins to listen is needed by the next step nevertheless."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _until(is_so: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE_S)
    return True
