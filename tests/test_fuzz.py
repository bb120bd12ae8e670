"""Small parsers of what others write: any text is taken or refused, and soon."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poplin.arrival import arrived
from poplin.delivery import retry_after_s
from poplin.errors import InvalidEventError
from poplin.event import Event
from poplin.resources.duration import parse_bytes, parse_duration
from tests.quick import MOST_S, cpu_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _retry_after(text: str) -> None:
    seconds = retry_after_s(text, NOW)
    assert seconds is None or seconds >= 0


def _hops(text: str) -> None:
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    with suppress(InvalidEventError):
        left = arrived(Event({**attributes, "knativebrokerttl": text})).attributes
        assert 0 < int(left["knativebrokerttl"]) <= 10**9


def _duration(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= 0


def _quantity(text: str) -> None:
    with suppress(ValueError):
        assert parse_bytes(text) >= 0


_PIECES = st.sampled_from(
    ["P", "T", "1", "0", "9" * 30, ".", ",", "-", "+", "Y", "M", "W", "D", "H", "S", "Ki", "G",
     "Sun, 06 Nov 1994 08:49:37 GMT", "Nov", "1994", ":", " ", "GMT", "-9999", "\u0661"]
)  # fmt: skip
_TEXTS = st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=30).map("".join))


@pytest.mark.parametrize("parse", [_retry_after, _hops, _duration, _quantity])
@given(text=_TEXTS)
@example(text="9" * 5000)
@example(text="P" + "1" * 5000 + "Y")
@example(text="(" * 5000)
@example(text="Mon, 01 Jan 0001 00:00:00 +9999")
def test_any_text_is_taken_or_refused(parse: Callable[[str], None], text: str) -> None:
    assert cpu_s(lambda: parse(text)) <= MOST_S
