"""From bytes to one bounded answer: no connection, no clock."""

import httptools
import msgspec

from poplin.errors import BrokenAnswerError
from poplin.sender.limits import Limits

__all__ = ["PARSER_ERRORS", "Answer", "AnswerReader"]

PARSER_ERRORS = (httptools.HttpParserError, httptools.HttpParserUpgrade)

_MOST_INTERIM = 16
_LINE_OVERHEAD = len(b": \r\n")
_STATUS_LINE_BYTES = 1024
_BYTES_PER_BODY_BYTE = 8
"""A chunk of one byte takes six; whoever sends more around its data wants to keep us busy."""


class Answer(msgspec.Struct, frozen=True):
    """Header names are lower-case; the body is as it came, never unpacked."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class _OutOfBoundsError(Exception):
    """Stops the parser in the middle of what it was fed; its text is the reason."""


class AnswerReader:
    """Reads one answer after the other from a connection; `begin` before each.

    The parser is kept from answer to answer, so a reader is used again only when the last
    answer left it clean: `is_reusable`.
    """

    def __init__(self, limits: Limits, peer: str) -> None:
        self._limits = limits
        self._peer = peer
        self._most_bytes = (
            _BYTES_PER_BODY_BYTE * limits.max_body_bytes + 2 * limits.max_header_bytes
        )
        self._parser = httptools.HttpResponseParser(self)
        self._most_body = 0
        self.begin()

    def begin(self) -> None:
        """Expect the answer to a new request."""
        self.is_reusable = False
        self._answer: Answer | None = None
        self._interim = 0
        self._fruitless = 0
        self._received = 0
        self._begin_message()

    def feed(self, data: bytes) -> Answer | None:
        """The answer once it is complete. Raises BrokenAnswerError."""
        # Lines without end reach no callback: the parser gathers them, or swallows them
        # (status text, chunk extensions). So what yields nothing is counted here.
        self._fruitless += len(data)
        try:
            self._parser.feed_data(data)
        except PARSER_ERRORS as error:
            if self._answer is None:
                raise self._broken(error) from error
            # The answer is whole; what follows it was not asked for.
            self.is_reusable = False
        if self._answer is None:
            self._check_progress(len(data))
        return self._answer

    def end(self) -> Answer | None:
        """The peer closed: the answer, if this is how it ends (RFC 9112, 6.3, rule 8)."""
        if self._answer is None and self._in_body and not self._is_framed:
            self._finish()
        return self._answer

    def progress(self) -> str:
        """How far the answer came, for an error's text."""
        if self._in_body:
            return f"after {len(self._body)} bytes of an answer with status {self._status}"
        return "within the head of its answer" if self._has_begun else "before it answered"

    def _check_progress(self, more: int) -> None:
        if self._fruitless > self._limits.max_header_bytes + _STATUS_LINE_BYTES:
            raise BrokenAnswerError(f"{self._peer} sends more header bytes than allowed")
        self._received += more
        if self._received > self._most_bytes:
            raise BrokenAnswerError(f"{self._peer} sends more bytes around its body than allowed")

    # httptools

    def on_message_begin(self) -> None:
        if self._answer is not None:
            raise _OutOfBoundsError("bytes after the answer")
        self._has_begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_count += 1
        self._header_bytes += len(name) + len(value) + _LINE_OVERHEAD
        if self._header_bytes > self._limits.max_header_bytes:
            raise _OutOfBoundsError("more header bytes than allowed")
        if self._header_count > self._limits.max_header_count:
            raise _OutOfBoundsError("more headers than allowed")
        if self._in_body:
            return  # a trailer
        name = name.lower()
        value = value.rstrip(b" \t")
        self._headers.append((name, value))
        if name == b"content-length":
            self._is_framed = True
        elif name == b"transfer-encoding":
            self._is_framed = True
            if value.lower() != b"chunked":
                raise _OutOfBoundsError("a transfer encoding other than chunked")

    def on_headers_complete(self) -> None:
        self._fruitless = 0
        self._status = self._parser.get_status_code()
        if self._status >= 200:
            self._in_body = True
            self._header_count = self._header_bytes = 0
        elif self._status == 101:
            raise _OutOfBoundsError("a switch of protocols")
        elif self._status < 100:
            raise _OutOfBoundsError("a status below 100")

    def on_body(self, part: bytes) -> None:
        self._fruitless = 0
        if len(self._body) + len(part) > self._most_body:
            self._go_on_beyond(part)
        self._body += part

    def _go_on_beyond(self, part: bytes) -> None:
        """There is enough; more of it is read only if it is of use."""
        limits = self._limits
        if self._most_body == limits.enough_body_bytes:
            if not limits.needs_more(self._status, self._headers):
                self._body += part[: self._most_body - len(self._body)]
                self._finish()
                raise _OutOfBoundsError("more than anybody needs")  # it ends the parsing only
            self._most_body = limits.max_body_bytes
        if len(self._body) + len(part) > limits.max_body_bytes:
            raise _OutOfBoundsError(f"more than {limits.max_body_bytes} bytes of body")

    def on_message_complete(self) -> None:
        if self._in_body:
            self._finish()
            self.is_reusable = self._parser.should_keep_alive()
            return
        self._interim += 1
        if self._interim > _MOST_INTERIM:
            raise _OutOfBoundsError(f"more than {_MOST_INTERIM} interim answers")
        self._begin_message()

    def _begin_message(self) -> None:
        self._has_begun = self._in_body = self._is_framed = False
        self._status = self._header_count = self._header_bytes = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        limits = self._limits
        self._most_body = min(limits.enough_body_bytes, limits.max_body_bytes)

    def _finish(self) -> None:
        self._answer = Answer(self._status, self._headers, bytes(self._body))

    def _broken(self, error: Exception) -> BrokenAnswerError:
        if isinstance(error.__context__, _OutOfBoundsError):
            return BrokenAnswerError(f"{self._peer} sends {error.__context__}")
        return BrokenAnswerError(f"{self._peer} does not answer in HTTP/1.1: {error}")
