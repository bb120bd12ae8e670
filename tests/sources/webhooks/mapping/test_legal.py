"""Whatever a provider says, each attribute is legal or left out."""

from hashlib import sha256

import pytest

from sources.webhooks.mapping import legal


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("push-1", "push-1"),
        (7, "7"),
        (True, None),
        ("", None),
        ("  ", None),
        ("\u3000", None),
        (None, None),
        ({"a": 1}, None),
        ("a\x00b", sha256(b"a\x00b").hexdigest()),
        ("\x00", None),
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, sha256(b"x" * 1025).hexdigest()),
        ("a\ud800", sha256(b"a\xed\xa0\x80").hexdigest()),
    ],
)
def test_an_id_stays_or_its_digest_stands_for_it(value: object, expected: str | None) -> None:
    assert legal.id_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json", "application/json"),
        (' Text/Plain; charset="utf-8" ', 'Text/Plain; charset="utf-8"'),
        ("application/json, application/json", None),
        ("nonsense", None),
        ("", None),
        (None, None),
        ("application/CloudEvents+json; charset=utf-8", "application/json"),
        ("application/cloudevents-batch+json", "application/json"),
        ("application/cloudevents+avro", "application/octet-stream"),
    ],
)
def test_a_content_type_is_a_media_type_and_none_of_an_event_format(
    value: str | None, expected: str | None
) -> None:
    assert legal.content_type(value) == expected


def test_a_source_is_a_uri_reference_and_a_schema_a_uri() -> None:
    assert legal.uri_reference("orchard/apples") == "orchard/apples"
    assert legal.uri_reference("not a URI") is None
    assert legal.uri_reference(7) == "7"
    assert legal.uri("https://example.com/schema") == "https://example.com/schema"
    assert legal.uri("/schema") is None
