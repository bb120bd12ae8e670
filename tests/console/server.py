"""`poplin console` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["Console", "running_console"]


class Console:
    def __init__(
        self, process: subprocess.Popen[bytes], said: list[dict[str, object]], store_url: str
    ) -> None:
        self.process = process
        self.store_url = store_url
        self.said = said
        """Until it listened, and the line after that if there is one to wait for."""
        self.url = f"http://127.0.0.1:{said[-1]['port']}"
        self.port = int(str(said[-1]["port"]))

    def next_line(self) -> dict[str, object]:
        assert self.process.stdout is not None
        line: dict[str, object] = json.loads(self.process.stdout.readline())
        return line


@contextmanager
def running_console(
    store_url: str, *options: str, port: int = 0, token: str | None = None
) -> Iterator[Console]:
    """It listens; ended with SIGTERM."""
    environment = {name: value for name, value in os.environ.items() if "POPLIN" not in name}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "poplin_cli.main", "console", "--redis", store_url,
            "--port", str(port), "--log-format", "json", *options,
        ],
        stdout=subprocess.PIPE,
        env=environment | ({} if token is None else {"POPLIN_ADMIN_TOKEN": token}),
    )  # fmt: skip
    assert process.stdout is not None
    said: list[dict[str, object]] = []
    try:
        for line in process.stdout:
            said.append(json.loads(line))
            if said[-1]["event"] == "listening":
                break
        yield Console(process, said, store_url)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(10)
        process.stdout.close()
