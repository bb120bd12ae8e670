"""What can be wrong with a signed request: everything that changes one thing about a right one."""

from collections.abc import Iterator
from dataclasses import dataclass

from sources.webhooks.values import Request
from tests.sources.webhooks.verify.schemes import NOW, SCHEMES, TOLERANCE_S, Headers, Scheme

__all__ = ["BODY", "Case", "all_cases"]

BODY = '{"id":"evt_1","text":"größere Körbe"}\r\n'.encode()
_LATIN_1 = [chr(code) for code in range(256)]
_PADDING = [" ", "\t", "\r\n", "\x00", ",", ", ", ";", "=", "0", "a", "\xa0", "\ufeff"]
_ODD = [
    "", " ", "\x00", "\x7f", "\xff" * 64, "²" * 10, "٣" * 10, "é" * 70, "€", "\ud800", "K",
    "9" * 13, "9" * 5000, "-5", "+5", "1e9", "1_0", " 1", "0x1", "inf", "nan", "1.0", "=" * 64,
    "sha256=", "sha1=", "sha256", "v1,", "v1=", "v0=", "t=", "t=1", "t=1,v1=", ",", "v1,,", "a" * 100_000,
    "Bearer", "Bearer ", "Basic", "Basic ", "Basic Og==", "Basic =", "{}", "%s", "null", "None",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """`is_right` says whether it must be let in."""

    what: str
    request: Request
    is_right: bool
    secrets: tuple[bytes, ...]
    is_late: bool = False


def all_cases(scheme: Scheme) -> Iterator[Case]:
    yield from _bodies(scheme)
    yield from _headers(scheme)
    yield from _secrets(scheme)
    yield from _strangers(scheme)
    if scheme.signs_time:
        yield from _times(scheme)


def _bodies(scheme: Scheme) -> Iterator[Case]:
    headers = scheme.sign(scheme.secret, BODY, NOW)
    yield _case(scheme, "right", headers, BODY)
    for length in (0, 1, 63, 64, 65, 100_000):
        body = b"\xff" * length
        yield _case(scheme, "right", scheme.sign(scheme.secret, body, NOW), body)
    for at in range(len(BODY)):
        for bit in range(8):
            changed = bytes([BODY[at] ^ (1 << bit)])
            yield _of_body(scheme, BODY[:at] + changed + BODY[at + 1 :])
        yield _of_body(scheme, BODY[:at])
        yield _of_body(scheme, BODY[at + 1 :])
        yield _of_body(scheme, BODY[:at] + b" " + BODY[at:])
    for added in (b"\n", b"\x00", b" "):
        yield _of_body(scheme, BODY + added)


def _of_body(scheme: Scheme, body: bytes) -> Case:
    headers = scheme.sign(scheme.secret, BODY, NOW)
    return Case(
        f"body {body!r}", Request(headers, body, NOW), not scheme.signs_body, (scheme.secret,)
    )


def _headers(scheme: Scheme) -> Iterator[Case]:
    right = scheme.sign(scheme.secret, BODY, NOW)
    for name, value in right.items():
        others = {each: right[each] for each in right if each != name}
        yield _case(scheme, f"{name} missing", others, BODY, is_right=False)
        for text in _changed(value):
            changed = {**others, name: text}
            means = scheme.means(changed, right)
            yield _case(scheme, f"{name}: {text[:99]!r}", changed, BODY, is_right=means)
    yield _case(scheme, "all missing", {}, BODY, is_right=False)


def _changed(value: str) -> Iterator[str]:
    for at in range(len(value)):
        for other in _LATIN_1:
            yield value[:at] + other + value[at + 1 :]
        for added in _PADDING:
            yield value[:at] + added + value[at:]
        yield value[:at] + value[at + 1 :]
        yield value[:at]
        yield value[at + 1 :]
    for added in _PADDING:
        yield value + added
        yield added + value + added
    yield from (f"{value}, {value}", f"{value},{value}", f"{value} {value}", value + value)
    yield from (f"{value}, ", f", {value}", f"{value}, x", f"x, {value}")
    yield from (value.upper(), value.lower(), value.swapcase(), value.title())
    yield from _ODD


def _secrets(scheme: Scheme) -> Iterator[Case]:
    """Rotation, and secrets that are none."""
    first, second = scheme.secret, scheme.other_secret
    known: tuple[bytes, ...]
    for secret in (first, second):
        headers = scheme.sign(secret, BODY, NOW)
        for known in ((first, second), (second, first), (b"", first, second), (b"", second, b"")):
            yield _case(scheme, f"one of {known!r}", headers, BODY, known, is_right=secret in known)
        for known in ((), (b"",), (b"", b""), (second if secret == first else first,)):
            yield _case(scheme, f"none of {known!r}", headers, BODY, known, is_right=False)
    headers = scheme.sign(b"", BODY, NOW)
    for known in ((), (b"",), (b"", b""), (first,), (b"", first)):
        yield _case(scheme, f"empty secret to {known!r}", headers, BODY, known, is_right=False)


def _strangers(scheme: Scheme) -> Iterator[Case]:
    """What others sign with the very secret of this one, alone and beside its own signature."""
    right = scheme.sign(scheme.secret, BODY, NOW)
    for other in SCHEMES:
        strange = other.sign(scheme.secret, BODY, NOW)
        is_right = other.sign in (scheme.sign, scheme.also)  # two specs of one scheme
        yield _case(scheme, f"signed as {other.name}", strange, BODY, is_right=is_right)
        yield _case(scheme, f"beside {other.name}", {**strange, **right}, BODY)


def _times(scheme: Scheme) -> Iterator[Case]:
    headers = scheme.sign(scheme.secret, BODY, NOW)
    for apart in (0, 0.5, 1, TOLERANCE_S - 0.5, TOLERANCE_S):
        for now in (NOW - apart, NOW + apart):
            request = Request(headers, BODY, now)
            yield Case(f"{apart} s apart", request, True, (scheme.secret,))
    for apart in (TOLERANCE_S + 0.001, TOLERANCE_S + 1, 86_400, 1e9, 1e12):
        for now in (NOW - apart, NOW + apart):
            request = Request(headers, BODY, now)
            yield Case(f"{apart} s apart", request, False, (scheme.secret,), is_late=True)


def _case(
    scheme: Scheme,
    what: str,
    headers: Headers,
    body: bytes,
    secrets: tuple[bytes, ...] | None = None,
    *,
    is_right: bool = True,
) -> Case:
    if secrets is None:
        secrets = (scheme.secret,)
    return Case(what, Request(headers, body, NOW), is_right, secrets)
