"""A whole fabric and a subscriber for the tests: real processes on free ports."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.waiting import until

__all__ = [
    "Fabric",
    "Received",
    "Subscriber",
    "broker_yaml",
    "event_headers",
    "subscriber",
    "trigger_yaml",
]


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    data: bytes


@dataclass
class Subscriber:
    """Answers what `answer` says (status, header lines, body) and keeps what it was sent."""

    port: int = 0
    answer: Callable[[Received], tuple[int, str, bytes]] = lambda _: (202, "", b"")
    received: list[Received] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def wait_for(self, count: int, seconds: float = 20) -> list[Received]:
        """Until `count` requests were received."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: len(self.received) >= count)
        return self.received


@asynccontextmanager
async def subscriber() -> AsyncIterator[Subscriber]:
    each = Subscriber()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                request, *lines = head.split("\r\n")
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in lines if line)
                }
                data = await reader.readexactly(int(headers["content-length"]))
                request_received = Received(request.split()[1], headers, data)
                async with each.changed:
                    each.received.append(request_received)
                    each.changed.notify_all()
                status, extra, body = each.answer(request_received)
                writer.write(
                    f"HTTP/1.1 {status} X\r\n{extra}content-length: {len(body)}\r\n\r\n".encode()
                    + body
                )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    each.port = server.sockets[0].getsockname()[1]
    try:
        yield each
    finally:
        server.close()


class Fabric:
    """`poplin up` as a user starts it; `url` is the ingress's, `admin_url` the console's."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""
        self.admin_url = ""
        self.lines: list[str] = []
        self._heard = 0
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def up(
        cls, folder: Path, yaml: str, *options: str, within_s: float = 20
    ) -> AsyncIterator["Fabric"]:
        """Running and ready; ended by SIGTERM at the latest here."""
        files = folder / "fabric.yaml"
        files.write_text(yaml)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "poplin_cli.main", "up", "-f", str(files),
            "--data-dir", str(folder / "data"), "--port", "0", "--admin-port", "0", *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        fabric = cls(process)
        try:
            async with asyncio.timeout(within_s):
                await fabric._read_until("Poplin is up at")
            fabric._reading = asyncio.create_task(fabric._read_until(None))
            fabric.url = fabric.lines[-1].split()[-1]
            fabric.admin_url = next(
                line.rpartition("url=")[2] for line in fabric.lines if "management API" in line
            )
            yield fabric
        finally:
            await fabric.stop()

    async def says(self, text: str, within_s: float = 10) -> str:
        """Wait for a line that holds the text; the next call looks at the lines after it."""
        found: list[str] = []

        def is_said() -> bool:
            while self._heard < len(self.lines) and not found:
                found.extend(line for line in [self.lines[self._heard]] if text in line)
                self._heard += 1
            return bool(found)

        try:
            await until(is_said, within_s)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not in {self.lines[-10:]}") from None
        return found[0]

    async def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.terminate()
        async with asyncio.timeout(15):
            await self.process.wait()
        if self._reading is not None:
            await self._reading

    async def _read_until(self, text: str | None) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line.decode()).rstrip())
            if text is not None and text in self.lines[-1]:
                return
        assert text is None, f"the fabric ended before {text!r}: {self.lines[-5:]}"

    async def post(self, path: str, headers: dict[str, str], data: bytes = b"{}") -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            return await client.post(self.url + path, headers=headers, content=data)


def event_headers(event: str, kind: str = "test.wanted", **more: str) -> dict[str, str]:
    """Headers of a binary-mode event."""
    return {
        "ce-specversion": "1.0",
        "ce-id": event,
        "ce-type": kind,
        "ce-source": "/test",
        "content-type": "application/json",
        **more,
    }


def broker_yaml(
    delivery: str = "{retry: 2, backoffPolicy: linear, backoffDelay: PT0.05S}",
    annotations: str = "",
) -> str:
    """`annotations` are pairs of a flow mapping, as YAML writes them."""
    return (
        "apiVersion: eventing.knative.dev/v1\nkind: Broker\n"
        f"metadata: {{name: main, annotations: {{{annotations}}}}}\n"
        f"spec: {{delivery: {delivery}}}\n"
    )


def trigger_yaml(name: str, uri: str, *, kind: str = "test.wanted", more: str = "") -> str:
    return (
        "---\napiVersion: eventing.knative.dev/v1\nkind: Trigger\n"
        f"metadata: {{name: {name}}}\nspec:\n  broker: main\n"
        f"  filter: {{attributes: {{type: {kind}}}}}\n  subscriber: {{uri: '{uri}'}}\n{more}"
    )
