"""JSON that parsers disagree on: taken with the same meaning, or refused in a sentence."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from poplin.codec import decode_all
from poplin.errors import InvalidEventError
from poplin.event import Event
from tests.fabric import Fabric, Subscriber, broker_yaml, subscriber, trigger_yaml
from tests.hostile.http_cases import FOLLOWING
from tests.hostile.inprocess import Line
from tests.hostile.json_cases import BODIES, VALUES, Value, structured
from tests.hostile.wire import answers_in

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def _request(media_type: str, body: bytes) -> bytes:
    head = f"POST /default/main HTTP/1.1\r\nHost: h\r\nContent-Type: {media_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _assert_fate(request: bytes, *, is_taken: bool) -> Line:
    """One answer, and the connection goes on."""
    line = Line()
    await line.feed(request + FOLLOWING)
    answer, following = answers_in(line.wire.written)

    assert following.status == 202
    assert len(line.entries) == is_taken + 1
    if is_taken:
        assert answer.status == 202
    else:
        assert answer.status == 400
        assert answer.problem["detail"].isprintable()
        assert len(answer.problem["detail"]) < 300
    return line


@pytest.mark.parametrize("media_type", [STRUCTURED, BATCH])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.name)
async def test_data_is_kept_byte_for_byte_or_refused(value: Value, media_type: str) -> None:
    body = structured(value.text)
    if media_type == BATCH:
        body = b"[" + body + b"]"

    line = await _assert_fate(_request(media_type, body), is_taken=value.is_json)

    if value.is_json:
        assert line.entries[0].data == value.text


@pytest.mark.parametrize("media_type", [STRUCTURED, BATCH])
@pytest.mark.parametrize(("name", "body", "is_taken"), BODIES, ids=lambda value: str(value)[:40])
async def test_a_body_is_one_event_or_refused(
    name: str, body: bytes, is_taken: bool, media_type: str
) -> None:
    if media_type == BATCH:
        body = b"[" + body + b"]"
        is_taken = is_taken or name in ("empty", "white space")  # an empty batch is one

    line = Line()
    await line.feed(_request(media_type, body))

    (answer,) = answers_in(line.wire.written)
    assert answer.status == (202 if is_taken else 400)
    assert is_taken or answer.problem["detail"].isprintable()


@pytest.mark.parametrize("media_type", [STRUCTURED, BATCH])
async def test_a_cut_body_is_refused_wherever_it_is_cut(media_type: str) -> None:
    body = structured(rb'{"a": ["\u00e9", -1.5e3, null, true]}')
    if media_type == BATCH:
        body = b"[" + body + b"]"

    for size in range(len(body)):
        await _assert_fate(_request(media_type, body[:size]), is_taken=False)


_PIECES = [
    b'"', b"\\", b"\\u0000", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b"1e400", b"null",
    b'"id":"2"', b'"data":1', b'"data_base64":"AA=="', b"\xff", b"\x00", b" ", b"\n", b"NaN", b"/**/",
]  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    value = draw(st.sampled_from([value.text for value in VALUES if len(value.text) < 1000]))
    body = structured(value, member=draw(st.sampled_from([b"data", b"ext", b"subject"])))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(body)))
        end = start + draw(st.integers(0, 6))
        body = body[:start] + draw(st.sampled_from(_PIECES)) + body[end:]
    return body


@given(_mutated(), st.booleans())
def test_what_is_taken_means_the_same_to_another_parser(body: bytes, in_batch: bool) -> None:
    media_type = BATCH if in_batch else STRUCTURED
    whole = b"[%b]" % body if in_batch else body
    try:
        events = decode_all([(b"content-type", media_type.encode())], whole)
    except InvalidEventError:
        return
    if len(events) != 1:
        return  # the batch became two

    (event,) = events
    members = json.loads(body, object_pairs_hook=list)
    names = [name for name, _ in members]
    assert len(names) == len(set(names))
    attributes = {name: value for name, value in members if value is not None}
    for payload in ("data", "data_base64"):
        attributes.pop(payload, None)
    assert event.attributes == {**attributes, **_implied(event, members)}


def _implied(event: Event, members: list[tuple[str, object]]) -> dict[str, object]:
    """JSON format 3.1.1: a `data` member without a type is JSON."""
    if "data" in dict(members) and "datacontenttype" not in dict(members):
        return {"datacontenttype": event.attributes["datacontenttype"]}
    return {}


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


async def test_what_is_taken_arrives_byte_for_byte(tmp_path: Path, peer: Subscriber) -> None:
    values = [value.text for value in VALUES if value.is_json]
    event = structured(b"%b").replace(b'"1"', b'"%d"')

    async with Fabric.up(tmp_path, broker_yaml() + trigger_yaml("t", peer.url, kind="t")) as fabric:
        for number, value in enumerate(values):
            answer = await fabric.post(
                "/default/main", {"content-type": STRUCTURED}, event % (number, value)
            )
            assert answer.status_code == 202
        received = await peer.wait_for(len(values))

    assert {int(each.headers["ce-id"]): each.data for each in received} == dict(enumerate(values))
