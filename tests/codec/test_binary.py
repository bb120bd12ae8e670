"""Events in headers: what is read, refused, kept and encoded."""

import pytest

from poplin.codec import decode, encode_binary, from_entry, is_event, to_entry
from poplin.errors import InvalidEventError
from tests.codec.helpers import binary, pairs


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
    assert decode(pairs(kept), b"").attributes == decode(pairs(anew), b"").attributes


@pytest.mark.parametrize("sent", ["b ", "b\t", " b \t ", "b"])
def test_white_space_around_a_header_is_no_part_of_it(sent: str) -> None:
    event = decode(binary(**{"ce-x": sent}), b"")

    assert event.attributes["x"] == "b"
    assert b"ce-x: b\r\n" in encode_binary(event)[0]


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


def test_a_plain_post_is_told_the_two_ways_to_send_an_event() -> None:
    with pytest.raises(
        InvalidEventError, match=r"ce- headers, or .* application/cloudevents\+json"
    ):
        decode([(b"content-type", b"application/json")], b"{}")


def test_an_attribute_that_is_set_loses_the_text_that_was_kept() -> None:
    event = decode(binary(**{"ce-x": "a b"}), b"")

    assert b"ce-x: new\r\n" in encode_binary(event.with_attributes({"x": "new"}))[0]


def test_an_attribute_that_is_there_twice_is_refused() -> None:
    with pytest.raises(InvalidEventError, match="'id' is there twice"):
        decode([*binary(), (b"ce-id", b"2")], b"")


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
