"""Texts that trip up whoever takes them for something else, and header bytes that mean none."""

from typing import NamedTuple

__all__ = ["FORBIDDEN", "HEADERS", "PATHS", "TEXTS", "Sent"]

# Whatever a String of CloudEvents may hold.
TEXTS = (
    "undefined", "null", "NULL", "None", "true", "0", "-1", "1e400", "NaN", "0x10", "1,000",
    "%", "%%", "%41", "%2525", "%zz", "%00", "%0d%0aX: y", "100%", "a%", "%u0041", "%E2%80",
    "'", '"', "''", '"x"', "\\", "\\\\", "\\n", "\\\"", "a\"b", "`", "$(id)", "${IFS}", "`id`",
    "../../etc/passwd", "..%2f", "//", "/./", "C:\\", "~", "*", "?", "#", ";", "&&", "|", "<x>",
    "<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://x}", "{0}", "%s%n", "' OR 1=1 --",
    "=cmd|' /C calc'!A0", "[red]x[/]", "a, b", "a; q=0.1", "a=b", "a: b", "(x)", "[1]", "{}",
    "\u00e9", "e\u0301", "\u00df", "\u0130", "\u0131", "\ufb01", "\u212a", "\uff21", "\u03a9",
    "\u4f60\u597d", "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd",
    "\u202etxt.exe", "\u2066x\u2069", "\u200b", "a\u200db", "\u00ad", "\ufeffx", "\u2028",
    "\u2029", "\u00a0", "\u3000", "\ufffd", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f3f4\U000e0067\U000e007f", "Z\u0351\u036b\u0343\u036a\u0302", "\U0002070e", "\U000f0000",
    "a" * 2000, "\u20ac" * 500,
)  # fmt: skip

# Whatever it may not: control characters, noncharacters.
FORBIDDEN = (
    "\x00", "a\x00b", "\n", "\r\nX: y", "\t", "\x1b[2J", "\x07", "\x08", "\x7f", "\x80", "\x85",
    "\x9b31m", "\x9f", "\ufdd0", "\ufffe", "\uffff", "\U0001ffff", "\U0010fffe",
)  # fmt: skip


class Sent(NamedTuple):
    """`means` is None when it is refused."""

    raw: bytes
    means: str | None


# Bytes of a ce- header (HTTP binding 3.1.3.2): percent-decoded once, as UTF-8.
HEADERS = (
    Sent(b"%41", "A"),
    Sent(b"%2541", "%41"),
    Sent(b"%252541", "%2541"),
    Sent(b"%C3%A9", "\u00e9"),
    Sent(b"%c3%a9", "\u00e9"),
    Sent(b"\xc3\xa9", "\u00e9"),
    Sent(b"\xc3%A9", None),
    Sent(b"%", "%"),
    Sent(b"%4", "%4"),
    Sent(b"%zz", "%zz"),
    Sent(b"%%41", "%A"),
    Sent(b"%u0041", "%u0041"),
    Sent(b"%+1", "%+1"),
    Sent(b"a+b", "a+b"),
    Sent(b"%20", " "),
    Sent(b'"%20"', " "),
    Sent(b'"a\\"b"', 'a"b'),
    Sent(b'"a', '"a'),
    Sent(b"%E2%80%AEx", "\u202ex"),
    Sent(b"%F0%9F%98%80", "\U0001f600"),
    Sent(b"%EF%BB%BFx", "\ufeffx"),
    Sent(b"%00", None),
    Sent(b"%0A", None),
    Sent(b"%0d%0aX-Injected:%20y", None),
    Sent(b"%1B[2J", None),
    Sent(b"%7F", None),
    Sent(b"%C2%9B", None),
    Sent(b"a\tb", None),
    Sent(b"%C0%AF", None),  # an overlong slash
    Sent(b"%C0%80", None),
    Sent(b"%E0%80%AF", None),
    Sent(b"%F0%80%80%AF", None),
    Sent(b"%ED%A0%80", None),  # half a pair
    Sent(b"%ED%A0%BD%ED%B8%80", None),
    Sent(b"%F4%90%80%80", None),  # beyond Unicode
    Sent(b"%FF", None),
    Sent(b"%E9", None),
    Sent(b"\xe9", None),
    Sent(b"\xc0\xaf", None),
    Sent(b"\xed\xa0\x80", None),
    Sent(b"%EF%BF%BF", None),
    Sent(b"%E2%82", None),
)

# Targets and the status of an event sent there; there is one broker, default/main.
PATHS = (
    (b"/default/main", 202),
    (b"/default/main/", 202),
    (b"/%64efault/main", 202),
    (b"/default/m%61in", 202),
    (b"/default%2Fmain", 202),
    (b"/default/main%2f", 202),
    (b"/default/%256Dain", 404),
    (b"/default%252Fmain", 400),
    (b"/default/main%00", 404),
    (b"/default/main%20", 404),
    (b"/default/main%0d%0aX-Injected:%20y", 404),
    (b"/default/%1b[2J", 404),
    (b"/default/%7f", 404),
    (b"/default/%c2%9b31m", 404),
    (b"/default/%c0%af", 404),
    (b"/default/%ed%a0%80", 404),
    (b"/default/%ff", 404),
    (b"/default/%e2%80%ae", 404),
    (b"/default/%F0%9F%98%80", 404),
    (b"/default/%ef%bc%ad%ef%bd%81in", 404),
    (b"/default/%", 404),
    (b"/default/%4", 404),
    (b"/default/%zz", 404),
    (b"/default/main;x=y", 404),
    (b"/default/main%3Fx", 404),
    (b"/default/main%23x", 404),
    (b"/default/*", 404),
    (b"/default/main'%20OR%201=1", 404),
    (b"/default/$(id)", 404),
    (b"/default/\\main", 404),
    (b"/DEFAULT/main", 404),
    (b"/default/MAIN", 404),
    (b"/default/.", 404),
    (b"/default/..", 404),
    (b"/..%2fdefault/main", 400),
    (b"/default/..%2fmain", 400),
    (b"/./default/main", 400),
    (b"/x/../default/main", 400),
    (b"//default/main", 400),
    (b"/default//main", 400),
    (b"/%2fdefault/main", 400),
    (b"/default", 400),
    (b"/default/", 400),
    (b"/%2f", 400),
    (b"/", 404),
    (b"/default/" + b"a" * 7000, 404),
    (b"/default/" + b"%61" * 2000, 404),
)
