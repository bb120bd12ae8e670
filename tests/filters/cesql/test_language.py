"""The language, case by case: what the test kit leaves out, and what is easily got wrong."""

from typing import Any

import pytest

from poplin.filters import cesql

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "A-1",
    "source": "/shop/eu",
    "type": "com.example.order",
    "subject": "Order 50% off_1",
    "flag": True,
    "count": 7,
    "text": "true",
    "number": "007",
    "zero": "0",
}


@pytest.mark.parametrize(
    ("expression", "value", "kind"),
    [
        # Precedence
        ("1 + 2 * 3", 7, None),
        ("10 - 2 - 3", 5, None),
        ("4-1", 3, None),
        ("4 -1", 3, None),
        ("-2 * -3", 6, None),
        ("2 * (3 + 4)", 14, None),
        ("TRUE AND FALSE OR TRUE", True, None),
        ("FALSE AND TRUE OR TRUE", False, None),
        ("TRUE OR TRUE AND FALSE", True, None),
        ("TRUE XOR TRUE XOR TRUE", True, None),
        ("TRUE XOR FALSE AND FALSE", True, None),
        ("FALSE XOR FALSE OR TRUE", True, None),
        ("1 = 1 AND 2 = 2", True, None),
        ("1 + 1 = 2", True, None),
        ("NOT FALSE = TRUE", True, None),
        ("NOT type = 'x'", False, "cast"),
        ("NOT (type = 'x')", True, None),
        ("NOT NOT TRUE", True, None),
        ("1 = 1 = TRUE", True, None),
        ("subject LIKE 'Order%' = TRUE", True, None),
        ("1 + '2' LIKE '2' = 2", True, None),
        ("count IN (7) AND flag", True, None),
        ("count * 2 IN (14, 'x')", 0, "cast"),
        ("(count * 2) IN (14, 'x')", True, None),
        ("-count IN (-7)", True, None),
        ("NOT flag IN (FALSE)", True, None),
        ("-number LIKE '-7'", True, None),
        # Case
        ("ExIsTs SuBjEcT aNd TyPe = 'com.example.order'", True, None),
        ("type = 'COM.EXAMPLE.ORDER'", False, None),
        ("length(id)", 3, None),
        # Types and casts
        ("flag", True, None),
        ("flag = 'true'", True, None),
        ("flag = 'TRUE'", False, None),
        ("text = TRUE", True, None),
        ("text", "true", None),
        ("count = '7'", True, None),
        ("number = 7", True, None),
        ("number = '7'", False, None),
        ("number < 8", True, None),
        ("number = count", True, None),
        ("count = number", False, None),
        ("text = flag", True, None),
        ("'a' < 1", False, "cast"),
        ("flag + 1", 2, None),
        ("flag + flag", 2, None),
        ("NOT zero", False, "cast"),
        ("NOT INT(zero)", True, None),
        ("subject AND TRUE", False, "cast"),
        ("BOOL('maybe')", False, "cast"),
        ("INT(' 7')", 0, "cast"),
        ("INT('1_0')", 0, "cast"),
        ("INT('\u0661')", 0, "cast"),
        ("INT('+7')", 7, None),
        ("INT('-007')", -7, None),
        ("INT('+')", 0, "cast"),
        ("-007", -7, None),
        (f"INT('{'0' * 4400}7')", 7, None),
        ("INT('')", 0, "cast"),
        ("INT('2147483648')", 0, "cast"),
        ("INT('-2147483648')", -2147483648, None),
        ("STRING(TRUE)", "true", None),
        ("IS_INT('x')", False, None),
        ("IS_INT(TRUE)", True, None),
        ("IS_BOOL('TruE')", True, None),
        ("'TRUE' IN (TRUE, 'false')", False, None),
        ("'true' IN (TRUE, 'false')", True, None),
        ("TRUE IN ('TRUE')", True, None),
        ("1 IN ('1', 'x')", True, None),
        ("1 IN ('x', '1')", False, "cast"),
        ("id NOT IN ('A-1', 'B')", False, None),
        # Arithmetic
        ("7 / 2", 3, None),
        ("-7 / 2", -3, None),
        ("7 / -2", -3, None),
        ("-7 % 2", -1, None),
        ("7 % -2", 1, None),
        ("2147483647 + 1", 0, "math"),
        ("-2147483648 - 1", 0, "math"),
        ("2147483647 * 2", 0, "math"),
        ("-2147483648 / -1", 0, "math"),
        ("-(-2147483648)", 0, "math"),
        # Errors
        ("missing", False, "missingAttribute"),
        ("missing + 'x'", 0, "missingAttribute"),
        ("'x' + missing", 0, "missingAttribute"),
        ("LENGTH(missing)", 0, "missingAttribute"),
        ("UPPER(missing)", "", "missingAttribute"),
        ("missing != 'x'", False, "missingAttribute"),
        ("missing NOT IN ('x')", False, "missingAttribute"),
        ("missing NOT LIKE 'x'", False, "missingAttribute"),
        ("NOT (missing = 'x')", False, "missingAttribute"),
        ("FALSE AND missing", False, None),
        ("TRUE OR missing", True, None),
        ("missing AND FALSE", False, "missingAttribute"),
        ("TRUE XOR missing", False, "missingAttribute"),
        ("EXISTS missing", False, None),
        ("NOT EXISTS missing", True, None),
        ("UNKNOWN(1)", False, "missingFunction"),
        ("UNKNOWN(missing)", False, "missingFunction"),
        ("LEFT('abc', -2)", "abc", "functionEvaluation"),
        ("LEFT('abc', -2) = 'abc'", False, "functionEvaluation"),
        ("UPPER(LEFT('abc', -2))", "", "functionEvaluation"),
        ("CONCAT('x', LEFT('abc', -2))", "", "functionEvaluation"),
        ("ABS(-2147483648)", 2147483647, "math"),
        ("ABS(-2147483648) + 0", 0, "math"),
        # Functions
        ("LENGTH('h\u00e9\U0001f600')", 3, None),
        ("LENGTH(123)", 3, None),
        ("CONCAT()", "", None),
        ("CONCAT('a', 1, TRUE)", "a1true", None),
        ("CONCAT_WS('-', 'a', 'b')", "a-b", None),
        ("TRIM(' \u2003a\x1c ')", "a\x1c", None),
        ("RIGHT('abc', 0)", "", None),
        ("SUBSTRING('abc', -2, 1)", "b", None),
        ("SUBSTRING('abc', 0)", "", None),
        ("SUBSTRING('abc', 2, -1)", "", "functionEvaluation"),
        ("SUBSTRING('', 0)", "", None),
        # Strings
        (r"'a\'b'", "a'b", None),
        (r'"a\"b"', 'a"b', None),
        (r"'a\nb'", r"a\nb", None),
        ("''", "", None),
        # LIKE
        ("subject LIKE 'Order%'", True, None),
        ("subject LIKE 'order%'", False, None),
        (r"subject LIKE '%50\% off\__'", True, None),
        (r"subject LIKE '%50\%_off%'", True, None),
        (r"subject LIKE '%5\_%'", False, None),
        ("count LIKE '_'", True, None),
        ("'' LIKE ''", True, None),
        ("'' LIKE '%'", True, None),
        ("'' LIKE '_'", False, None),
        ("'abc' LIKE '%%c'", True, None),
        ("'ab' LIKE 'ab%ab'", False, None),
        ("'a\nb' LIKE 'a_b'", True, None),
        ("'aXbXc' LIKE '%X_X%'", True, None),
        (f"CONCAT('{'x' * 3000}', subject) LIKE '%Order_50%'", True, None),
        ("CONCAT_WS(subject, 'a', 'b', 'c') LIKE 'aOrder%'", True, None),
        ("'ab' LIKE '%b_%'", False, None),
        ("'abc' LIKE '%b_%'", True, None),
    ],
)
def test_an_expression_gives(expression: str, value: object, kind: str | None) -> None:
    found, error = cesql.compile(expression).evaluate(EVENT)

    assert (found, error and error.kind) == (value, kind), error
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "place", "expected"),
    [
        ("", (1, 1), "an attribute, a literal, a function or ("),
        ("a =", (1, 4), "an attribute, a literal, a function or ("),
        ("a = 'x", (1, 5), "a closing '"),
        ("a = 'it''s'", (1, 9), "an operator"),
        ("a b", (1, 3), "an operator or the end"),
        ("(a", (1, 3), "an operator or )"),
        ("a AND\n  OR b", (2, 3), "an attribute"),
        ("a LIKE b", (1, 8), "a pattern in quotes"),
        ("a IN ()", (1, 7), "an attribute, a literal, a function or ("),
        ("a IN 'x'", (1, 6), "("),
        ("EXISTS 'x'", (1, 8), "the name of an attribute"),
        ("my_attr = 1", (1, 1), "a name of letters and digits only"),
        ("F1(2)", (1, 1), "a function name of letters and underscores"),
        ("_f(2)", (1, 1), "a function name of letters and underscores"),
        ("F(1,)", (1, 5), "an attribute"),
        ("2147483648", (1, 1), "a 32-bit integer"),
        ("-2147483649", (1, 1), "a 32-bit integer"),
        ("+a", (1, 1), "an attribute"),
        ("NOT", (1, 4), "an attribute"),
        ("a NOT b", (1, 3), "an operator or the end"),
        ("a ; b", (1, 3), "an expression or an operator"),
        ("a = \u00e9", (1, 5), "an expression or an operator"),
        ("in = 1", (1, 1), "an attribute"),
        ("a == 1", (1, 4), "an attribute, a literal, a function or (; equality is a single ="),
        ("data.x = 1", (1, 5), "an expression or an operator; names have no dots"),
        ("(" * 70 + "a" + ")" * 70, (1, 65), "at most 64 levels"),
        ("1" + " + 1" * 70, (1, 259), "at most 64 levels"),
        ("a" * 9000, (1, 8193), "at most 8192 characters"),
    ],
)
def test_a_bad_expression_is_refused_with_its_place(
    expression: str, place: tuple[int, int], expected: str
) -> None:
    with pytest.raises(cesql.ParseError) as refused:
        cesql.compile(expression)

    assert (refused.value.line, refused.value.column) == place
    assert refused.value.expected.startswith(expected)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("expression", "warning"),
    [
        ("a AND b OR c", "line 1, column 3: AND and OR are mixed without parentheses"),
        ("a XOR b AND c", "line 1, column 3: XOR and AND are mixed"),
        ("a AND (b OR c)", None),
        ("a AND b AND c", None),
        ("NOT a = 'x'", "line 1, column 1: NOT binds tighter than ="),
        ("b AND NOT a LIKE 'x'", "line 1, column 7: NOT binds tighter than LIKE"),
        ("NOT (a = 'x')", None),
        ("(NOT a) = 'x'", None),
        ("NOT a AND b", None),
    ],
)
def test_what_is_legal_but_rarely_meant_is_warned_of(expression: str, warning: str | None) -> None:
    warnings = cesql.compile(expression).warnings

    assert [each.startswith(warning or "-") for each in warnings] == ([True] if warning else [])


def test_unknown_functions_are_listed_once() -> None:
    expression = cesql.compile("foo(1) AND Foo(2) OR LENGTH('a', 'b') = BAR() OR ABS(1)")

    assert expression.unknown_functions == ("FOO", "LENGTH", "BAR")
    assert expression.unknown_calls == (
        "line 1, column 1: there is no function FOO",
        "line 1, column 12: there is no function FOO",
        "line 1, column 22: LENGTH takes 1 argument, not 2",
        "line 1, column 41: there is no function BAR",
    )


def test_a_filter_matches_only_true_without_error() -> None:
    matching = [
        each
        for each in ("TRUE", "1", "'true'", "text", "flag", "missing", "EXISTS id", "5 / 0 = 0")
        if cesql.compile(each).matches(EVENT)
    ]

    assert matching == ["TRUE", "flag", "EXISTS id"]


@pytest.mark.parametrize(
    ("expression", "pinned"),
    [
        ("type = 'a'", {"type": "a"}),
        ("TYPE = 'a' AND source = 'b' AND id != 'c'", {"type": "a", "source": "b"}),
        ("type = 'a' AND (source = 'b' OR id = 'c')", {"type": "a"}),
        ("type = 'a' AND source = 'b' OR id = 'c'", {"type": "a"}),
        ("type = 'a' OR source = 'b'", {}),
        ("count = 7", {}),
        ("'a' = type", {}),
        ("NOT (type = 'a')", {}),
    ],
)
def test_what_an_expression_pins(expression: str, pinned: dict[str, str]) -> None:
    assert cesql.compile(expression).pinned == pinned


def test_functions_of_ones_own_join_the_built_in_ones() -> None:
    has_prefix = cesql.Function("HASPREFIX", (str, str), bool, str.startswith)
    join = cesql.Function("KONKAT", (), str, lambda *parts: "".join(parts), rest=str)

    expression = cesql.compile(
        "HASPREFIX(type, 'com') AND KONKAT('a', 1) = 'a1'", functions=(has_prefix, join)
    )

    assert expression.evaluate(EVENT) == (True, None)


@pytest.mark.parametrize(
    "function",
    [
        cesql.Function("ABS", (str,), int, len),
        cesql.Function("CONCAT", (str,), str, str, rest=str),
        cesql.Function("CONCAT", (str, str), str, str),
        cesql.Function("F1", (), int, int),
    ],
)
def test_a_function_that_leaves_a_call_open_is_refused(function: cesql.Function) -> None:
    with pytest.raises(ValueError, match=r"two meanings|letters and underscores"):
        cesql.compile("TRUE", functions=(function,))


def test_the_explanation_shows_every_part_with_its_place() -> None:
    step = cesql.compile("type = 'x' OR\n missing = 1 OR flag").explain(EVENT)

    assert (step.value, step.error and step.error.kind) == (None, "missingAttribute")
    first, second, third = step.parts
    assert (first.text, first.value, first.parts[0].value) == (
        "type = 'x'",
        False,
        "com.example.order",
    )
    assert (second.line, second.column, second.error and second.error.kind) == (
        2,
        2,
        "missingAttribute",
    )
    assert (third.value, third.error) == (None, None)


def test_an_operand_that_is_cast_to_true_ends_the_explanation_too() -> None:
    step = cesql.compile("5 OR missing = 1").explain(EVENT)

    assert [(part.value, part.error) for part in step.parts] == [(5, None), (None, None)]


def test_a_word_is_found_in_a_long_attribute() -> None:
    expression = cesql.compile("subject LIKE '%invoice.created%' AND subject LIKE '%shi_ped%'")

    assert expression.matches({"subject": "x" * 30_000 + "invoice.created, shipped" + "y" * 30_000})


def test_an_evaluation_keeps_nothing_of_the_event() -> None:
    expression = cesql.compile("subject LIKE '%a_b%' AND LENGTH(subject) = 1003")
    event = {"subject": "x" * 1000 + "aab"}

    matches = [expression.matches(event) for _ in range(100)]
    values = [expression.evaluate(event) for _ in range(100)]

    assert matches == [True] * 100
    assert values == [(True, None)] * 100
    assert expression._compiler.work.places == {}


def test_the_explanation_quotes_a_part_with_its_parentheses() -> None:
    step = cesql.compile("NOT (type = 'x') AND (count + 1) * 2 = 16").explain(EVENT)

    assert [part.text for part in step.parts] == ["NOT (type = 'x')", "(count + 1) * 2 = 16"]
    assert [part.text for part in step.parts[0].parts] == ["(type = 'x')"]


def test_the_explanation_shows_what_was_not_reached() -> None:
    step = cesql.compile("type = 'x' AND flag").explain(EVENT)

    assert [(part.text, part.value) for part in step.parts] == [
        ("type = 'x'", False),
        ("flag", None),
    ]
