"""Whatever a subscriber answers and whatever lies in a grave: an outcome, and clean replies."""

import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.attempt import Attempter
from dispatcher.delivery import Buried, Deferred, Settled
from dispatcher.tally import Tally
from poplin.codec import encode_binary, encode_structured, from_entry
from poplin.grave import Grave, parse_grave
from poplin.sender import Answer
from tests.dispatcher.test_attempt import Replies, delivery

_T = TypeVar("_T")
_CLEAN_LINES = re.compile(rb"([a-z0-9-]+: [\t -~\x80-\xff]*\r\n)*\Z")

_names = st.sampled_from(
    ["ce-id", "ce-source", "ce-type", "ce-specversion", "ce-time", "ce-x", "ce-knativebrokerttl",
     "ce-dataschema", "ce-subject", "ce-a_b", "ce-", "ce-datacontenttype", "content-type",
     "retry-after", "x-request-id", "knative-x", "content-encoding", "connection"]
).map(str.encode)  # fmt: skip
_values = st.one_of(
    st.sampled_from([b"a\r\nevil: 1", b"\x00", b"\x85", b"a%0d%0ab", b"\xc3\xa4", b'"a\\\r\\\nb"']),
    st.binary(max_size=30),
    st.lists(
        st.sampled_from(
            ["1.0", "0.3", "/s", "t", "a%0d%0ab", "%00", "%", '"', "\\", "\r\n", "\x00", "\u00e4", "9" * 30,
             "application/cloudevents+json", "application/json", "; charset=", "-1", "gzip", "//[",
             "Fri, 31 Dec 9999 23:59:59 GMT", "\ud7ff", "\u0085", "\u2028", "\ufffe", " "]
        ),
        max_size=4,
    ).map(lambda parts: "".join(parts).encode()),
)  # fmt: skip
_valid = [(b"ce-specversion", b"1.0"), (b"ce-id", b"1"), (b"ce-source", b"/s"), (b"ce-type", b"t")]
_bodies = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b'{"specversion":"1.0","id":"1","source":"/s","type":"t","x":"a\\r\\nb"}',
         b'{"specversion":"1.0","id":"1","source":"/s","type":"t","x":"\\u0000"}',
         b'{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"a/b\\u20ac"}',
         b'{"specversion":"1.0","id":"1","source":"/s","type":"t","data_base64":"AA=="}',
         b'{"specversion":"1.0","id":"\xc3\xa4\\u20ac","source":"/s","type":"t","x":true,"data":[1e999]}',
         b"[" * 5000]
    ),
)  # fmt: skip


_any = st.builds(
    Answer,
    st.sampled_from([200, 201, 202, 204, 299, 302, 400, 404, 429, 500, 503, 999]),
    st.lists(st.tuples(_names, _values), max_size=6),
    _bodies,
)
_almost_valid = st.builds(
    lambda headers, body: Answer(200, list({**dict(_valid), **headers}.items()), body),
    st.dictionaries(st.just(b"ce-x") | _names, _values, min_size=1, max_size=2),
    _bodies,
)


class Answering:
    """Stands where the sender does."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def post(self, *_request: object, timeout_s: float) -> Answer:  # noqa: ARG002
        return self._answer


def run(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """One that never waits: no loop is needed."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        found: _T = end.value
        return found
    raise AssertionError("it waits")


def attempter(answer: Answer, replies: Replies) -> Attempter:
    return Attempter(Answering(answer), replies, Tally())  # type: ignore[arg-type]


@settings(max_examples=300)
@given(_any | _almost_valid, st.integers(0, 1), st.sampled_from([1, 2, 255]))
def test_any_answer_has_an_outcome_and_a_reply_leaves_clean(
    answer: Answer, tries: int, hops: int
) -> None:
    replies = Replies()
    each = delivery("http://h/", hops=hops, tries=tries)

    outcome = run(attempter(answer, replies).attempt(each))

    assert isinstance(outcome, Settled | Deferred | Buried)
    if isinstance(outcome, Deferred):
        assert 0 <= outcome.delay_s <= each.lane.record.delivery.backoff_max_s
    if isinstance(outcome, Buried):
        assert parse_grave(outcome.grave).status == outcome.status
    for entry in replies.entries:
        reply = from_entry(*entry)
        assert reply.attributes["knativebrokerttl"] == hops - 1
        for lines in (encode_binary(reply)[0], encode_binary(reply, anew=True)[0]):
            assert lines.count(b"\r\n") == len(reply.attributes) + len(reply.headers)
            assert _CLEAN_LINES.match(lines)
        assert _CLEAN_LINES.match(encode_structured(reply)[0])


@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda changes: (
                Grave(
                    reason="r", status=1, destination="d", attempts=1, first_us=1, last_us=2
                ).to_json()[:-1]
                + b","
                + changes
                + b"}"
            ),
            st.sampled_from(
                [b'"status":null', b'"body":1', b'"reason":[]', b'"x":1', b'"status":"1"', b'"a"']
            ),
        ),
    )
)
def test_any_grave_has_an_outcome(grave: bytes) -> None:
    attempts = attempter(Answer(500, [], b""), Replies())
    each = delivery("http://h/", sink="http://sink/", grave=grave, tries=1)

    try:
        outcome = run(attempts.attempt(each))
    except Exception as error:  # noqa: BLE001 - as the partition catches it
        outcome = attempts.broken(each, error)

    assert isinstance(outcome, Deferred | Buried)
