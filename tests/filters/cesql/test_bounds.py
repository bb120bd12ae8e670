"""No expression, however hostile, crashes the parser or takes long."""

import fnmatch
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poplin.filters import cesql
from poplin.filters.cesql.like import compile_pattern
from poplin.filters.cesql.work import Work
from tests.quick import MOST_S, cpu_s

MOST_EVALUATION_S = 0.005
LONG = "a" * 4096
GREEK = "".join(chr(0x400 + number % 60) for number in range(2048))


DISTINCT = "".join(chr(0x23 + number) for number in range(90) if chr(0x23 + number) not in "%'\\_")


def _filled(part: str, joint: str) -> str:
    """A part again and again, up to 4 KiB."""
    return joint.join([part] * (4096 // (len(part) + len(joint))))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (_filled("a LIKE '%_b%'", " OR "), LONG),
        ("a LIKE '%" + "a_" * 2000 + "b%'", LONG),
        ("a LIKE '%" + "a" * 2000 + "b" + "a" * 2000 + "%'", LONG),
        (_filled(f"a LIKE '%{'a' * 49}b{'a' * 49}%'", " OR "), LONG),
        (_filled("a LIKE '%aaaab%'", " OR "), LONG),
        ("a LIKE '" + "%_a" * 1350 + "%b%'", LONG),
        ("a LIKE '" + "".join(f"%_{chr(0x400 + n * 7 % 60)}" for n in range(1000)) + "b'", GREEK),
        (_filled("a LIKE '%__________%x%'", " OR "), LONG),
        (_filled("UPPER(a) = 'x'", " OR "), GREEK),
        (_filled("UPPER(CONCAT(a, a, a, a)) = 'x'", " OR "), GREEK),
        (_filled("LENGTH(CONCAT(" + ",".join("a" * 20) + ")) = 1", " OR "), LONG),
        (_filled("INT(a) = 2", " XOR "), "0" * 4095 + "1"),
        (_filled("a = 2", " XOR "), "0" * 4095 + "1"),
        (f"1 IN ({_filled('a', ',')})", "0" * 4096),
        (f"'x' IN ({_filled('a', ',')})", LONG),
        (_filled("TRIM(a) = ''", " OR "), " " * 4095 + "x"),
        (_filled("a = 'x'", " OR "), LONG),
        (_filled("a != 'x'", " AND "), LONG),
        ("1" + " + 1" * 60, LONG),
        (
            f"CONCAT({','.join('a' * 15)}) LIKE '%{DISTINCT[:50]}_{DISTINCT[50:]}!!%'",
            "\u00e9" + DISTINCT * 46,
        ),
        (" OR ".join([f"CONCAT(a,'{c}') LIKE '%{DISTINCT}_!%'" for c in DISTINCT[:30]]), GREEK),
        (
            f"CONCAT({','.join('a' * 8)}) LIKE '%{DISTINCT[:20]}_{DISTINCT[20:40]}!%'",
            "\u00e9" + DISTINCT * 46,
        ),
        (f"CONCAT_WS(a,{','.join('1' * 1900)}) = 'x'", "a" * 61_000 + "\U0001f600"),
        ("sequence = 5 OR a = 5", "0" * 4400),
        ("a + 1 = 1 OR INT(a) = 1 OR IS_INT(a) OR -a = 2 OR a < 1", "0" * 60_000),
    ],
    ids=lambda text: text[:30],
)
def test_no_expression_of_4_kib_takes_long(expression: str, value: str) -> None:
    compiled = cesql.compile(expression)

    # A text that no cache has seen.
    taken_s = cpu_s(lambda: compiled.evaluate({"a": "".join([*value])}), MOST_EVALUATION_S)

    assert taken_s <= MOST_EVALUATION_S


_PIECES = st.sampled_from(
    [
        "a", "type", "missing", "flag", "count", "'x'", "'true'", '"7"', "1", "-1", "0", "TRUE",
        "AND", "OR", "XOR", "NOT", "LIKE", "'%_a%'", "EXISTS", "IN", "(", ")", ",", "=", "!=",
        "<>", "<", ">=", "+", "-", "*", "/", "%", "LENGTH(", "CONCAT(", "SUBSTRING(", "FOO(", "\n",
    ]
)  # fmt: skip
_EVENT: dict[str, Any] = {"a": "abc", "type": "t", "flag": True, "count": 7}


@given(st.one_of(st.text(max_size=200), st.lists(_PIECES, max_size=60).map(" ".join)))
@example("(" * 8192)
@example("NOT " * 2048)
@example("-" * 8192)
@example("'" + "\\'" * 4000)
@example("a AND b OR " * 700 + "c")
@example("a = " + "0" * 4400)
@example("a = -" + "0" * 4400 + "7")
def test_any_text_is_refused_or_evaluated(text: str) -> None:
    assert cpu_s(lambda: _used(text)) <= MOST_S
    with suppress(cesql.ParseError):
        compiled = cesql.compile(text)
        value, error = compiled.evaluate(_EVENT)
        assert isinstance(value, str | int | bool)
        assert compiled.matches(_EVENT) is (value is True and error is None)
        compiled.explain(_EVENT)


def _used(text: str) -> None:
    with suppress(cesql.ParseError):
        cesql.compile(text).evaluate(_EVENT)


_LETTERS = st.text(alphabet="ab\n\u0430", max_size=300)


@given(
    st.lists(st.sampled_from(["a", "b", "_", "%", "\\_", "\\%", "\u0430"]), max_size=8), _LETTERS
)
def test_like_agrees_with_a_regular_expression(pieces: list[str], text: str) -> None:
    parts = [{"_": ".", "%": ".*"}.get(piece, re.escape(piece[-1])) for piece in pieces]
    expected = re.fullmatch("".join(parts), text, re.DOTALL) is not None

    assert compile_pattern("".join(pieces), Work())(text) is expected


@given(st.lists(st.sampled_from(["a", "b", "_", "_", "%"]), max_size=40), st.integers(0, 60))
def test_long_texts_with_gaps_agree_too(pieces: list[str], repeats: int) -> None:
    text = "ab" * repeats + "aab" * repeats
    pattern = "".join(pieces)
    glob = pattern.replace("_", "?").replace("%", "*")

    assert compile_pattern(pattern, Work())(text) is fnmatch.fnmatchcase(text, glob)
