"""Times in payloads, as RFC 3339."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.codec.attributes import is_time
from sources.webhooks.mapping.times import time_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2019-05-15T15:20:41Z", "2019-05-15T15:20:41Z"),
        ("2019-05-15t15:20:41.000-04:00", "2019-05-15t15:20:41.000-04:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
        (1557933591, "2019-05-15T15:19:51Z"),
        (1557933591.25, "2019-05-15T15:19:51.250000Z"),
        (0, "1970-01-01T00:00:00Z"),
        ("2015-05-05 23:40:12 UTC", "2015-05-05T23:40:12Z"),
        ("2015-05-05 23:40:12", "2015-05-05T23:40:12Z"),
        ("2015-05-05 23:40:12 +0200", "2015-05-05T23:40:12+02:00"),
        ("2017-09-19T09:58:11+1000", "2017-09-19T09:58:11+10:00"),
        ("2017-09-19T09:58:11+10:00:30", None),
        ("2019-05-15", None),
        ("2019-02-30T15:20:41Z", None),
        ("yesterday, at noon", None),
        ("9" * 10_000, None),
        ("", None),
        (True, None),
        (-1, None),
        (253402300800, None),
        (10**400, None),
        (float("inf"), None),
        (float("nan"), None),
        (None, None),
        ({}, None),
    ],
)
def test_a_time_of_a_payload(value: object, text: str | None) -> None:
    assert time_text(value) == text


@given(st.one_of(st.text(), st.integers(), st.floats(), st.datetimes().map(str)))
def test_whatever_the_payload_has_the_text_is_a_time_or_there_is_none(value: object) -> None:
    text = time_text(value)

    assert text is None or is_time(text)
