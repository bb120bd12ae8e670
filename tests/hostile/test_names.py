"""Hostile texts as attribute values, filter values and paths: the same text arrives, or none."""

import unicodedata
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

import httpx
import msgspec
import orjson
import pytest
import pytest_asyncio
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingress.intake import broker_key
from poplin.resources import load
from tests.fabric import Fabric, Received, Subscriber, broker_yaml, event_headers, subscriber
from tests.hostile.http_cases import post
from tests.hostile.inprocess import Line
from tests.hostile.names import FORBIDDEN, HEADERS, PATHS, TEXTS, Sent
from tests.hostile.wire import answers_in


def _trigger(number: int, text: str, url: str) -> str:
    """Each gets what has its text, in the binary or the JSON form."""
    form = ("binary", "json")[number % 2]
    return yaml.safe_dump(
        {
            "apiVersion": "eventing.knative.dev/v1",
            "kind": "Trigger",
            "metadata": {"name": f"t{number}"},
            "spec": {
                "broker": "main",
                "filters": [{"exact": {"text": text}}],
                "subscriber": {"uri": f"{url}/{number}"},
                "delivery": {"format": form},
            },
        }
    )


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


async def test_every_text_reaches_the_subscriber_that_filters_for_it(
    tmp_path: Path, peer: Subscriber
) -> None:
    """Sent percent-encoded, as raw UTF-8 and in JSON; received as a header and in JSON."""
    triggers = [_trigger(number, text, peer.url) for number, text in enumerate(TEXTS)]

    async with Fabric.up(tmp_path, "---\n".join([broker_yaml(), *triggers])) as fabric:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            for text in TEXTS:
                for headers, body in _forms(text):
                    answer = await client.post(
                        f"{fabric.url}/default/main", headers=headers, content=body
                    )
                    assert answer.status_code == 202, (text, headers, answer.text)
        expected = sum(1 for text in TEXTS for _ in _forms(text))
        received = await peer.wait_for(expected)

    assert len(received) == expected
    for each in received:
        _assert_clean(each)
        assert _text_of(each) == TEXTS[int(each.path[1:])]
    assert all(line.isprintable() for line in fabric.lines)


def _forms(text: str) -> Iterator[tuple[dict[bytes, bytes], bytes]]:
    headers = {name.encode(): value.encode() for name, value in event_headers("1").items()}
    yield {**headers, b"ce-text": quote(text, safe="").encode()}, b""
    raw = text.encode()
    if "%" not in text and '"' not in text and raw.strip(b" \t") == raw:
        yield {**headers, b"ce-text": raw}, b""
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "text": text}
    yield {b"content-type": b"application/cloudevents+json"}, orjson.dumps(event)


def _text_of(received: Received) -> str:
    if received.headers.get("content-type") == "application/cloudevents+json":
        found: str = msgspec.json.decode(received.data)["text"]
        return found
    return unquote_to_bytes(received.headers["ce-text"].encode("latin-1")).decode()


def _assert_clean(received: Received) -> None:
    for name, value in received.headers.items():
        assert name.isascii()
        assert name.isprintable()
        text = value.encode("latin-1").decode()
        assert not any(unicodedata.category(character) == "Cc" for character in text)


@pytest.mark.parametrize("text", FORBIDDEN, ids=ascii)
async def test_a_text_that_no_attribute_may_hold_is_refused(text: str) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "text": text}
    body = orjson.dumps(event)
    head = [b"Host: h", b"Content-Type: application/cloudevents+json"]
    first = b"POST /default/main HTTP/1.1\r\n" + b"\r\n".join(head)
    line = Line()

    await line.feed(
        post(b"Host: h", b"ce-text: " + quote(text, safe="").encode()),
        first + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
    )

    _assert_refused(line, 2)


@pytest.mark.parametrize("sent", HEADERS, ids=lambda sent: ascii(sent.raw))
async def test_a_header_is_decoded_once_or_refused(sent: Sent) -> None:
    line = Line()

    await line.feed(post(b"Host: h", b"ce-text: " + sent.raw))

    if sent.means is None:
        _assert_refused(line, 1)
    else:
        assert orjson.loads(line.entries[0].attributes)["text"] == sent.means


def _assert_refused(line: Line, times: int) -> None:
    answers = answers_in(line.wire.written)
    assert [each.status for each in answers] == [400] * times
    assert not line.entries
    for answer in answers:
        assert answer.body.decode("ascii").isprintable()


@pytest.mark.parametrize(("path", "status"), PATHS, ids=lambda value: ascii(value)[:40])
async def test_a_path_is_one_broker_or_none(path: bytes, status: int) -> None:
    line = Line()

    await line.feed(post(b"Host: h", first=b"POST " + path + b" HTTP/1.1"))

    (answer,) = answers_in(line.wire.written)
    assert answer.status == status
    assert answer.body.decode("ascii").isprintable()
    assert len(line.entries) == (status == 202)


@given(st.one_of(st.binary(max_size=60), st.text(max_size=30).map(str.encode)))
def test_any_path_is_a_key_of_two_parts_or_none(path: bytes) -> None:
    key = broker_key(b"/" + path)

    assert key is None or key.count("/") == 1
    assert key is None or all(key.split("/"))


@given(st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True), st.text(max_size=20))
def test_a_name_that_was_encoded_is_the_same_name(namespace: str, name: str) -> None:
    sent = f"/{namespace}/{quote(name, safe='')}".encode()
    stripped = name.rstrip("/")

    expected = f"{namespace}/{stripped}" if stripped and "/" not in stripped else None
    assert broker_key(sent) == expected


@pytest.mark.parametrize("text", [*TEXTS, *FORBIDDEN], ids=lambda text: ascii(text)[:30])
def test_a_name_in_a_file_is_a_name_or_refused_in_clean_words(tmp_path: Path, text: str) -> None:
    document = {
        "apiVersion": "eventing.knative.dev/v1",
        "kind": "Broker",
        "metadata": {"name": text, "annotations": {f"poplin.dev/{text}": text}},
        "spec": {text: text},
    }
    (tmp_path / "b.yaml").write_text(yaml.safe_dump(document))

    found = load([tmp_path / "b.yaml"])

    assert not found.brokers
    assert found.problems
    assert all(str(problem).isprintable() for problem in found.problems)
