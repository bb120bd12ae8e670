"""Requests that parsers disagree on, each with what becomes of it here. Sections are RFC 9112's.

`refused` ends the connection: nothing that follows is read. `served` leaves it usable.
"""

from typing import NamedTuple

__all__ = ["CASES", "FOLLOWING", "Case", "post"]

EVENT = (b"ce-specversion: 1.0", b"ce-id: case", b"ce-source: /s", b"ce-type: hostile")
HOST = b"Host: h"
CHUNKED = b"Transfer-Encoding: chunked"
NOTHING = b"0\r\n\r\n"


class Case(NamedTuple):
    section: str
    name: str
    sent: bytes
    statuses: tuple[int, ...]
    """Of its answers; none is for the request that follows."""
    events: int
    closes: bool
    """And what follows on the connection is not served."""


def post(*lines: bytes, body: bytes = b"", first: bytes = b"POST /default/main HTTP/1.1") -> bytes:
    return b"\r\n".join([first, *EVENT, *lines, b"", body])


HIDDEN = post(HOST, b"Content-Length: 0")
FOLLOWING = post(HOST, b"Connection: close", b"Content-Length: 0")


def refused(section: str, name: str, sent: bytes, status: int = 400) -> Case:
    return Case(section, name, sent, (status,), 0, closes=True)


def served(section: str, name: str, sent: bytes) -> Case:
    return Case(section, name, sent, (202,), 1, closes=False)


def answered(section: str, name: str, sent: bytes, status: int, *, closes: bool = False) -> Case:
    """Understood and not taken: 2xx without an event, or an ordinary refusal."""
    return Case(section, name, sent, (status,), 0, closes=closes)


def hides(first: bytes, *, chunk: bytes = NOTHING) -> bytes:
    """Lengths that contradict each other: by one of them the body is a request."""
    length = b"Content-Length: %d" % (len(chunk) + len(HIDDEN))
    return post(HOST, *first.replace(b"CL", length).split(b"|"), body=chunk + HIDDEN)


def coded(value: bytes) -> bytes:
    """By the coding the body is empty; for who does not know it, a request comes next."""
    return post(HOST, b"Transfer-Encoding:" + value, body=NOTHING)


def sized(value: bytes) -> bytes:
    return post(HOST, b"Content-Length:" + value, body=b"hi")


def chunks(body: bytes, *lines: bytes) -> bytes:
    return post(HOST, CHUNKED, *lines, body=body)


def target(text: bytes, *lines: bytes, method: bytes = b"POST") -> bytes:
    return post(HOST, *lines, b"Content-Length: 0", first=method + b" " + text + b" HTTP/1.1")


def line(text: bytes) -> bytes:
    return post(HOST, text, b"Content-Length: 0")


_LENGTHS = (
    refused("6.3", "both, length first", hides(b"CL|Transfer-Encoding: chunked")),
    refused("6.3", "both, coding first", hides(b"Transfer-Encoding: chunked|CL")),
    refused("6.3", "both, length 0", hides(b"Content-Length: 0|Transfer-Encoding: chunked")),
    refused("6.3", "both, other coding", hides(b"CL|Transfer-Encoding: xchunked")),
    refused("6.3", "both, upper case", hides(b"CONTENT-LENGTH: 5|TRANSFER-ENCODING: CHUNKED")),
    refused("6.3", "both, identity", hides(b"CL|Transfer-Encoding: identity")),
    refused("6.3", "both, coding twice", hides(b"Transfer-Encoding: chunked|CL|" + CHUNKED)),
    refused("6.3", "both, folded", hides(b"CL|Transfer-Encoding:\r\n chunked")),
    refused("5.1", "both, space before colon", hides(b"CL|Transfer-Encoding : chunked")),
    refused("5.1", "both, tab before colon", hides(b"CL|Transfer-Encoding\t: chunked")),
    refused("6.3", "both, in 1.0", post(
        b"Content-Length: 5", CHUNKED, first=b"POST /default/main HTTP/1.0", body=NOTHING)),
    refused("6.3", "twice, equal", post(HOST, *[b"Content-Length: 2"] * 2, body=b"hi")),
    refused("6.3", "twice, different", post(
        HOST, b"Content-Length: 0", b"Content-Length: %d" % len(HIDDEN), body=HIDDEN)),
    refused("6.3", "list of equals", sized(b" 2, 2")),
    refused("6.3", "list", sized(b" 2,3")),
    refused("6.2", "plus", sized(b" +2")),
    refused("6.2", "minus", sized(b" -2")),
    refused("6.2", "hexadecimal", sized(b" 0x2")),
    refused("6.2", "fraction", sized(b" 2.0")),
    refused("6.2", "exponent", sized(b" 2e0")),
    refused("6.2", "underscore", sized(b" 0_2")),
    refused("6.2", "two numbers", sized(b" 2 2")),
    refused("6.2", "quoted", sized(b' "2"')),
    refused("6.2", "empty", sized(b"")),
    refused("6.2", "blank", sized(b"  ")),
    refused("6.2", "Arabic digit", sized(b" \xd9\xa2")),
    refused("6.2", "NUL", sized(b" 2\x00")),
    refused("6.2", "beyond 64 bits", sized(b" 18446744073709551616")),
    refused("6.2", "wraps to 2", sized(b" 18446744073709551618")),
    refused("6.2", "4,000 digits", sized(b" " + b"9" * 4000)),
    refused("6.2", "10^12, of which 2 come", sized(b" 1000000000000"), 413),
    served("5.1", "white space around", sized(b" \t2\t ")),
    served("6.2", "leading zeros", sized(b" 002")),
    served("6.3", "none: no body", post(HOST)),
    served("9.6", "named by Connection", post(
        HOST, b"Connection: content-length", b"Content-Length: 2", body=b"hi")),
    served("5.1", "an underscore is another name", post(
        HOST, b"Content_Length: 99", b"Content-Length: 2", body=b"hi")),
    served("6.3", "the body is a request", post(
        HOST, b"Content-Length: %d" % len(HIDDEN), body=HIDDEN)),
    Case("9.3", "two requests", HIDDEN + HIDDEN, (202, 202), 2, closes=False),
    Case("6.3", "more than was said", post(HOST, b"Content-Length: 2", body=b"hi there"),
         (202, 400), 1, closes=True),
)  # fmt: skip

_CODINGS = (
    served("6.1", "chunked", coded(b" chunked")),
    served("7", "any case", coded(b" ChUnKeD")),
    served("5.1", "no space", coded(b"chunked")),
    served("5.1", "tab before", coded(b"\tchunked ")),
    refused("5.1", "tab behind", coded(b" chunked\t")),  # stricter than need be
    refused("6.1", "unknown", coded(b" xchunked"), 501),
    refused("6.1", "unknown last", coded(b" chunked, x"), 400),
    refused("6.1", "gzip", coded(b" gzip"), 501),
    refused("6.1", "gzip, chunked", coded(b" gzip, chunked"), 501),
    refused("6.1", "identity", coded(b" identity"), 501),
    refused("6.1", "identity, chunked", coded(b" identity, chunked"), 501),
    refused("6.1", "chunked, identity", coded(b" chunked, identity")),
    refused("6.1", "chunked, chunked", coded(b" chunked, chunked")),
    refused("6.1", "twice", coded(b" chunked\r\nTransfer-Encoding: chunked")),
    refused("6.1", "and identity", coded(b" chunked\r\nTransfer-Encoding: identity")),
    refused("6.1", "identity and", coded(b" identity\r\nTransfer-Encoding: chunked"), 501),
    refused("6.1", "quoted", coded(b' "chunked"'), 501),
    refused("6.1", "with a parameter", coded(b" chunked;q=1"), 501),
    refused("6.1", "empty element", coded(b" ,chunked"), 501),
    refused("6.1", "one word too many", coded(b" chunked x"), 501),
    refused("6.1", "empty", coded(b"")),
    refused("5.5", "vertical tab", coded(b" \x0bchunked")),
    refused("5.5", "form feed", coded(b" \x0cchunked")),
    refused("5.5", "NUL", coded(b" chunked\x00")),
    refused("6.1", "non-breaking space", coded(b" \xa0chunked"), 501),
    refused("6.1", "in 1.0", post(CHUNKED, first=b"POST /default/main HTTP/1.0", body=NOTHING)),
    refused("6.1", "in 1.0, kept alive", post(
        CHUNKED, b"Connection: keep-alive", first=b"POST /default/main HTTP/1.0", body=NOTHING)),
    refused("5.1", "name with a dot", hides(b"CL|Transfer.Encoding\x00: chunked")),
    served("5.1", "another name", post(HOST, b"X-Transfer-Encoding: chunked")),
    refused("6.1", "content coding", post(HOST, b"Content-Encoding: gzip"), 415),
    served("6.1", "content coding identity", post(HOST, b"Content-Encoding: identity")),
)  # fmt: skip

_CHUNKS = (
    served("7.1", "one", chunks(b"2\r\nhi\r\n0\r\n\r\n")),
    served("7.1", "zeros before", chunks(b"0002\r\nhi\r\n000\r\n\r\n")),
    served("7.1", "a chunk is a request", chunks(b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN))),
    served("7.1.1", "extension", chunks(b"2;a=b;c\r\nhi\r\n0;d\r\n\r\n")),
    served("7.1.1", "quoted extension", chunks(b'2;a="b;c"\r\nhi\r\n0\r\n\r\n')),
    served("7.1.1", "extension of 10 KB", chunks(b"2;" + b"a" * 10_000 + b"\r\nhi\r\n0\r\n\r\n")),
    refused("7.1.1", "line feed in an extension", chunks(b"2;a\nb\r\nhi\r\n0\r\n\r\n")),
    refused("7.1.1", "carriage return in an extension", chunks(b"2;a\rb\r\nhi\r\n0\r\n\r\n")),
    refused("7.1.1", "request in an extension", chunks(b"0;\n" + HIDDEN)),
    refused("7.1", "0x", chunks(b"0x2\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "space before", chunks(b" 2\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "space behind", chunks(b"2 \r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "plus", chunks(b"+2\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "minus", chunks(b"-2\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "underscore", chunks(b"0_2\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "no hexadecimal", chunks(b"2g\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "empty", chunks(b"\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "17 digits", chunks(b"FFFFFFFFFFFFFFFFF\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "wraps to 2", chunks(b"10000000000000002\r\nhi\r\n0\r\n\r\n")),
    refused("7.1", "no end", chunks(b"2\r\nhi0\r\n\r\n")),
    refused("7.1", "longer than it says", chunks(b"2\r\nhi!!\r\n0\r\n\r\n")),
    refused("7.1", "line feeds only", chunks(b"2\nhi\n0\n\n")),
    refused("7.1", "line feed behind the size", chunks(b"2\nhi\r\n0\r\n\r\n")),
    refused("7.1", "line feed behind the data", chunks(b"2\r\nhi\n0\r\n\r\n")),
    refused("7.1", "line feed behind the last", chunks(b"2\r\nhi\r\n0\n\r\n")),
    refused("7.1", "line feed at the end", chunks(b"2\r\nhi\r\n0\r\n\n")),
    refused("7.1", "carriage return behind the size", chunks(b"2\rhi\r\n0\r\n\r\n")),
    served("7.1.2", "trailers are left out", chunks(b"0\r\nce-id: other\r\nhost: x\r\n\r\n")),
    served("7.1.2", "2,000 trailers", chunks(b"0\r\n" + b"a: b\r\n" * 2000 + b"\r\n")),
    refused("7.1.2", "trailer Content-Length", chunks(b"0\r\nContent-Length: 9\r\n\r\n")),
    refused("7.1.2", "trailer Transfer-Encoding", chunks(b"0\r\n" + CHUNKED + b"\r\n\r\n")),
    refused("7.1.2", "trailer without a colon", chunks(b"0\r\nbad\r\n\r\n")),
    refused("7.1.2", "trailer of 1 MB", chunks(b"0\r\nx: " + b"y" * 1_000_000), 431),
)  # fmt: skip

_LINES = (
    refused("2.2", "line feeds only", FOLLOWING.replace(b"\r\n", b"\n")),
    refused("2.2", "one line feed", post(HOST, b"x: y\nz: a")),
    refused("2.2", "line feed behind the request line", post(
        HOST, first=b"POST /default/main HTTP/1.1\nx: y")),
    refused("2.2", "line feed at the end", post(HOST)[:-2] + b"\n"),
    refused("2.2", "carriage return in a value", line(b"x: a\rb")),
    refused("2.2", "carriage return for a line end", line(b"x: a\rTransfer-Encoding: chunked")),
    refused("2.2", "two carriage returns", line(b"x: a\r")),
    refused("2.2", "text before", b"x" + FOLLOWING),
    refused("2.2", "space before", b" " + FOLLOWING),
    refused("2.2", "NUL before", b"\x00" + FOLLOWING),
    refused("2.2", "white space before the first header", post(
        HOST, first=b"POST /default/main HTTP/1.1\r\n x: y")),
    served("2.2", "empty lines before", b"\r\n\r\n" + HIDDEN),
    refused("5.2", "folded value", line(b"x: a\r\n b")),
    refused("5.2", "folded by a tab", line(b"x: a\r\n\tb")),
    refused("5.2", "folded, empty", line(b"x:\r\n ")),
    refused("5.2", "folded name", line(b"x\r\n : y")),
    refused("5.1", "space before the colon", line(b"x : y")),
    refused("5.1", "tab before the colon", line(b"x\t: y")),
    refused("5.1", "space in a name", line(b"x y: z")),
    refused("5.1", "no name", line(b": y")),
    refused("5.1", "no colon", line(b"xyz")),
    refused("5.1", "NUL in a name", line(b"x\x00: y")),
    refused("5.1", "control character in a name", line(b"x\x01: y")),
    refused("5.1", "DEL in a name", line(b"x\x7f: y")),
    refused("5.1", "UTF-8 in a name", line("\u00e4: y".encode())),
    refused("5.1", "separator in a name", line(b"x(y): z")),
    refused("5.5", "NUL in a value", line(b"x: a\x00b")),
    refused("5.5", "control character in a value", line(b"x: a\x01b")),
    refused("5.5", "escape in a value", line(b"x: \x1b[2J")),
    refused("5.5", "DEL in a value", line(b"x: a\x7fb")),
    refused("5.5", "vertical tab in a value", line(b"x: a\x0bb")),
    refused("5.5", "NUL in an attribute", line(b"ce-x: a\x00b")),
    served("5.5", "tab in a value", line(b"x: a\tb")),
    served("5.5", "UTF-8 in a value", line("x: \u00e4".encode())),
    served("5.5", "latin-1 in a value", line(b"x: \xe4")),
    served("5.1", "empty value", line(b"x:")),
    refused("5.4", "20,000 headers", post(HOST, *[b"a: b"] * 20_000), 431),
    refused("5.4", "1,500 headers", post(HOST, *[b"a: b"] * 1_500), 431),
    served("5.4", "900 headers", post(HOST, *[b"a: b"] * 900)),
    refused("5.4", "value of 1 MB", line(b"x: " + b"y" * 1_000_000), 431),
    refused("5.4", "name of 1 MB", line(b"x" * 1_000_000 + b": y"), 431),
    refused("5.4", "200 KB in lines of 1 KB", post(HOST, *[b"x: " + b"y" * 1000] * 200), 431),
)  # fmt: skip

_HOSTS = (
    refused("3.2", "none", post()),
    refused("3.2", "two, equal", post(HOST, HOST)),
    refused("3.2", "two, different", post(HOST, b"Host: other")),
    refused("3.2", "two, one empty", post(b"Host:", HOST)),
    refused("3.2", "space inside", post(b"Host: a b")),
    refused("3.2", "path", post(b"Host: h/x")),
    refused("3.2", "user", post(b"Host: u@h")),
    refused("3.2", "query", post(b"Host: h?x")),
    refused("3.2", "list", post(b"Host: a, b")),
    refused("3.2", "scheme", post(b"Host: http://h")),
    refused("3.2", "port in letters", post(b"Host: h:http")),
    refused("3.2", "two ports", post(b"Host: h:1:2")),
    refused("3.2", "UTF-8", post("Host: \u00e4".encode())),
    refused("3.2", "open bracket", post(b"Host: [::1")),
    refused("3.2", "quotes", post(b'Host: "h"')),
    refused("3.2", "none, absolute form", post(first=b"POST http://h/default/main HTTP/1.1")),
    served("3.2", "empty", post(b"Host:")),
    served("3.2", "with a port", post(b"Host: h:8080")),
    served("3.2", "IPv4", post(b"Host: 127.0.0.1:8080")),
    served("3.2", "IPv6", post(b"Host: [::1]:8080")),
    served("3.2", "underscore", post(b"Host: a_b.default.svc")),
    served("3.2", "tab around", post(b"Host:\th\t")),
)

_TARGETS = (
    served("3.2.2", "absolute form", target(b"http://h/default/main")),
    served("3.2.2", "absolute form, other host", target(b"http://other:1/default/main")),
    served("3.2.2", "absolute form, other scheme", target(b"coap://h/default/main")),
    answered("3.2.2", "absolute form without a path", target(b"http://h"), 400),
    answered("3.2.2", "absolute form, path in the query", target(b"http://h?/default/main"), 400),
    refused("3.2.3", "authority form", target(b"h:80")),
    refused("3.2.3", "CONNECT", target(b"h:80", method=b"CONNECT"), 405),
    answered("3.2.4", "asterisk form", target(b"*"), 400),
    answered("3.2.4", "asterisk before a path", target(b"*default/main"), 400),
    answered("3.2.4", "asterisk for OPTIONS", target(b"*", method=b"OPTIONS"), 200),
    refused("3.2", "no slash", target(b"default/main")),
    refused("3.2", "NUL", target(b"/default/main\x00")),
    refused("3.2", "control character", target(b"/default/main\x01")),
    refused("3.2", "DEL", target(b"/default/main\x7f")),
    refused("3.2", "UTF-8", target("/default/\u00e4".encode())),
    refused("3", "space inside", target(b"/default/main /x")),
    refused("3", "tabs for spaces", post(HOST, first=b"POST\t/default/main\tHTTP/1.1")),
    refused("3", "carriage return", target(b"/default/main\rx")),
    refused("3", "none", post(HOST, first=b"POST HTTP/1.1")),
    served("3", "two spaces", post(HOST, first=b"POST  /default/main  HTTP/1.1")),
    answered("3.2", "two slashes", target(b"//default/main"), 400),
    answered("3.2", "dots", target(b"/x/../default/main"), 400),
    answered("3.2", "query", target(b"/default/main?x"), 404),
    answered("3.2", "fragment", target(b"/default/main#x"), 404),
    refused("3", "9 KB", target(b"/default/" + b"a" * 9_000), 414),
    refused("3", "1 MB", target(b"/default/" + b"a" * 1_000_000), 414),
)

_STARTS = (
    refused("2.3", "0.9", b"POST /default/main\r\n\r\n", 505),
    refused("2.3", "0.9, said", post(HOST, first=b"POST /default/main HTTP/0.9"), 505),
    Case("2.3", "1.0", post(first=b"POST /default/main HTTP/1.0"), (202,), 1, closes=True),
    served("2.3", "1.0, kept alive", post(
        b"Connection: keep-alive", first=b"POST /default/main HTTP/1.0")),
    refused("2.3", "1.0, two hosts", post(HOST, HOST, first=b"POST /default/main HTTP/1.0")),
    refused("2.3", "1.2", post(HOST, first=b"POST /default/main HTTP/1.2")),
    refused("2.3", "1.10", post(HOST, first=b"POST /default/main HTTP/1.10")),
    refused("2.3", "01.1", post(HOST, first=b"POST /default/main HTTP/01.1")),
    refused("2.3", "2.0", post(HOST, first=b"POST /default/main HTTP/2.0"), 505),
    refused("2.3", "2.0, kept alive", post(
        HOST, b"Connection: keep-alive", first=b"POST /default/main HTTP/2.0"), 505),
    Case("2.3", "2.0 behind 1.1", HIDDEN + post(HOST, first=b"POST /default/main HTTP/2.0"),
         (202, 505), 1, closes=True),
    Case("2.3", "2.0 behind 1.1, kept alive", HIDDEN + post(
         HOST, b"Connection: keep-alive", first=b"POST /default/main HTTP/2.0"),
         (202, 505), 1, closes=True),
    Case("6.1", "1.0 behind 1.1, chunked", HIDDEN + post(
         HOST, CHUNKED, first=b"POST /default/main HTTP/1.0", body=NOTHING),
         (202, 400), 1, closes=True),
    refused("2.3", "9.9", post(HOST, first=b"POST /default/main HTTP/9.9")),
    refused("2.3", "lower case", post(HOST, first=b"POST /default/main http/1.1")),
    refused("2.3", "other protocol", post(HOST, first=b"POST /default/main HTCPCP/1.0")),
    refused("2.3", "preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    refused("2.3", "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32),
    refused("3.1", "lower-case method", post(HOST, first=b"post /default/main HTTP/1.1")),
    refused("3.1", "mixed-case method", post(HOST, first=b"Post /default/main HTTP/1.1")),
    refused("3.1", "unknown method", post(HOST, first=b"POSTS /default/main HTTP/1.1")),
    refused("3.1", "sign in the method", post(HOST, first=b"P@ST /default/main HTTP/1.1")),
    refused("3.1", "NUL in the method", post(HOST, first=b"PO\x00ST /default/main HTTP/1.1")),
    refused("3.1", "no method", post(HOST, first=b" /default/main HTTP/1.1")),
    answered("3.1", "GET with a body", post(
        HOST, b"Content-Length: %d" % len(HIDDEN), first=b"GET /default/main HTTP/1.1",
        body=HIDDEN), 405),
    answered("3.1", "method of WebDAV", post(HOST, first=b"PROPFIND /default/main HTTP/1.1"), 405),
)  # fmt: skip

_CONNECTIONS = (
    answered("9.6", "nothing behind close", post(
        HOST, b"Connection: close", first=b"GET /default/main HTTP/1.1"), 405, closes=True),
    Case("9.6", "nothing behind close, taken", post(HOST, b"Connection: close"),
         (202,), 1, closes=True),
    Case("9.6", "close in a list", post(HOST, b"Connection: x, Close"), (202,), 1, closes=True),
    served("9.9", "a wish for HTTP/2 is not granted", post(
        HOST, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAA",
        b"Content-Length: %d" % len(HIDDEN), body=HIDDEN)),
    served("9.9", "nor in chunks", chunks(
        b"2\r\nhi\r\n0\r\n\r\n", b"Connection: upgrade", b"Upgrade: h2c")),
    answered("9.9", "nor for a websocket", post(
        HOST, b"Connection: Upgrade", b"Upgrade: websocket", first=b"GET / HTTP/1.1"), 405),
    refused("6.3", "nor with two lengths", hides(
        b"Connection: upgrade|Upgrade: h2c|CL|Transfer-Encoding: chunked")),
    Case("9.3", "continue", post(HOST, b"Expect: 100-continue", b"Content-Length: 2", body=b"hi"),
         (100, 202), 1, closes=False),
    Case("9.3", "continue, any case", post(
        HOST, b"Expect: 100-Continue", b"Content-Length: 2", body=b"hi"),
        (100, 202), 1, closes=False),
    served("9.3", "another expectation", post(HOST, b"Expect: x", b"Content-Length: 0")),
    served("9.3", "no interim answer in 1.0", post(
        b"Expect: 100-continue", b"Connection: keep-alive", b"Content-Length: 2", body=b"hi",
        first=b"POST /default/main HTTP/1.0")),
    refused("9.3", "continue with too much", post(
        HOST, b"Expect: 100-continue", b"Content-Length: 2000000"), 413),
    Case("9.3", "refused behind one that waits", HIDDEN + post(HOST, HOST), (202, 400), 1,
         closes=True),
    Case("9.3", "nonsense behind one that waits", HIDDEN + b"\x00", (202, 400), 1, closes=True),
    Case("9.3", "refused behind one refused", post(HOST, b"ce-X-: 1") + post(HOST, HOST),
         (400, 400), 0, closes=True),
)  # fmt: skip

CASES = (*_LENGTHS, *_CODINGS, *_CHUNKS, *_LINES, *_HOSTS, *_TARGETS, *_STARTS, *_CONNECTIONS)
