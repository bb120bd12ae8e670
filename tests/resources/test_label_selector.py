"""Label selectors as documents have them, and as the API's query does."""

import pytest

from poplin.resources.fields import Checker
from poplin.resources.label_selector import read_selector
from poplin.resources.values import build

LONG = "a" * 63


def read(text: str) -> tuple[str, Checker]:
    checker = Checker("f")
    value = build(text, 1)
    assert value is not None
    return read_selector(checker, value), checker


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", ""),
        ("{matchLabels: {}, matchExpressions: []}", ""),
        ("{matchLabels: null, matchExpressions: null}", ""),
        ("{matchLabels: {app: shop}}", "app=shop"),
        ("{matchLabels: {app: ''}}", "app="),
        ("{matchLabels: {b: x, a: y}}", "a=y,b=x"),
        ("{matchLabels: {app.kubernetes.io/name: my_shop-1.2}}", "app.kubernetes.io/name=my_shop-1.2"),
        (f"{{matchLabels: {{{LONG}: {LONG}}}}}", f"{LONG}={LONG}"),
        ("{matchExpressions: [{key: a, operator: In, values: [y, x, y]}]}", "a in (x,y)"),
        ("{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}", "a notin (x)"),
        ("{matchExpressions: [{key: a, operator: In, values: ['', b]}]}", "a in (,b)"),
        ("{matchExpressions: [{key: a, operator: Exists}]}", "a"),
        ("{matchExpressions: [{key: a, operator: Exists, values: []}]}", "a"),
        ("{matchExpressions: [{key: a, operator: DoesNotExist, values: null}]}", "!a"),
        (
            "{matchLabels: {b: x}, matchExpressions: [{key: c, operator: Exists}, {key: a, operator: DoesNotExist}]}",
            "!a,b=x,c",
        ),
        (
            "{matchExpressions: [{key: c, operator: Exists}, {key: c, operator: Exists}]}",
            "c",
        ),
    ],
)  # fmt: skip
def test_a_selector_is_the_text_of_a_query(text: str, expected: str) -> None:
    found, checker = read(text)

    assert checker.problems == []
    assert found == expected


KEY_WORDS = "is not allowed; use a label's key: 1 to 63 letters, digits, '-', '_' and '.'"
VALUE_WORDS = "is not allowed; use a label's value: at most 63 letters, digits, '-', '_' and '.'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app=shop", "f:1: 'app=shop' is not allowed; use a mapping"),
        ("{app: shop}", "f:1: app: unknown field; known are matchLabels, matchExpressions"),
        ("{matchLabel: {}}", "f:1: matchLabel: unknown field; did you mean matchLabels?"),
        ("{matchLabels: [a]}", "f:1: matchLabels: a list is not allowed; use a mapping"),
        ("{matchLabels: {a: 7}}", f"f:1: matchLabels.a: 7 {VALUE_WORDS}"),
        ("{matchLabels: {a: null}}", f"f:1: matchLabels.a: null {VALUE_WORDS}"),
        ("{matchLabels: {a: true}}", f"f:1: matchLabels.a: true {VALUE_WORDS}"),
        ("{matchLabels: {a: 'b c'}}", f"f:1: matchLabels.a: 'b c' {VALUE_WORDS}"),
        ("{matchLabels: {a: -b}}", f"f:1: matchLabels.a: '-b' {VALUE_WORDS}"),
        ("{matchLabels: {a: 'b,c'}}", f"f:1: matchLabels.a: 'b,c' {VALUE_WORDS}"),
        (f"{{matchLabels: {{a: {LONG}b}}}}", "aaa...' is not allowed; use a label's value"),
        ('{matchLabels: {a: "b\\n"}}', rf"f:1: matchLabels.a: 'b\n' {VALUE_WORDS}"),
        ("{matchLabels: {'': b}}", f"f:1: matchLabels.: '' {KEY_WORDS}"),
        ("{matchLabels: {'a b': c}}", f"f:1: matchLabels.a b: 'a b' {KEY_WORDS}"),
        ("{matchLabels: {/a: c}}", f"'/a' {KEY_WORDS}"),
        ("{matchLabels: {a/: c}}", f"'a/' {KEY_WORDS}"),
        ("{matchLabels: {a/b/c: c}}", f"'a/b/c' {KEY_WORDS}"),
        ("{matchLabels: {A.io/b: c}}", f"'A.io/b' {KEY_WORDS}"),
        (f"{{matchLabels: {{{LONG}b: c}}}}", f"{KEY_WORDS}"),
        ("{matchExpressions: {key: a}}", "f:1: matchExpressions: a mapping is not allowed; use a list"),
        ("{matchExpressions: [a]}", "f:1: matchExpressions[0]: 'a' is not allowed; use a mapping"),
        ("{matchExpressions: [{operator: Exists}]}", "f:1: matchExpressions[0].key: is missing; it is required"),
        ("{matchExpressions: [{key: a}]}", "f:1: matchExpressions[0].operator: is missing; it is required"),
        ("{matchExpressions: [{key: -, operator: Exists}]}", f"f:1: matchExpressions[0].key: '-' {KEY_WORDS}"),
        ("{matchExpressions: [{key: 1, operator: Exists}]}", "f:1: matchExpressions[0].key: 1 is not allowed; use a string"),
        ("{matchExpressions: [{key: a, operator: in, values: [b]}]}", "f:1: matchExpressions[0].operator: 'in' is not allowed; use In or NotIn or Exists or DoesNotExist"),
        ("{matchExpressions: [{key: a, operator: Exists, value: b}]}", "f:1: matchExpressions[0].value: unknown field; did you mean values?"),
        ("{matchExpressions: [{key: a, operator: In}]}", "f:1: matchExpressions[0].values: operator In needs at least one value"),
        ("{matchExpressions: [{key: a, operator: NotIn, values: []}]}", "f:1: matchExpressions[0].values: operator NotIn needs at least one value"),
        ("{matchExpressions: [{key: a, operator: Exists, values: [b]}]}", "f:1: matchExpressions[0].values: is not allowed with operator Exists; leave it out"),
        ("{matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]}", "values: is not allowed with operator DoesNotExist; leave it out"),
        ("{matchExpressions: [{key: a, operator: In, values: b}]}", "values: 'b' is not allowed; use a list"),
        ("{matchExpressions: [{key: a, operator: In, values: [7]}]}", f"values[0]: 7 {VALUE_WORDS}"),
    ],
)  # fmt: skip
def test_what_kubernetes_would_not_take_is_refused(text: str, expected: str) -> None:
    _, checker = read(text)

    assert expected in str(checker.problems[0])


def test_a_selector_that_would_not_fit_a_url_is_refused() -> None:
    values = ", ".join(f"{number:060}".replace("0", "a") for number in range(70))

    _, checker = read(f"{{matchExpressions: [{{key: a, operator: In, values: [{values}]}}]}}")

    (problem,) = checker.problems
    assert "as the text of a query; at most 4096 are allowed" in str(problem)
