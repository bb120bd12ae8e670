"""A command on a terminal of a given width, as a person sees it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios

__all__ = ["answered", "plain", "shown"]

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def shown(*arguments: str, width: int, url: str, **environment: str) -> str:
    """All that it writes, escape sequences too."""
    code, text = answered("", *arguments, width=width, url=url, **environment)
    assert code == 0, text
    return text


def answered(
    typed: str, *arguments: str, width: int, url: str, **environment: str
) -> tuple[int, str]:
    """How it ends, and all that it writes, when somebody types that."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    kept = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "poplin_cli.main", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs,
        env={**kept, "TERM": "xterm-256color", "POPLIN_API": url, **environment},
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, typed.encode())
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        text += part
    os.close(ours)
    return process.wait(20), text.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    """Without colours."""
    return _ESCAPES.sub("", text)
