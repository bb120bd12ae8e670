"""Tokens → parts, by operator precedence (a Pratt parser); the grammar is the official one's.

Calls and atoms bind tightest, then NOT and minus, LIKE, IN, `* / %`, `+ -`, comparisons, and
AND, OR and XOR on one level, to the right. So `NOT a = b` means `(NOT a) = b`.
"""

import re
from dataclasses import replace

from poplin.filters.cesql.errors import ParseError, place
from poplin.filters.cesql.syntax import (
    Attribute,
    Call,
    Compare,
    Exists,
    In,
    Like,
    Literal,
    Logic,
    Math,
    Negate,
    Node,
    Not,
)
from poplin.filters.cesql.tokens import Token, tokenize
from poplin.filters.cesql.values import INT32

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "Parser"]

MAX_LENGTH = 8192
"""Characters of an expression."""
MAX_DEPTH = 64
"""Levels of an expression; AND, OR and XOR in a row are one level however many they are."""

_LOGIC, _COMPARE, _ADD, _MULTIPLY, _IN, _LIKE, _PREFIX = range(1, 8)
_POWER = {
    **dict.fromkeys(("AND", "OR", "XOR"), _LOGIC),
    **dict.fromkeys(("=", "!=", "<>", "<", "<=", ">", ">="), _COMPARE),
    **dict.fromkeys(("+", "-"), _ADD),
    **dict.fromkeys(("*", "/", "%"), _MULTIPLY),
    "IN": _IN,
    "LIKE": _LIKE,
}
_FUNCTION_NAME = re.compile(r"[A-Za-z][A-Za-z_]*\Z")
_ESCAPED = {"'": re.compile(r"\\'"), '"': re.compile(r'\\"')}
_AN_OPERAND = "an attribute, a literal, a function or ("


class Parser:
    """Parses one text, once. `warnings` are sentences about what is legal but rarely meant."""

    def __init__(self, text: str) -> None:
        self.warnings: list[str] = []
        self._text = text
        self._tokens: list[Token] = []
        self._at = 0

    def parse(self) -> Node:
        """Raises ParseError."""
        if len(self._text) > MAX_LENGTH:
            raise ParseError(
                self._text, MAX_LENGTH, f"at most {MAX_LENGTH} characters", f"{len(self._text)}"
            )
        self._tokens = tokenize(self._text)
        node = self._expression(0, 1)
        self._take("end", "an operator or the end")
        return node

    # Tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _take(self, kind: str, expected: str) -> Token:
        if self._next.kind != kind:
            raise self._unexpected(expected)
        return self._advance()

    def _unexpected(self, expected: str) -> ParseError:
        if self._at and self._next.kind == self._tokens[self._at - 1].kind == "=":
            expected += "; equality is a single ="
        return ParseError(self._text, self._next.start, expected, self._next.shown)

    # Expressions

    def _expression(self, power: int, depth: int) -> Node:
        """As much as operators that bind tighter than `power` hold together."""
        self._check_depth(depth)
        begins_with_not = self._next.kind == "NOT"
        left = self._prefix(depth)
        while True:
            operator = self._operator()
            binding = _POWER.get(operator, 0)
            if binding <= power:
                return left
            if begins_with_not and isinstance(left, Not) and binding > _LOGIC:
                self._warn(
                    left.start,
                    f"NOT binds tighter than {operator}; write NOT (...) to negate the whole",
                )
            left = self._infix(left, operator, binding, depth)
            self._check_depth(left.depth)

    def _operator(self) -> str:
        """The operator that comes next; for NOT LIKE and NOT IN its second word."""
        kind = self._next.kind
        if kind == "NOT":
            after = self._tokens[self._at + 1].kind
            return after if after in ("LIKE", "IN") else kind
        return kind

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._unexpected(f"at most {MAX_DEPTH} levels")

    def _warn(self, position: int, sentence: str) -> None:
        line, column = place(self._text, position)
        self.warnings.append(f"line {line}, column {column}: {sentence}")

    def _prefix(self, depth: int) -> Node:
        token = self._advance()
        match token.kind:
            case "NOT":
                operand = self._expression(_PREFIX, depth + 1)
                return Not(token.start, operand.end, operand.depth + 1, operand)
            case "-" | "+" if self._is_number_after(token):
                return self._integer(token)
            case "-":
                operand = self._expression(_PREFIX, depth + 1)
                return Negate(token.start, operand.end, operand.depth + 1, operand)
            case "EXISTS":
                name = self._take("name", "the name of an attribute")
                self._check_name(name)
                return Exists(token.start, name.end, 1, name.text.lower())
            case "(":
                inner = self._expression(0, depth + 1)
                end = self._take(")", "an operator or )").end
                return replace(inner, start=token.start, end=end)
            case "integer":
                return self._integer(token)
            case "string":
                return Literal(token.start, token.end, 1, _unquoted(token.text))
            case "TRUE" | "FALSE":
                return Literal(token.start, token.end, 1, token.kind == "TRUE")
            case "name" if self._next.kind == "(":
                return self._call(token, depth)
            case "name":
                self._check_name(token)
                return Attribute(token.start, token.end, 1, token.text.lower())
        self._at -= 1
        raise self._unexpected(_AN_OPERAND)

    def _is_number_after(self, sign: Token) -> bool:
        return self._next.kind == "integer" and self._next.start == sign.end

    def _integer(self, token: Token) -> Node:
        digits = token if token.kind == "integer" else self._advance()
        sign = "" if digits is token else token.text
        # Without its leading zeros: int() refuses texts of thousands of digits.
        significant = digits.text.lstrip("0")
        number = int(f"{sign}0{significant}") if len(significant) <= 10 else 2**31
        if number not in INT32:
            raise ParseError(self._text, token.start, "a 32-bit integer", digits.shown)
        return Literal(token.start, digits.end, 1, number)

    def _check_name(self, token: Token) -> None:
        if "_" in token.text:
            raise ParseError(
                self._text, token.start, "a name of letters and digits only", token.shown
            )

    def _call(self, name: Token, depth: int) -> Node:
        if _FUNCTION_NAME.match(name.text) is None:
            raise ParseError(
                self._text, name.start, "a function name of letters and underscores", name.shown
            )
        self._take("(", "(")
        arguments: tuple[Node, ...] = ()
        if self._next.kind != ")":
            arguments = self._list(depth)
        end = self._take(")", "a comma or )").end
        return Call(name.start, end, _over(*arguments), name.text.upper(), arguments)

    def _list(self, depth: int) -> tuple[Node, ...]:
        found = [self._expression(0, depth + 1)]
        while self._next.kind == ",":
            self._advance()
            found.append(self._expression(0, depth + 1))
        return tuple(found)

    def _infix(self, left: Node, operator: str, binding: int, depth: int) -> Node:
        if binding == _LOGIC:
            return self._logic(left, depth)
        negated = self._advance().kind == "NOT"
        if negated:
            self._advance()
        if operator == "LIKE":
            pattern = self._take("string", "a pattern in quotes")
            return Like(
                left.start, pattern.end, _over(left), left, _unquoted(pattern.text), negated
            )
        if operator == "IN":
            self._take("(", "(")
            items = self._list(depth)
            end = self._take(")", "a comma or )").end
            return In(left.start, end, _over(left, *items), left, items, negated)
        right = self._expression(binding, depth + 1)
        kind = Compare if binding == _COMPARE else Math
        return kind(left.start, right.end, _over(left, right), operator, left, right)

    def _logic(self, left: Node, depth: int) -> Node:
        first = self._next
        terms, operators = [left], []
        while _POWER.get(self._next.kind) == _LOGIC:
            operators.append(self._advance().kind)
            terms.append(self._expression(_LOGIC, depth + 1))
        if len(set(operators)) > 1:
            self._warn(
                first.start,
                f"{' and '.join(dict.fromkeys(operators))} are mixed without parentheses; they "
                "bind to the right: a AND b OR c means a AND (b OR c)",
            )
        return Logic(left.start, terms[-1].end, _over(*terms), tuple(operators), tuple(terms))


def _over(*children: Node) -> int:
    return 1 + max((child.depth for child in children), default=0)


def _unquoted(text: str) -> str:
    """Only the quote that delimits a string can be escaped; every other backslash stays."""
    return _ESCAPED[text[0]].sub(text[0], text[1:-1])
