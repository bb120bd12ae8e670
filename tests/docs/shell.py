"""One shell for a page: what a command leaves behind, the next one finds."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Ended", "Shell"]

_LONGEST_S = 60.0
_GRACE_S = 15.0
_SEVERAL = re.compile(r"[;|&\n]")
_JOB = re.compile(r"&\s*\Z")


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    printed: str


class Shell:
    """Commands one after the other; those in the background write into files of their own."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._number = 0
        self._jobs: list[tuple[str, Path]] = []

    @classmethod
    @contextmanager
    def open(cls, folder: Path, environment: dict[str, str]) -> Iterator["Shell"]:
        """In `folder`; whatever still runs at the end is ended."""
        process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder, env=environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        shell = cls(process, folder)
        shell._do("set -m; status=0")  # each job is a process group, with a number
        try:
            yield shell
        finally:
            shell._close()

    def run(self, command: str) -> Ended:
        """To its end. Its status is `$?` for the next command."""
        output = self._output()
        # $? as the command before left it, here as after it.
        text = f"(exit $status)\n{command}\n"
        self._do(f"{{\n{text}}} </dev/null >{output} 2>&1; status=$?")
        return Ended(int(self._asked("$status")), _text(output))

    def start(self, command: str) -> Path:
        """In the background; the file that it prints into."""
        output = self._output()
        job = _JOB.sub("", command)
        if _SEVERAL.search(job):
            job = f"{{\n{job}\n}}"  # else the job is the command itself, and hears its signals
        self._do(f"{job} </dev/null >{output} 2>&1 &")
        self._jobs.append((command, output))
        return output

    def printing(self, word: str) -> Path:
        """What the newest background command with that word prints into."""
        return next(output for command, output in reversed(self._jobs) if word in command)

    def _output(self) -> Path:
        self._number += 1
        return self._folder / f".output-{self._number}"

    def _do(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _asked(self, word: str) -> str:
        """What the shell says, once it is done with all before."""
        self._do(f'echo "{word}"')
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _LONGEST_S)
        assert ready, f"not ended after {_LONGEST_S:g} s"
        return self._process.stdout.readline().strip()

    def _close(self) -> None:
        groups = self._groups()
        for group in groups:
            _signal(group, signal.SIGTERM)
        until = time.monotonic() + _GRACE_S
        while any(map(_is_alive, groups)) and time.monotonic() < until:
            time.sleep(0.02)
        for group in groups:
            _signal(group, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()

    def _groups(self) -> list[int]:
        """Of the jobs; of the foreground command too, if it is stuck: it is a child of the shell."""
        listed = subprocess.run(
            ["ps", "-o", "pgid=", "--ppid", str(self._process.pid)],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
        return [int(group) for group in listed.split() if int(group) != self._process.pid]


def _text(path: Path) -> str:
    return path.read_text(errors="replace").replace("\r\n", "\n")


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
