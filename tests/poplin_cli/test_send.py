"""`poplin send`: what is sent, what is refused before, and how it ends."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from poplin.codec import decode
from poplin.event import Event
from poplin_cli.main import app
from tests.fabric import Fabric, broker_yaml

Reply = tuple[int, dict[str, str], bytes]


class Sink:
    """Keeps the events it was sent; `answer` is told how many came before."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.content_types: list[str] = []
        self.answer: Callable[[int], Reply] = lambda _: (202, {}, b"")
        self.url = ""


@pytest.fixture
def sink() -> Iterator[Sink]:
    kept = Sink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = [(k.lower().encode(), v.encode("latin-1")) for k, v in self.headers.items()]
            status, more, text = kept.answer(len(kept.events))
            kept.content_types.append(self.headers.get("content-type", ""))
            kept.events.append(decode(headers, body))
            self.send_response(status)
            for name, value in {**more, "content-length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/"
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


def send(*arguments: str, text: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["send", *arguments], input=text)


def test_an_event_from_options(sink: Sink) -> None:
    ended = send(
        sink.url, "--type", "order", "--source", "/shop", "--id", "A 1", "--subject", "ü",
        "--data", '{"amount": 7}', "-e", "region=eu=west", "-e", "priority=1",
    )  # fmt: skip

    assert (ended.exit_code, ended.stdout) == (0, "accepted A 1\n")
    assert dict(sink.events[0].attributes) == {
        "specversion": "1.0", "id": "A 1", "source": "/shop", "type": "order", "subject": "ü",
        "datacontenttype": "application/json", "region": "eu=west", "priority": "1",
    }  # fmt: skip
    assert sink.events[0].data == b'{"amount": 7}'


@pytest.mark.parametrize(
    ("arguments", "given", "data", "content_type"),
    [
        (("-d", "plain"), b"", b"plain", "text/plain"),
        (("-d", "-"), b"[1]", b"[1]", "application/json"),
        (("-d", "@{file}"), b"", b"\xff\x00", "text/plain"),
        (("-d", "@{file}", "--content-type", "image/png"), b"", b"\xff\x00", "image/png"),
        ((), b"", b"", None),
    ],
)
def test_data_is_text_a_file_or_standard_input(
    sink: Sink,
    tmp_path: Path,
    arguments: tuple[str, ...],
    given: bytes,
    data: bytes,
    content_type: str | None,
) -> None:
    (tmp_path / "f").write_bytes(b"\xff\x00")

    send(sink.url, *(each.format(file=tmp_path / "f") for each in arguments), text=given)

    assert sink.events[0].data == data
    assert sink.events[0].attributes.get("datacontenttype") == content_type


def test_structured_is_one_json_object(sink: Sink) -> None:
    send(sink.url, "--id", "1", "--structured", "-d", "[1]")

    assert sink.content_types == ["application/cloudevents+json"]
    assert sink.events[0].data == b"[1]"


ONE = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
TWO = {**ONE, "id": "2"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE, TWO]),
        json.dumps(ONE) + "\n\n" + json.dumps(TWO) + "\n",
        json.dumps([ONE, TWO], indent=2),
    ],
    ids=["array", "lines", "laid out"],
)
def test_whole_events_in_json(sink: Sink, text: str) -> None:
    ended = send(sink.url, "--event", "-", "--connections", "1", text=text)

    assert ended.stdout == "accepted 1\naccepted 2\n"
    assert [each.attributes["id"] for each in sink.events] == ["1", "2"]


def test_one_event_over_several_lines_is_one(sink: Sink) -> None:
    assert send(sink.url, "--event", "-", text=json.dumps(ONE, indent=2)).stdout == "accepted 1\n"


@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("--source", "a b"), "", "attribute 'source' is 'a b'; it must be a URI-reference"),
        (("-e", "Region=eu"), "", "attribute name 'Region' is not allowed"),
        (("-e", "data=1"), "", "attribute 'data' is not allowed"),
        (("-e", "region"), "", "--extension 'region' has no value"),
        (("-e", "id=1"), "", "--extension 'id' is given already"),
        (("--subject", "a\x1bb"), "", "control characters"),
        (("--data", "@absent"), "", "--data absent cannot be read: No such file"),
        (("--event", "-"), "[]", "holds no event"),
        (("--event", "-"), "{", "--event -: the event is not one JSON object"),
        (
            ("--event", "-"),
            json.dumps([ONE, {}]),
            "element [1] of the batch: attribute 'specversion'",
        ),
        (
            ("--event", "-"),
            json.dumps(ONE) + "\n{}\n",
            "--event -: event 2: attribute 'specversion'",
        ),
        (("--event", "absent"), "", "--event absent cannot be read"),
    ],
)
def test_what_a_broker_would_refuse_is_not_sent(
    sink: Sink, arguments: tuple[str, ...], text: str, said: str
) -> None:
    ended = send(sink.url, *arguments, text=text)

    assert ended.exit_code == 2
    assert ended.stderr.startswith("poplin: ")
    assert said in ended.stderr
    assert not sink.events


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [(("--id", "a"), {"a-1", "a-2", "a-3"}), ((), None)],
    ids=["a name of the user's", "no name"],
)
def test_each_event_of_a_count_has_its_own_id(
    sink: Sink, arguments: tuple[str, ...], ids: set[str] | None
) -> None:
    send(sink.url, *arguments, "--count", "3")

    found = {str(each.attributes["id"]) for each in sink.events}
    assert len(found) == 3
    assert ids is None or found == ids


def test_many_are_summed_up(sink: Sink) -> None:
    ended = send(sink.url, "--count", "30")
    counted = send(sink.url, "--count", "30", "-o", "json")

    assert ended.stdout.startswith("sent 30 events in ")
    assert ended.stdout.endswith("/s): 30 accepted, 0 refused, 0 times sent again\n")
    assert json.loads(counted.stdout)["accepted"] == 30
    assert ended.stderr == "", "a bar was drawn where nobody looks"


def test_a_rate_is_kept(sink: Sink) -> None:
    began = time.monotonic()
    send(sink.url, "--count", "11", "--rate", "20")

    assert time.monotonic() - began >= 0.5


def test_many_wait_for_a_broker_that_is_busy(sink: Sink) -> None:
    sink.answer = lambda before: (429, {"retry-after": "0"}, b"") if before < 3 else (202, {}, b"")

    ended = send(sink.url, "--count", "2", "--connections", "1", "--id", "a")

    assert ended.exit_code == 0
    assert [each.attributes["id"] for each in sink.events] == ["a-1"] * 4 + ["a-2"]


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (404, 2), (401, 4), (403, 4), (429, 3), (503, 3), (500, 3)]
)
def test_a_refusal_says_why_and_how_it_ended(sink: Sink, status: int, code: int) -> None:
    sink.answer = lambda _: (status, {"retry-after": "0"}, b'{"detail": "because of \\u001b"}')

    ended = send(sink.url, "--id", "1")

    assert (ended.exit_code, ended.stdout) == (code, "")
    assert ended.stderr == f"poplin: event 1 was refused with {status}: because of \\x1b\n"
    assert len(sink.events) == 1, "one event alone is not sent again"


def test_where_nobody_answers_the_rest_is_not_sent() -> None:
    ended = send("http://127.0.0.1:1/", "--count", "1000", "--connections", "2")

    assert ended.exit_code == 3
    assert "998 not sent" in ended.stdout
    assert "no answer from http://127.0.0.1:1/" in ended.stderr


def test_an_interrupted_command_tells_how_far_it_came(sink: Sink) -> None:
    sending = subprocess.Popen(
        [sys.executable, "-m", "poplin_cli.main", "send", sink.url, "--count", "1000", "--rate", "20"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not sink.events:
        time.sleep(0.01)
    sending.send_signal(signal.SIGINT)
    said, complained = sending.communicate(timeout=20)

    assert sending.returncode == 130
    assert said.startswith("sent ")
    assert " not sent\n" in said
    assert complained == ""


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://[::1/", "http:///path"])
def test_what_is_no_http_url_is_refused(url: str) -> None:
    ended = send(url, "--count", "3")

    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"poplin: {url!r} is not a URL to send to")
    assert ended.stderr.count("poplin: ") == 1


async def test_a_broker_is_found_by_its_name(tmp_path: Path) -> None:
    async with Fabric.up(tmp_path, broker_yaml()) as fabric:
        api = ("--api", fabric.admin_url)
        sent = [
            await _in_thread("main", *api), await _in_thread("default/main", *api),
            await _in_thread("main", "-n", "default", *api),
        ]  # fmt: skip
        unknown = await _in_thread("mian", *api)

    assert [each.exit_code for each in sent] == [0, 0, 0]
    assert unknown.exit_code == 2
    assert "default/main" in unknown.stderr


async def _in_thread(*arguments: str) -> Result:
    return await asyncio.to_thread(send, *arguments)
