"""The rules of the codec, one line each, and what holds for any event."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poplin.codec import (
    decode,
    decode_all,
    encode_binary,
    encode_structured,
    from_entry,
    is_event,
    to_entry,
)
from poplin.codec.binary import canonical
from poplin.errors import BatchTooLargeError, InvalidEventError
from poplin.event import Event
from tests.quick import MOST_S, cpu_s

REQUIRED = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


def binary(**more: str) -> list[tuple[bytes, bytes]]:
    pairs = {**{f"ce-{name}": value for name, value in REQUIRED.items()}, **more}
    return [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()]


def structured(**members: Any) -> tuple[list[tuple[bytes, bytes]], bytes]:
    body = json.dumps({**REQUIRED, **members}).encode()
    return [(b"content-type", b"application/cloudevents+json; charset=utf-8")], body


@pytest.mark.parametrize(
    ("header", "value", "text"),
    [
        ("ce-x", "a%20b", "a b"),
        ("ce-x", '"a \\"b\\" %20"', 'a "b"  '),
        ("ce-x", "%E2%82%AC%2525", "€%25"),
        ("ce-x", "100% sure", "100% sure"),
        ("ce-source", "/a%20b", "/a%20b"),
        ("ce-subject", "%C3%A9", "é"),
        ("ce-time", "2020-02-29t23:59:60.123456789z", "2020-02-29t23:59:60.123456789z"),
    ],
)
def test_header_values_are_decoded_once(header: str, value: str, text: str) -> None:
    event = decode(binary(**{header: value}), b"")

    assert event.attributes[header.removeprefix("ce-")] == text


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"ce-id": ""}, "'id'"),
        ({"ce-specversion": "2.0"}, "'specversion'"),
        ({"ce-source": "a b"}, "'source'"),
        ({"ce-time": "2021-02-29T00:00:00Z"}, "'time'"),
        ({"ce-time": "2021-02-28T00:00:00"}, "'time'"),
        ({"ce-dataschema": "/relative"}, "'dataschema'"),
        ({"ce-my-ext": "x"}, "'my-ext'"),
        ({"ce-data": "x"}, "'data'"),
        ({"ce-datacontenttype": "x/y"}, "'ce-datacontenttype'"),
        ({"content-type": "json"}, "'datacontenttype'"),
        ({"content-type": 'text/plain; x="\xe9"'}, "'datacontenttype'"),
        ({"ce-source": "http://[::1"}, "'source'"),
        ({"ce-source": ":x"}, "'source'"),
        ({"ce-source": "1:x"}, "'source'"),
        ({"ce-source": "http://h:x/"}, "'source'"),
        ({"ce-source": "//h%/x"}, "'source'"),
        ({"ce-source": "/100%?x=1"}, "'source'"),
        ({"ce-source": "/#a#b"}, "'source'"),
        ({"ce-x": "%C0%A0"}, "'x'"),
        ({"ce-x": "%0D%0A"}, "'x'"),
        ({"content-type": "application/cloudevents-batch+avro"}, "batch"),
        ({"content-type": "application/cloudevents+json"}, "JSON"),
    ],
)
def test_a_broken_rule_is_refused_by_name(more: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidEventError, match=named):
        decode(binary(**more), b"")


@pytest.mark.parametrize(
    ("sent", "encoded"),
    [
        ("a b", "a%20b"),
        ("a%20b", "a%20b"),
        ("%e2%82%ac", "%E2%82%AC"),
        ("%41", "A"),
        ("100%", "100%25"),
        (
            '{"othervalue": 5}',
            "{%22othervalue%22:%205}",
        ),
        ("\u20ac".encode().decode("latin-1"), "%E2%82%AC"),
        ("plain", "plain"),
    ],
)
def test_header_text_goes_out_as_it_came_unless_encoded_anew(sent: str, encoded: str) -> None:
    event = from_entry(*to_entry(decode(binary(**{"ce-x": sent}), b"")))

    kept, _ = encode_binary(event)
    anew, _ = encode_binary(event, anew=True)

    assert f"ce-x: {sent}\r\n".encode("latin-1") in kept
    assert f"ce-x: {encoded}\r\n".encode() in anew
    assert decode(_pairs(kept), b"").attributes == decode(_pairs(anew), b"").attributes


def test_a_quoted_string_is_not_kept() -> None:
    event = decode(binary(**{"ce-x": '"a b"'}), b"")

    assert b"ce-x: a%20b\r\n" in encode_binary(event)[0]


@pytest.mark.parametrize("text", ['"a", "b"', '"abc\\"', '"', '"a', 'a"'])
def test_what_only_looks_like_a_quoted_string_is_literal(text: str) -> None:
    event = decode(binary(**{"ce-x": text}), b"")

    assert event.attributes["x"] == text
    assert f"ce-x: {text}\r\n".encode() in encode_binary(event)[0]


@pytest.mark.parametrize(
    "source",
    [
        "/s",
        "1-555-123-4567",
        "urn:x:y",
        "//pubsub.googleapis.com/projects/p/topics/t",
        "mailto:a@b.c",
        "http://[::1]:80/?ids[]=1#f",
        "http://[fe80::1%25en0]/",
        "https://h/?a=b?c#d?e",
    ],
)
def test_a_source_is_any_uri_reference(source: str) -> None:
    assert decode(binary(**{"ce-source": source}), b"").attributes["source"] == source


def test_an_extension_named_datacontentencoding_is_one_like_any_other_in_1_0() -> None:
    members = {"datacontentencoding": "base64", "datacontenttype": "text/plain", "data": "aGk="}

    event = decode(*structured(**members))

    assert (event.attributes["datacontentencoding"], event.data) == ("base64", b"aGk=")
    assert b'"data":"aGk="' in encode_structured(event)[1]


def test_data_in_base64_of_0_3_is_encoded_once() -> None:
    sent = binary(**{"ce-specversion": "0.3", "ce-datacontentencoding": "base64"})

    event = decode([*sent, (b"content-type", b"application/json")], b"eyJhIjoxfQ==")
    again = decode(*_message(encode_structured(event)))

    assert encode_binary(event)[1] == b"eyJhIjoxfQ=="
    assert b'"data":"eyJhIjoxfQ=="' in encode_structured(event)[1]
    assert again.data == b'{"a":1}'


def test_data_of_0_3_that_only_claims_to_be_base64_is_encoded() -> None:
    sent = binary(**{"ce-specversion": "0.3", "ce-datacontentencoding": "base64"})

    event = decode([*sent, (b"content-type", b"text/plain")], b"x")

    assert decode(*_message(encode_structured(event))).data == b"x"


def _message(encoded: tuple[bytes, bytes]) -> tuple[list[tuple[bytes, bytes]], bytes]:
    return _pairs(encoded[0]), encoded[1]


def test_a_plain_post_is_told_the_two_ways_to_send_an_event() -> None:
    with pytest.raises(
        InvalidEventError, match=r"ce- headers, or .* application/cloudevents\+json"
    ):
        decode([(b"content-type", b"application/json")], b"{}")


def test_an_attribute_that_is_set_loses_the_text_that_was_kept() -> None:
    event = decode(binary(**{"ce-x": "a b"}), b"")

    assert b"ce-x: new\r\n" in encode_binary(event.with_attributes({"x": "new"}))[0]


def _batch(*elements: object) -> tuple[list[tuple[bytes, bytes]], bytes]:
    headers = [(b"content-type", b"application/cloudevents-batch+json; charset=utf-8")]
    return headers, json.dumps(elements).encode()


def test_a_batch_is_its_events() -> None:
    events = decode_all(*_batch({**REQUIRED, "data": [1]}, {**REQUIRED, "id": "2"}))

    assert [(event.attributes["id"], event.data) for event in events] == [("1", b"[1]"), ("2", b"")]
    assert list(decode_all(*_batch())) == []


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
        decode_all(*_batch(*elements))


def test_a_batch_does_not_multiply_the_headers_that_pass_through() -> None:
    headers, body = _batch(*[REQUIRED] * 100)

    with pytest.raises(BatchTooLargeError, match="headers that pass through"):
        decode_all([*headers, (b"knative-x", b"x" * 10_000)], body)
    with pytest.raises(BatchTooLargeError, match="headers that pass through"):
        decode_all([*headers, (b"knative-" + b"x" * 10_000, b"")], body)
    assert len(decode_all([*headers, (b"knative-x", b"x" * 100)], body)) == 100


def test_an_answer_that_is_a_batch_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="batch"):
        decode(*_batch(REQUIRED))


def test_an_attribute_that_is_there_twice_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="'id' is there twice"):
        decode([*binary(), (b"ce-id", b"2")], b"")


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


@pytest.mark.parametrize(
    ("headers", "claims"),
    [
        ([(b"ce-specversion", b"")], True),
        ([(b"content-type", b"application/CloudEvents+json")], True),
        ([(b"content-type", b"application/json")], False),
        ([], False),
    ],
)
def test_what_claims_to_be_an_event(headers: list[tuple[bytes, bytes]], claims: bool) -> None:
    assert is_event(headers) is claims


_text = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["Cc", "Cs", "Cn"])
)
_events = st.builds(
    Event,
    st.fixed_dictionaries(
        {
            "specversion": st.just("1.0"),
            "id": _text.filter(str.strip),
            "source": st.sampled_from(["/s", "https://h/a%20b", "urn:x:y"]),
            "type": _text.filter(str.strip),
        },
        optional={
            "datacontenttype": st.sampled_from(["application/json", "text/plain"]),
            "anext": _text.filter(lambda text: not text.startswith('"')),
        },
    ),
    # White space around a JSON value is no part of it, so structured mode loses it.
    st.one_of(
        st.binary(max_size=50).map(lambda data: data.strip(b" \t\r\n")),
        st.sampled_from([b'{"a": 1.10}', b'"text"', b"null", b"[]", "gr\u00fc\u00dfe".encode()]),
    ),
    st.just((("x-request-id", "r"),)),
)


def _pairs(lines: bytes) -> list[tuple[bytes, bytes]]:
    pairs = [line.split(b": ", 1) for line in lines.split(b"\r\n")[:-1]]
    return [(name, value) for name, value in pairs]


@given(_events)
def test_binary_and_back_is_the_same_event(event: Event) -> None:
    lines, body = encode_binary(event)

    assert decode(_pairs(lines), body) == event


@given(_events)
def test_structured_and_back_keeps_attributes_and_data(event: Event) -> None:
    lines, body = encode_structured(event)

    again = decode(_pairs(lines), body)

    assert again.attributes == event.attributes
    assert again.data == event.data


@given(_events)
def test_the_log_and_back_is_the_same_event(event: Event) -> None:
    assert from_entry(*to_entry(event)) == event


@given(_events, st.sampled_from(["1.0", "0.3"]), st.sampled_from([7, True, "x"]))
def test_through_every_mode_and_the_log_attributes_are_equal_and_data_identical(
    event: Event, version: str, extension: str | int
) -> None:
    event = event.with_attributes({"specversion": version, "typed": extension})

    lines, body = encode_structured(from_entry(*to_entry(event)))
    structured_event = from_entry(*to_entry(decode(_pairs(lines), body)))
    lines, body = encode_binary(structured_event)
    binary_event = from_entry(*to_entry(decode(_pairs(lines), body)))

    assert structured_event.attributes == event.attributes
    assert {name: canonical(value) for name, value in event.attributes.items()} == {
        **binary_event.attributes
    }
    assert structured_event.data == binary_event.data == event.data


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from([b"content-type", *(name for name, _ in binary())]), st.binary()
            ),
            st.one_of(
                st.sampled_from(
                    [
                        b"1.0",
                        b"application/cloudevents+json",
                        b"application/cloudevents-batch+json",
                    ]
                ),
                st.binary(),
            ),
        )
    ),
    st.one_of(st.binary(), st.sampled_from([b"[" * 5000, b'{"a":' * 5000, b"null", b"{}"])),
)
@example([(b"content-type", b"a/b" + b"; " * 30 + b"@")], b"")
@example([(b"content-type", b"a/b" + b'; x="' * 3000)], b"")
@example([*binary(), (b"ce-dataschema", b"http://" + b"a:" * 30_000)], b"")
@example([*binary(), (b"ce-x", b'"' + b"\\\\" * 30_000)], b"")
@example([*binary(), (b"ce-x", b"%" * 60_000)], b"")
@example([*binary(), (b"ce-time", b"2020-01-01T00:00:00." + b"0" * 60_000)], b"")
def test_nothing_but_a_refusal_escapes(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    message = ""
    for read in (decode, decode_all):
        try:
            read(headers, body)
        except InvalidEventError as error:
            message += str(error)

    assert message.isprintable()
    assert cpu_s(lambda: _read(headers, body)) <= MOST_S


def _read(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    with suppress(InvalidEventError):
        decode_all(headers, body)
