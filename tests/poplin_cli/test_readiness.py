"""`poplin up` waits for its ingress, and says for what when that takes long."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from poplin_cli.up import readiness
from poplin_cli.up.readiness import becomes_ready

NOT_READY = b'{"status": "not ready", "reason": "the catalog has not been read yet"}'


class Ingress:
    """Answers 503 with `body`, and 200 once it is asked to."""

    body = NOT_READY
    is_ready = False
    url = ""


@pytest.fixture
def ingress() -> Iterator[Ingress]:
    state = Ingress()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if state.is_ready else 503)
            self.end_headers()
            self.wfile.write(state.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [(NOT_READY, "the catalog has not been read yet"), (b"hello", "it answers 503")],
    ids=["with a reason", "without"],
)
async def test_why_it_waits_is_said_after_a_while_and_once(
    monkeypatch: pytest.MonkeyPatch, ingress: Ingress, body: bytes, reason: str
) -> None:
    monkeypatch.setattr(readiness, "_PATIENCE_S", 0.1)
    ingress.body = body
    said: asyncio.Queue[str] = asyncio.Queue()

    waiting = asyncio.create_task(becomes_ready(ingress.url, asyncio.Event(), said.put_nowait))
    first = await asyncio.wait_for(said.get(), 5)
    ingress.is_ready = True

    assert await asyncio.wait_for(waiting, 5)
    assert first == f"waiting for the ingress: {reason}"
    assert said.empty()


async def test_a_stop_ends_the_wait_and_a_quick_start_says_nothing(ingress: Ingress) -> None:
    stop, said = asyncio.Event(), list[str]()
    stop.set()

    assert not await becomes_ready(ingress.url, stop, said.append)
    ingress.is_ready = True
    assert await becomes_ready(ingress.url, asyncio.Event(), said.append)
    assert said == []


async def test_nobody_there_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_PATIENCE_S", 0.0)
    stop, said = asyncio.Event(), list[str]()

    def say(what: str) -> None:
        said.append(what)
        stop.set()

    await becomes_ready("http://127.0.0.1:1", stop, say)

    assert said[0].startswith("waiting for the ingress: it does not answer (")
