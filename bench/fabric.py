"""The fabric under test: `poplin up` as a user runs it, and what its processes cost."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import httpx
import psutil

__all__ = ["Fabric", "free_port", "triggers_yaml"]


def triggers_yaml(count: int, matching: int, sink_port: int) -> str:
    """A broker with `count` triggers on exact types, of which `matching` want the load's."""
    documents = ["apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: bench}\n"]
    for number in range(count):
        wanted = "bench.wanted" if number < matching else f"bench.other{number}"
        documents.append(
            "apiVersion: eventing.knative.dev/v1\nkind: Trigger\n"
            f"metadata: {{name: trigger-{number}}}\n"
            f"spec:\n  broker: bench\n  filter: {{attributes: {{type: {wanted}}}}}\n"
            f"  subscriber: {{uri: 'http://127.0.0.1:{sink_port}/'}}\n"
        )
    return "---\n".join(documents)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Fabric:
    """Running while the context is entered; `port` is the ingress's."""

    def __init__(self, files: Path, data_dir: Path, port: int, *options: str) -> None:
        self._argv = [
            sys.executable, "-m", "poplin_cli.main", "up", "-f", str(files),
            "--data-dir", str(data_dir), "--port", str(port), "--admin-port", "0",
            "--log-format", "json", *options,
        ]  # fmt: skip
        self.port = port
        self.start_s = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
        self._process = subprocess.Popen(self._argv, stdout=subprocess.DEVNULL)
        with httpx.Client(trust_env=False) as client:
            while not self._is_ready(client):
                if self._process.poll() is not None or time.monotonic() - began > 60:
                    raise RuntimeError("the fabric did not start")
                time.sleep(0.01)
        self.start_s = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(15)

    def _is_ready(self, client: httpx.Client) -> bool:
        try:
            return client.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def processes(self) -> dict[str, psutil.Process]:
        """By role: the supervisor and its children."""
        supervisor = psutil.Process(self._process.pid)
        return {"up": supervisor} | {_role(child): child for child in supervisor.children()}

    def cpu_s(self) -> dict[str, float]:
        """User and system time of every process so far."""
        times = {role: process.cpu_times() for role, process in self.processes().items()}
        return {role: each.user + each.system for role, each in times.items()}

    def rss_mb(self) -> dict[str, float]:
        return {
            role: round(process.memory_info().rss / 2**20, 1)
            for role, process in self.processes().items()
        }


def _role(process: psutil.Process) -> str:
    words = process.cmdline()
    for role in ("ingress", "dispatcher", "console", "sources"):
        if role in words:
            return role
    return "store"
