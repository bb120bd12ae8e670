"""What holds for any event and any message."""

from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from poplin.codec import decode, decode_all, encode_binary, encode_structured, from_entry, to_entry
from poplin.codec.binary import canonical
from poplin.errors import InvalidEventError
from poplin.event import Event
from tests.codec.helpers import binary, pairs
from tests.quick import MOST_S, cpu_s

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


@given(_events)
def test_binary_and_back_is_the_same_event(event: Event) -> None:
    lines, body = encode_binary(event)

    assert decode(pairs(lines), body) == event


@given(_events)
def test_structured_and_back_keeps_attributes_and_data(event: Event) -> None:
    lines, body = encode_structured(event)

    again = decode(pairs(lines), body)

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
    structured_event = from_entry(*to_entry(decode(pairs(lines), body)))
    lines, body = encode_binary(structured_event)
    binary_event = from_entry(*to_entry(decode(pairs(lines), body)))

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
