"""Whatever bytes a peer sends and however they are cut: an answer, an error, or not enough."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from poplin.errors import BrokenAnswerError, ConfigurationError
from poplin.sender import Answer, Limits, Target
from poplin.sender.answer import AnswerReader
from tests.sender.test_answer import WHOLE

LIMITS = Limits(max_header_bytes=2000, max_header_count=50, max_body_bytes=1000)
PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b" ", b":", b",", b";", b"0\r\n\r\n", b"5\r\n", b"ffff\r\n",
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Go\r\n\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 304 X\r\n",
    b"content-length: 5\r\n", b"content-length: 99999999999999999999\r\n", b"content-length: 0\r\n",
    b"transfer-encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"connection: close\r\n",
    b"connection: upgrade\r\nupgrade: x\r\n", b"x: y\r\n", b"hello", b"\xff",
]  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """An answer with a few pieces put into it, in place of what was there."""
    found = draw(st.sampled_from(sorted(WHOLE.values())))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(found)))
        end = draw(st.integers(start, min(len(found), start + 20)))
        piece = draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=5)))
        found = found[:start] + piece + found[end:]
    return found


def outcome(pieces: list[bytes]) -> Answer | str | None:
    reader = AnswerReader(LIMITS, "http://peer:80")
    try:
        for piece in pieces:
            answer = reader.feed(piece)
            if answer is not None:
                return answer
        return reader.end()
    except BrokenAnswerError:
        return "broken"


@given(answers(), st.sets(st.integers(1, 300)))
def test_an_answer_means_the_same_however_it_is_cut(answer: bytes, cuts: set[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut < len(answer)), len(answer)]

    assert outcome([answer[a:b] for a, b in pairwise(edges)]) == outcome([answer])


@given(st.lists(answers() | st.sampled_from(PIECES), min_size=1), st.integers(0, 3))
def test_what_is_kept_is_bounded_however_long_it_goes_on(endless: list[bytes], begins: int) -> None:
    reader = AnswerReader(LIMITS, "http://peer:80")
    fed = 0
    try:
        for piece in [sorted(WHOLE.values())[begins][:40], *endless * 500]:
            if reader.feed(piece) is not None:
                break
            fed += len(piece)
            assert len(reader._body) <= LIMITS.max_body_bytes
            assert len(reader._headers) <= LIMITS.max_header_count
    except BrokenAnswerError:
        pass

    assert fed < 20_000


_URL_PIECES = st.sampled_from(
    ["http://", "https://", "HTTP:", "//", "/", "?", "#", "@", ":", "[", "]", "::1", "127.0.0.1",
     "example.com", "..", "%0d%0a", "\r\n", "\x00", " ", "\t", "a" * 70, "80", "65536", "0", "\u00e4",
     "user:pass", "\\", "xn--a", "0x7f.1", "%", "\ud800"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(_URL_PIECES, max_size=12).map("".join)))
def test_any_text_is_a_target_or_refused(text: str) -> None:
    try:
        target = Target.parse(text)
    except ConfigurationError as error:
        assert "pass@" not in str(error)  # noqa: PT017 - either is right
        return

    line, host, *rest = target.request_head.split(b"\r\n")
    assert rest == [b""]
    assert line.startswith(b"POST /")
    assert line.endswith(b" HTTP/1.1")
    assert line.count(b" ") == 2
    assert host.startswith(b"host: ")
    assert all(0x21 <= byte <= 0x7E for byte in line.replace(b" ", b"") + host[6:])
    assert target.host
    assert 0 < target.port < 65536
