"""What a subscriber may answer, and what then becomes of the event: one row for each.

Every trigger makes at most two attempts of 0.8 s. An answer that never comes to be counts as 500.
"""

import asyncio
import gzip
from dataclasses import dataclass

from tests.sender.hostile import CHUNKED, OK, Act, Wire, answers, says

__all__ = ["Case", "Fate", "SecondAnswers", "cases"]

MEBIBYTE = 1024 * 1024
BOMB = gzip.compress(bytes(100 * MEBIBYTE), 9)
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"
HUGE = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
CE = b"ce-specversion: 1.0\r\nce-source: /hostile\r\nce-type: test.reply\r\n"


@dataclass(frozen=True, slots=True)
class Fate:
    """Settled where `status` is 0; else kept as a dead letter, with `reason` within its reason."""

    attempts: int = 1
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    act: Act
    fate: Fate


SETTLED = Fate()


def broken(reason: str) -> Fate:
    return Fate(2, 500, reason)


def refused(reason: str) -> Fate:
    return Fate(2, 502, reason)


def answered(status: int, attempts: int) -> Fate:
    return Fate(attempts, status, f"answered {status}")


# Acts


def streams(before: bytes, endless: bytes) -> Act:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        await wire.repeat(endless)

    return act


def drips(before: bytes, drop: bytes) -> Act:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        while True:
            await wire.say(drop)
            await asyncio.sleep(0.05)

    return act


def stalls(before: bytes) -> Act:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        await wire.hang()

    return act


def resets(before: bytes) -> Act:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        wire.reset()

    return act


async def answers_unread(wire: Wire) -> None:
    """The whole answer after the head; the body stays where it is."""
    await wire.head()
    await wire.say(OK)


async def closes_at_once(wire: Wire) -> None:
    wire.close()


class SecondAnswers:
    """Each request gets its answer and then a failure that nobody asked for.

    `requests` counts them by connection: one each, or an answer was taken for the next request's.
    """

    def __init__(self, first: bytes, pause_s: float) -> None:
        self._first = first
        self._pause_s = pause_s
        self.requests: list[int] = []

    async def __call__(self, wire: Wire) -> None:
        place = len(self.requests)
        self.requests.append(0)
        while True:
            await wire.request()
            self.requests[place] += 1
            await wire.say(self._first)
            await asyncio.sleep(self._pause_s)
            await wire.say(b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")


# Answers


def status(code: int, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d X\r\n%bcontent-length: 0\r\n\r\n" % (code, extra)


def reply(extra: bytes = b"", body: bytes = b"{}", head: bytes = CE + b"ce-id: r\r\n") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%b%bcontent-length: %d\r\n\r\n%b" % (head, extra, len(body), body)


def structured(body: bytes, kind: bytes = b"cloudevents+json") -> bytes:
    return reply(b"content-type: application/%b\r\n" % kind, body, head=b"")


def in_json(extra: bytes) -> bytes:
    return structured(
        b'{"specversion":"1.0","id":"r","source":"/hostile","type":"test.reply",%b}' % extra
    )


def retry_later(value: bytes) -> bytes:
    return status(503, b"retry-after: %b\r\n" % value)


_TOO_MUCH = "more than 1048576 bytes of body"
_TOO_LARGE_A_HEAD = "more header bytes than allowed"
_NO_HTTP = "does not answer in HTTP/1.1"
_TIME_IS_UP = "was not done in 0.8 s"
_MALFORMED = "malformed reply"


def _begin_reply(head: bytes) -> bytes:
    """The head of an event, in place of one that is none."""
    return head.removesuffix(b"\r\n") + CE + b"ce-id: r\r\n\r\n"


_SIZES = [
    # Of what is no reply the status says all: the rest is not waited for.
    Case("endless-answer", streams(UNTIL_CLOSE, b"x" * 65536), SETTLED),
    Case("huge-reply", streams(_begin_reply(HUGE), b"x" * 65536), broken(_TOO_MUCH)),
    Case("endless-reply", streams(_begin_reply(UNTIL_CLOSE), b"x" * 65536), broken(_TOO_MUCH)),
    Case("endless-chunks", streams(_begin_reply(CHUNKED), b"1\r\nx\r\n" * 9999), broken(_TOO_MUCH)),
    Case("reply-one-too-large", says(reply(body=bytes(MEBIBYTE + 1))), broken(_TOO_MUCH)),
    Case("largest-reply", says(reply(body=bytes(MEBIBYTE))), SETTLED),
    Case("endless-headers", streams(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 99), broken("headers")),
    Case("20k-headers", says(status(200, b"x: y\r\n" * 20_000)), broken("more headers than")),
    Case("endless-header", streams(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 9999), broken(_TOO_LARGE_A_HEAD)),
    Case("endless-reason", streams(b"HTTP/1.1 200 O", b"K" * 9999), broken(_TOO_LARGE_A_HEAD)),
    Case("endless-extension", streams(CHUNKED + b"1;", b"x" * 9999), broken(_TOO_LARGE_A_HEAD)),
    Case("endless-extensions", streams(CHUNKED, b"1;" + b"x" * 99999 + b"\r\nx\r\n"), broken("around")),
    Case("endless-trailers", streams(CHUNKED + b"0\r\n", b"x: y\r\n" * 99), broken("headers than")),
    Case("endless-interim", streams(b"", status(100)), broken("more than 16 interim")),
    Case("100-interim", says(b"HTTP/1.1 103 X\r\n\r\n" * 100 + OK), broken("more than 16 interim")),
    Case("10-interim", says(b"HTTP/1.1 103 X\r\n\r\n" * 10 + OK), SETTLED),
    Case("bomb", says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + BOMB), SETTLED),
    Case("bomb-as-reply", says(reply(b"content-encoding: gzip\r\n", BOMB)), refused("gzip")),
]  # fmt: skip

_TIMES = [
    Case("hangs", stalls(b""), broken(_TIME_IS_UP)),
    Case("hangs-in-head", stalls(b"HTTP/1.1 200 OK\r\nx: "), broken("within the head")),
    Case("hangs-in-body", stalls(HUGE + b"x" * 999), broken("after 999 bytes")),
    Case("drips-head", drips(b"HTTP/1.1 200 OK\r\nx: ", b"y"), broken(_TIME_IS_UP)),
    Case("drips-body", drips(UNTIL_CLOSE, b"x"), broken(_TIME_IS_UP)),
    Case("drips-interim", drips(b"", b"HTTP/1.1 100 X\r\n\r\n"), broken(_TIME_IS_UP)),
    Case("reads-no-body", answers_unread, SETTLED),
]

_ENDS = [
    Case("closes-at-once", closes_at_once, broken("before it answered")),
    Case("closes-before", says(b""), broken("before it answered")),
    Case("closes-in-head", says(b"HTTP/1.1 200 OK\r\nx"), broken("within the head")),
    Case("closes-in-body", says(HUGE + b"half"), broken("after 4 bytes")),
    Case("closes-in-chunks", says(CHUNKED + b"5\r\nab"), broken("after 2 bytes")),
    Case("closes-after-interim", says(b"HTTP/1.1 100 X\r\n\r\n"), broken("before it answered")),
    Case("resets-before", resets(b""), broken("before it answered")),
    Case("resets-in-body", resets(HUGE + b"half"), broken("connection")),
]

_FRAMES = [
    Case("length-and-chunked", says(
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    ), broken(_NO_HTTP)),
    Case("two-lengths", says(
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
    ), broken(_NO_HTTP)),
    Case("length-too-small", says(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc"), SETTLED),
    Case("length-negative", says(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"), broken(_NO_HTTP)),
    Case("length-beyond-64-bits", says(
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n"
    ), broken(_NO_HTTP)),
    Case("chunk-beyond-64-bits", says(CHUNKED + b"fffffffffffffffff\r\nab"), broken(_NO_HTTP)),
    Case("unknown-encoding", says(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
    ), broken("a transfer encoding other than chunked")),
    Case("http-1.0", says(b"HTTP/1.0 200 OK\r\n\r\nold"), SETTLED),
    Case("http-0.9", says(b"<html>hello</html>"), broken(_NO_HTTP)),
    Case("http-2", says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00"), broken(_NO_HTTP)),
    Case("tls", says(b"\x15\x03\x01\x00\x02\x02\x46"), broken(_NO_HTTP)),
    Case("ssh", says(b"SSH-2.0-OpenSSH_9.2\r\n"), broken(_NO_HTTP)),
    Case("switch", says(status(101, b"upgrade: x\r\nconnection: upgrade\r\n")), broken("a switch of")),
    Case("status-0", says(status(0)), broken(_NO_HTTP)),
    Case("status-99999", says(status(99999)), broken(_NO_HTTP)),
    Case("status-999", says(status(999)), answered(999, 2)),
]  # fmt: skip

_RETRY_AFTER = [
    Case("retry-after-negative", says(retry_later(b"-1")), answered(503, 2)),
    Case("retry-after-1e18", says(retry_later(b"1e18")), answered(503, 2)),
    Case("retry-after-10-to-400", says(retry_later(b"9" * 400)), answered(503, 2)),
    Case("retry-after-9999", says(retry_later(b"Fri, 31 Dec 9999 23:59:59 GMT")), answered(503, 2)),
    Case("retry-after-99999", says(retry_later(b"Fri, 31 Dec 99999 23:59:59 GMT")), answered(503, 2)),
    Case("retry-after-zone", says(retry_later(b"Mon, 01 Jan 0001 00:00:00 +9999")), answered(503, 2)),
    Case("retry-after-empty", says(retry_later(b"")), answered(503, 2)),
]  # fmt: skip

# All that is stored of these is looked at on the wire of who gets the replies.
_REPLIES = [
    Case("reply", answers(reply()), SETTLED),
    Case("reply-utf-8", says(reply(b"content-type: a/b\r\nce-x: \xc3\xa4\r\n")), SETTLED),
    Case("reply-utf-8-escaped", says(reply(b"ce-x: %C3%A4%20%22\r\n")), SETTLED),
    Case("reply-twice-escaped", says(reply(b"ce-x: %250d%250aevil: 1\r\n")), SETTLED),
    Case("reply-uri-escaped", says(reply(b"ce-dataschema: x:%0d%0aevil:1\r\n")), SETTLED),
    Case("reply-spoofs-hops", says(reply(b"ce-knativebrokerttl: 255\r\n")), SETTLED),
    Case("reply-with-credentials", says(
        reply(b"authorization: secret\r\nset-cookie: secret\r\nconnection: keep-alive\r\n")
    ), SETTLED),
    Case("reply-json", says(in_json(b'"x":"\\u00e4"')), SETTLED),
    Case("reply-latin-1", says(reply(b"ce-x: \xe4\r\n")), refused(_MALFORMED)),
    Case("reply-crlf-escaped", says(reply(b"ce-x: a%0d%0aevil: 1\r\n")), refused(_MALFORMED)),
    Case("reply-nul-escaped", says(reply(b"ce-x: a%00b\r\n")), refused(_MALFORMED)),
    Case("reply-crlf-quoted", says(reply(b'ce-x: "a%0d%0ab"\r\n')), refused(_MALFORMED)),
    Case("reply-c1-escaped", says(reply(b"ce-x: %C2%85\r\n")), refused(_MALFORMED)),
    Case("reply-type-crlf", says(reply(b"content-type: a/b%0d%0a;x\x0b=y\r\n")), broken(_NO_HTTP)),
    Case("reply-nul", says(reply(b"ce-x: a\x00b\r\n")), broken(_NO_HTTP)),
    Case("reply-cr", says(reply(b"ce-x: a\rb\r\n")), broken(_NO_HTTP)),
    Case("reply-lf", says(reply(b"ce-x: a\nevil: 1\r\n")), broken(_NO_HTTP)),
    Case("reply-control", says(reply(b"ce-x: a\x01b\r\n")), broken(_NO_HTTP)),
    Case("reply-folded", says(reply(b"ce-x: a\r\n b\r\n")), broken(_NO_HTTP)),
    Case("reply-name", says(reply(b"ce-x_y: a\r\n")), refused(_MALFORMED)),
    Case("reply-no-id", says(reply(head=CE)), refused("attribute 'id' is missing")),
    Case("reply-version", says(reply(head=CE.replace(b"1.0", b"2.0"))), refused(_MALFORMED)),
    Case("reply-time", says(reply(b"ce-time: yesterday\r\n")), refused("attribute 'time'")),
    Case("reply-twice", says(reply(b"ce-id: r\r\n")), refused("is there twice")),
    Case("reply-json-crlf", says(in_json(b'"x":"a\\r\\nevil: 1"')), refused(_MALFORMED)),
    Case("reply-json-deep", says(in_json(b'"data":' + b"[" * 99_999)), refused(_MALFORMED)),
    Case("reply-json-no-utf-8", says(in_json(b'"data":"\xff"')), refused("not UTF-8")),
    Case("reply-batch", says(structured(b"[]", b"cloudevents-batch+json")), refused("is not known")),
]  # fmt: skip


def cases(elsewhere: str) -> list[Case]:
    """All of them; redirects lead to the URL `elsewhere`."""
    url = elsewhere.encode()
    led_away = [
        Case(f"redirects-{code}", says(status(code, b"location: %b\r\n" % url)), answered(code, 1))
        for code in (300, 301, 302, 303, 307, 308)
    ]
    refresh = status(200, b"refresh: 0; url=%b\r\nlink: <%b>; rel=next\r\n" % (url, url))
    return [
        *_SIZES, *_TIMES, *_ENDS, *_FRAMES, *_RETRY_AFTER, *_REPLIES, *led_away,
        Case("refresh", says(refresh), SETTLED),
        Case("two-in-one", SecondAnswers(OK, 0.0), SETTLED),
        Case("one-more-later", SecondAnswers(OK, 0.1), SETTLED),
        Case("split", SecondAnswers(OK + OK, 0.0), SETTLED),
    ]  # fmt: skip
