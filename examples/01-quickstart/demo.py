"""`make demo`: the quickstart's broker and GitHub source, real processes, a few events, every step
shown.

Ends with status 0 only if exactly the right events arrived, byte for byte.
"""

import asyncio
import contextlib
import hashlib
import hmac
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from poplin.catalog.catalog import read
from poplin.store import connect
from poplin_cli.narrate import Narrator

HERE = Path(__file__).parent
PUSH = (HERE / "push.json").read_bytes()

SECRET = b"not-a-real-secret"
WEBHOOK = {
    "content-type": "application/json",
    "x-github-event": "push",
    "x-github-delivery": "push-1",
    "x-hub-signature-256": "sha256=" + hmac.new(SECRET, PUSH, hashlib.sha256).hexdigest(),
}

# id, type, source, data: what is sent after the webhook.
EVENTS = [
    ("release-1", "com.github.release", "https://github.com/poplin/orchard", b'{"tag": "v1.10"}'),
    ("flaky-1", "com.github.release", "https://github.com/poplin/mill", b'{"tag": "v2.0"}'),
    ("broken-1", "com.github.release", "https://github.com/poplin/press", b'{"tag": "v3.0"}'),
    ("issue-1", "com.github.issues", "https://github.com/poplin/orchard", b"{}"),
    ("release-2", "com.github.release", "https://github.com/elsewhere/press", b"{}"),
]
# path, id, data: what must arrive, and nothing else.
EXPECTED = {
    ("/pushes", "push-1", PUSH),
    ("/releases", "release-1", b'{"tag": "v1.10"}'),
    ("/releases", "flaky-1", b'{"tag": "v2.0"}'),
    ("/dead-letters", "broken-1", b'{"tag": "v3.0"}'),
}


class Subscriber(BaseHTTPRequestHandler):
    """Takes every event, but the flaky one only the second time and the broken one never."""

    protocol_version = "HTTP/1.1"
    taken: list[tuple[str, str, bytes]]
    refused: set[str]

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        event = self.headers["ce-id"]
        is_flaky = event == "flaky-1" and event not in self.refused
        is_broken = event == "broken-1" and self.path == "/releases"
        if is_flaky or is_broken:
            self.refused.add(event)
        else:
            self.taken.append((self.path, event, data))
        self.send_response(503 if is_flaky or is_broken else 202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


async def main() -> int:
    Subscriber.taken, Subscriber.refused = [], set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        yaml = Path(folder) / "broker.yaml"
        subscriber = f"127.0.0.1:{server.server_port}"
        yaml.write_text((HERE / "broker.yaml").read_text().replace("127.0.0.1:9000", subscriber))
        fabric = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "poplin_cli.main", "up", "-f", str(yaml),
            "-f", str(HERE / "github.yaml"), "--data-dir", f"{folder}/data",
            "--port", "0", "--admin-port", "0", "--webhook-port", "0",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(50):
                url, webhook_url = await _ready(fabric)
                showing = asyncio.create_task(_show(Path(folder) / "data" / "store" / "store.sock"))
                await _send_webhook(webhook_url)
                await _send(url)
                while len(Subscriber.taken) < len(EXPECTED):  # noqa: ASYNC110 - another thread
                    await asyncio.sleep(0.05)
                await asyncio.sleep(1.0)  # time for an event too many to arrive
                showing.cancel()
        except TimeoutError:
            print("it took too long")
        finally:
            with contextlib.suppress(ProcessLookupError):
                fabric.terminate()
            await fabric.wait()
    return _verdict()


async def _ready(fabric: asyncio.subprocess.Process) -> tuple[str, str]:
    """Show the fabric's own lines until its table is there; the URLs of ingress and source."""
    url = webhook_url = ""
    if fabric.stdout is None:
        return url, webhook_url
    async for line in fabric.stdout:
        text = line.decode().rstrip()
        print(text)
        if text.startswith("Poplin is up at "):
            url = text.split()[-1]
        if text.startswith("GitHubSource "):
            webhook_url = text.split()[2]
            break
    return url, webhook_url


async def _show(socket: Path) -> None:
    redis = connect(f"unix://{socket}")
    narrator = Narrator(redis, "default/default", await read(redis))
    while True:
        for what, event, details in await narrator.next_steps():
            print(f"  {what:12} {event:10} {details}", flush=True)


async def _send_webhook(url: str) -> None:
    """As GitHub does; and once as somebody who does not know the secret."""
    print("\na push at GitHub: its signed webhook")
    forged = {**WEBHOOK, "x-hub-signature-256": "sha256=" + "0" * 64}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, headers=WEBHOOK, content=PUSH)
        answer.raise_for_status()
        print(f"  taken        {answer.status_code}: {answer.json()['detail']}")
        answer = await client.post(url, headers=forged, content=PUSH)
        print(f"  refused      {answer.status_code}: {answer.json()['detail']}")


async def _send(url: str) -> None:
    print("\nsending events")
    async with httpx.AsyncClient(trust_env=False) as client:
        for event, kind, source, data in EVENTS:
            attributes = {
                "ce-specversion": "1.0",
                "ce-id": event,
                "ce-type": kind,
                "ce-source": source,
            }
            answer = await client.post(
                f"{url}/default/default",
                headers={**attributes, "content-type": "application/json"},
                content=data,
            )
            answer.raise_for_status()
        del attributes["ce-id"]
        answer = await client.post(f"{url}/default/default", headers=attributes, content=b"{}")
        print(f"  refused      {answer.status_code}: {answer.json()['detail']}")


def _verdict() -> int:
    arrived = sorted(Subscriber.taken)
    if arrived == sorted(EXPECTED):
        print(
            f"\n{len(arrived)} events arrived as they should, byte for byte; the others stayed away."
        )
        return 0
    for missing in EXPECTED - set(arrived):
        print(f"missing: {missing[:2]}")
    for surplus in arrived:
        if surplus not in EXPECTED or arrived.count(surplus) > 1:
            print(f"not expected: {surplus[:2]}")
    return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
