"""Text → tokens. Keywords are known in any case; a name stays as it was written."""

import re
from typing import NamedTuple

from poplin.filters.cesql.errors import ParseError

__all__ = ["Token", "tokenize"]

_KEYWORDS = frozenset({"AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"})
_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"""(?P<word>[A-Za-z0-9_]+)
      | (?P<string>'(?:\\.|[^'\\])*' | "(?:\\.|[^"\\])*")
      | (?P<sign><=|>=|<>|!=|[=<>+\-*/%(),])""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind` is a keyword in capitals, a sign, or one of integer, string, name and end."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def shown(self) -> str:
        if self.kind == "end":
            return "the end"
        return ascii(self.text if len(self.text) <= 40 else self.text[:37] + "...")


def tokenize(text: str) -> list[Token]:
    """The last token is the end. Raises ParseError."""
    found: list[Token] = []
    position = _space(text, 0)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unknown(text, position)
        found.append(Token(_kind(match), match.group(), position))
        if found[-1].kind == "string" and match.end() < len(text) and text[match.end()] in "'\"":
            raise ParseError(
                text, match.end(), "an operator; a quote inside a string is written \\'", "a quote"
            )
        position = _space(text, match.end())
    return [*found, Token("end", "", len(text))]


def _space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _kind(match: re.Match[str]) -> str:
    text = match.group()
    if match.lastgroup == "sign":
        return text
    if match.lastgroup == "string":
        return "string"
    if text.isdigit():
        return "integer"
    upper = text.upper()
    return upper if upper in _KEYWORDS else "name"


def _unknown(text: str, position: int) -> ParseError:
    character = text[position]
    if character in "'\"":
        return ParseError(text, position, f"a closing {character}", "the end")
    expected = "an expression or an operator"
    if character == ".":
        expected += "; names have no dots, and data cannot be seen"
    return ParseError(text, position, expected, ascii(character))
