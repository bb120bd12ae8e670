"""Events in JSON: one, a batch, and the base64 of version 0.3."""

import json
from typing import Any

import pytest

from poplin.codec import decode, decode_all, encode_binary, encode_structured, from_entry, to_entry
from poplin.errors import BatchTooLargeError, InvalidEventError
from tests.codec.helpers import REQUIRED, batch, binary, message, structured


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"id": None}, "'id'"),
        ({"id": 1}, "'id'"),
        ({"x": 1.5}, "'x'"),
        ({"x": 2**31}, "'x'"),
        ({"x": {}}, "'x'"),
        ({"MyExt": "x"}, "'MyExt'"),
        ({"data": 1, "data_base64": "AA=="}, "exclude"),
        ({"data_base64": "A"}, "base64"),
        ({"datacontenttype": "text/plain", "data": {}}, "'data'"),
    ],
)
def test_a_broken_member_is_refused_by_name(members: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidEventError, match=named):
        decode(*structured(**members))


@pytest.mark.parametrize("kind", ["cloudevents", "cloudevents-batch"])
def test_data_that_is_not_utf_8_is_refused_in_json(kind: str) -> None:
    event = json.dumps({**REQUIRED, "data": "?"}).encode().replace(b"?", b"\xe9")
    headers = [(b"content-type", f"application/{kind}+json".encode())]

    with pytest.raises(InvalidEventError, match="not UTF-8"):
        decode_all(headers, event if kind == "cloudevents" else b"[%b]" % event)


@pytest.mark.parametrize(
    ("members", "data", "content_type"),
    [
        ({"data": {"a": 1.10}}, b'{"a": 1.1}', "application/json"),
        ({"data": None}, b"null", "application/json"),
        ({"data": "text", "datacontenttype": "text/xml"}, b"text", "text/xml"),
        ({"data": "text", "datacontenttype": "a/b+JSON; x=y"}, b'"text"', "a/b+JSON; x=y"),
        ({"data_base64": "AP8="}, b"\x00\xff", None),
        ({}, b"", None),
    ],
)
def test_data_of_a_structured_event(
    members: dict[str, Any], data: bytes, content_type: str | None
) -> None:
    event = decode(*structured(**members))

    assert event.data == data
    assert event.attributes.get("datacontenttype") == content_type


def test_typed_extensions_keep_their_type_in_the_log() -> None:
    event = decode(*structured(n=7, b=True))

    again = from_entry(*to_entry(event))

    assert (again.attributes["n"], again.attributes["b"]) == (7, True)
    assert b"ce-n: 7\r\n" in encode_binary(again)[0]
    assert b"ce-b: true\r\n" in encode_binary(again)[0]


def test_an_extension_named_datacontentencoding_is_one_like_any_other_in_1_0() -> None:
    members = {"datacontentencoding": "base64", "datacontenttype": "text/plain", "data": "aGk="}

    event = decode(*structured(**members))

    assert (event.attributes["datacontentencoding"], event.data) == ("base64", b"aGk=")
    assert b'"data":"aGk="' in encode_structured(event)[1]


def test_data_in_base64_of_0_3_is_encoded_once() -> None:
    sent = binary(**{"ce-specversion": "0.3", "ce-datacontentencoding": "base64"})

    event = decode([*sent, (b"content-type", b"application/json")], b"eyJhIjoxfQ==")
    again = decode(*message(encode_structured(event)))

    assert encode_binary(event)[1] == b"eyJhIjoxfQ=="
    assert b'"data":"eyJhIjoxfQ=="' in encode_structured(event)[1]
    assert again.data == b'{"a":1}'


def test_data_of_0_3_that_only_claims_to_be_base64_is_encoded() -> None:
    sent = binary(**{"ce-specversion": "0.3", "ce-datacontentencoding": "base64"})

    event = decode([*sent, (b"content-type", b"text/plain")], b"x")

    assert decode(*message(encode_structured(event))).data == b"x"


def test_a_batch_is_its_events() -> None:
    events = decode_all(*batch({**REQUIRED, "data": [1]}, {**REQUIRED, "id": "2"}))

    assert [(event.attributes["id"], event.data) for event in events] == [("1", b"[1]"), ("2", b"")]
    assert list(decode_all(*batch())) == []


@pytest.mark.parametrize(
    ("elements", "named"),
    [
        ([REQUIRED, {**REQUIRED, "id": ""}], r"element \[1\] of the batch: attribute 'id'"),
        ([REQUIRED, 1], r"element \[1\] of the batch: the event is not one JSON object"),
        ([REQUIRED, {**REQUIRED, "specversion": "0.3"}], "share one specversion"),
        ([REQUIRED] * 1001, "1001 events"),
    ],
)
def test_a_batch_is_valid_as_a_whole_or_refused(elements: list[object], named: str) -> None:
    with pytest.raises(InvalidEventError, match=named):
        decode_all(*batch(*elements))


def test_a_batch_does_not_multiply_the_headers_that_pass_through() -> None:
    headers, body = batch(*[REQUIRED] * 100)

    with pytest.raises(BatchTooLargeError, match="headers that pass through"):
        decode_all([*headers, (b"knative-x", b"x" * 10_000)], body)
    with pytest.raises(BatchTooLargeError, match="headers that pass through"):
        decode_all([*headers, (b"knative-" + b"x" * 10_000, b"")], body)
    assert len(decode_all([*headers, (b"knative-x", b"x" * 100)], body)) == 100


def test_an_answer_that_is_a_batch_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="batch"):
        decode(*batch(REQUIRED))
