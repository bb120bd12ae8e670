"""However the bytes are cut, they say the same."""

from itertools import pairwise

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.errors import BrokenAnswerError
from poplin.sender.answer import PARSER_ERRORS, Answer, AnswerReader
from poplin.sender.limits import Limits

LIMITS = Limits(max_header_bytes=1000, max_header_count=5, max_body_bytes=100)
WHOLE = {
    "length": b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\nhello",
    "chunked": b"HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2;e=f\r\nde\r\n0\r\nt: r\r\n\r\n",
    "interim": b"HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 103 H\r\na: b\r\n\r\nHTTP/1.1 204 No\r\nc: d\r\n\r\n",
    "close": b"HTTP/1.1 500 Oh\r\nconnection: close\r\n\r\nuntil the end",
}


def read(*pieces: bytes) -> tuple[Answer | None, bool]:
    reader = AnswerReader(LIMITS, "http://peer:80")
    answer = None
    for piece in pieces:
        answer = reader.feed(piece)
    return answer or reader.end(), reader.is_reusable


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
def test_a_cut_at_any_byte_changes_nothing(whole: bytes) -> None:
    expected = read(whole)

    found = [read(whole[:at], whole[at:]) for at in range(1, len(whole))]

    assert expected[0] is not None
    assert all(each == expected for each in found)


@given(st.sampled_from(sorted(WHOLE)), st.sets(st.integers(1, 120)))
def test_many_cuts_change_nothing(name: str, cuts: set[int]) -> None:
    whole = WHOLE[name]
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]

    pieces = [whole[start:end] for start, end in pairwise(edges)]

    assert read(*pieces) == read(whole)


@given(st.binary(max_size=300), st.integers(0, 60))
def test_any_bytes_are_an_answer_an_error_or_not_enough(noise: bytes, keep: int) -> None:
    try:
        answer, _ = read(WHOLE["chunked"][:keep] + noise)
    except BrokenAnswerError as error:
        assert str(error).startswith("http://peer:80 ")  # noqa: PT017 - either is right
    else:
        assert answer is None or 200 <= answer.status <= 999


@pytest.mark.parametrize(
    ("head", "is_allowed"),
    [
        (b"a: b\r\n" * 5, True),
        (b"a: b\r\n" * 6, False),
        (b"a: " + b"b" * 995 + b"\r\n", True),
        (b"a: " + b"b" * 996 + b"\r\n", False),
    ],
)
def test_heads_are_bounded_to_the_byte_and_the_line(head: bytes, *, is_allowed: bool) -> None:
    whole = b"HTTP/1.1 204 No\r\n" + head + b"\r\n"

    if is_allowed:
        assert read(whole)[0] is not None
    else:
        with pytest.raises(BrokenAnswerError, match="than allowed"):
            read(whole)


@pytest.mark.parametrize(("size", "is_allowed"), [(100, True), (101, False)])
def test_bodies_are_bounded_to_the_byte(size: int, *, is_allowed: bool) -> None:
    whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size

    if is_allowed:
        assert read(whole)[0] is not None
    else:
        with pytest.raises(BrokenAnswerError, match="more than 100 bytes"):
            read(whole)


@pytest.mark.parametrize(("count", "is_allowed"), [(16, True), (17, False)])
def test_interim_answers_are_bounded(count: int, *, is_allowed: bool) -> None:
    whole = b"HTTP/1.1 103 H\r\n\r\n" * count + WHOLE["length"]

    if is_allowed:
        assert read(whole)[0] is not None
    else:
        with pytest.raises(BrokenAnswerError, match="interim"):
            read(whole)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([b"HTTP/1.1 200 OK\r\nx: ", *[b"y" * 100] * 30], id="header"),
        pytest.param([b"HTTP/1.1 200 O", *[b"K" * 100] * 30], id="reason"),
        pytest.param([WHOLE["chunked"][:60] + b"1;", *[b"x" * 100] * 30], id="extension"),
        pytest.param([WHOLE["chunked"][:-2] + b"u: ", *[b"x" * 100] * 30], id="trailer"),
    ],
)
def test_a_line_without_end_is_an_error(pieces: list[bytes]) -> None:
    with pytest.raises(BrokenAnswerError, match="more header bytes than allowed"):
        read(*pieces)


def test_trailers_are_no_headers() -> None:
    answer, _ = read(WHOLE["chunked"])

    assert answer == Answer(201, [(b"transfer-encoding", b"chunked")], b"abcde")


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n", "other than chunked"),
        (b"HTTP/1.1 101 Go\r\n\r\n", "a switch of protocols"),
        (b"HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "a switch of protocols"),
        (b"HTTP/1.1 099 No\r\n\r\n", "a status below 100"),
    ],
)
def test_what_is_no_answer_to_a_post_is_named(head: bytes, why: str) -> None:
    with pytest.raises(BrokenAnswerError, match=why):
        read(head + b"0\r\n\r\n")


def test_many_chunks_are_no_line_without_end() -> None:
    pieces = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 100]

    answer, is_reusable = read(*pieces, b"0\r\n\r\n")

    assert answer is not None
    assert (answer.body, is_reusable) == (b"x" * 100, True)


def test_many_bytes_around_few_are_an_error() -> None:
    pieces = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]
    pieces += [b"1;" + b"x" * 200 + b"\r\ny\r\n"] * 20

    with pytest.raises(BrokenAnswerError, match="more bytes around its body than allowed"):
        read(*pieces)


@pytest.mark.parametrize(
    ("surplus", "is_reusable"), [(b"", True), (b"H", False), (b"junk", False), (WHOLE["length"], False)]
)  # fmt: skip
def test_surplus_is_no_part_of_the_answer(surplus: bytes, *, is_reusable: bool) -> None:
    expected, _ = read(WHOLE["length"])

    assert read(WHOLE["length"] + surplus) == (expected, is_reusable)


def test_every_error_of_the_parser_is_translated() -> None:
    """A new kind beside the two would get through `feed`."""
    errors = [
        each
        for each in vars(httptools).values()
        if isinstance(each, type) and issubclass(each, Exception)
    ]

    assert errors
    assert all(issubclass(each, PARSER_ERRORS) for each in errors)


def test_of_a_body_that_is_of_no_use_the_beginning_is_enough() -> None:
    """However long it is said to be, or is: nobody waits for the rest."""
    limits = Limits(enough_body_bytes=10, needs_more=lambda status, _: status == 200)
    head = b"HTTP/1.1 %d X\r\ntransfer-encoding: chunked\r\n\r\n14\r\n"
    found = []
    for status in (200, 500):
        reader = AnswerReader(limits, "http://peer:80")
        found.append(reader.feed(head % status + b"x" * 8) or reader.feed(b"y" * 8))
        assert not reader.is_reusable

    assert found == [None, Answer(500, [(b"transfer-encoding", b"chunked")], b"x" * 8 + b"yy")]
