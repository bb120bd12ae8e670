"""JSON that parsers disagree on: the kinds of JSONTestSuite, as the value of a member or as the body."""

from typing import NamedTuple

__all__ = ["BODIES", "VALUES", "Value", "structured"]


class Value(NamedTuple):
    """`text` is a value by RFC 8259, as far as `is_json` says."""

    name: str
    text: bytes
    is_json: bool


def structured(value: bytes, *, member: bytes = b"data") -> bytes:
    return b'{"specversion":"1.0","id":"1","source":"/s","type":"t","%b":%b}' % (member, value)


def good(name: str, text: bytes) -> Value:
    return Value(name, text, is_json=True)


def bad(name: str, text: bytes) -> Value:
    return Value(name, text, is_json=False)


_NUMBERS = (
    *(good(f"number {text}", text.encode()) for text in (
        "0", "-0", "0.0", "1e0", "1E+2", "1e-2", "-1.5e10", "123456789012345678901234567890",
        "1e400", "-1e400", "1e-400", "0.1000000000000000055511151231257827", "18446744073709551616",
    )),
    good("number of 5,000 digits", b"9" * 5000),
    good("number of 5,000 decimals", b"0." + b"3" * 5000),
    *(bad(f"number {text}", text.encode()) for text in (
        "01", "-01", "00", "1.", ".5", "-.5", "+1", "1e", "1e+", "1eE2", "1.e2", "0x1", "1_000",
        "--1", "-", "1 2", "1a", "NaN", "-NaN", "Infinity", "-Infinity", "nan", "inf", "\uff11",
        "\u0661", "0b1", "0o7", "1.2.3", "1e1.5", "1,5", "-a", "0e", "2.e3",
    )),
)  # fmt: skip

_STRINGS = (
    good("string, empty", b'""'),
    good("string, every escape", rb'"\"\\\/\b\f\n\r\t\u0041\u00e9"'),
    good("string, escaped NUL", rb'"\u0000"'),
    good("string, escaped pair", rb'"\ud83d\ude00"'),
    good("string, DEL", b'"\x7f"'),
    good("string, line separators", '"\u2028\u2029"'.encode()),
    good("string, noncharacter", '"\uffff"'.encode()),
    good("string, byte-order mark", '"\ufeff"'.encode()),
    good("string of 100 KB", b'"' + b"x" * 100_000 + b'"'),
    # RFC 8259 8.2: the grammar allows halves, and what a receiver makes of them is anyone's guess.
    bad("string, half a pair", rb'"\ud800"'),
    bad("string, halves the wrong way round", rb'"\ude00\ud83d"'),
    bad("string, raw NUL", b'"\x00"'),
    bad("string, raw line feed", b'"\n"'),
    bad("string, raw tab", b'"\t"'),
    bad("string, raw escape", b'"\x1b"'),
    bad("string, unknown escape", rb'"\x"'),
    bad("string, escaped line feed", b'"\\\n"'),
    bad("string, short escape", rb'"\u00e"'),
    bad("string, escape with letters", rb'"\u00zz"'),
    bad("string, escape with a sign", rb'"\u+041"'),
    bad("string, escape in upper case", rb'"\U0041"'),
    bad("string, single quotes", b"'x'"),
    bad("string, back quotes", b"`x`"),
    bad("string, no quotes", b"x"),
    bad("string, no end", b'"x'),
    bad("string, ends in a backslash", b'"\\'),
    bad("string, quotes of typographers", "\u201cx\u201d".encode()),
    bad("string, invalid UTF-8", b'"\xff"'),
    bad("string, cut UTF-8", b'"\xe2\x82"'),
    bad("string, overlong UTF-8", b'"\xc0\xaf"'),
    bad("string, surrogates in UTF-8", b'"\xed\xa0\x80"'),
    bad("string, beyond Unicode", b'"\xf4\xbf\xbf\xbf"'),
    bad("string, latin-1", b'"\xe9"'),
)

_CONTAINERS = (
    good("array, empty", b"[]"),
    good("array, white space", b"[ \t\r\n1 , 2\n]"),
    good("array, everything", b'[null,true,false,0,"",[],{}]'),
    good("object, empty", b"{}"),
    good("object, empty name", b'{"":0}'),
    good("object, a name twice", b'{"a":1,"a":2}'),
    good("object, escaped name", rb'{"\u0000":0}'),
    good("array, 500 deep", b"[" * 500 + b"]" * 500),
    bad("array, 100,000 deep", b"[" * 100_000 + b"]" * 100_000),
    bad("object, 50,000 deep", b'{"a":' * 50_000 + b"0" + b"}" * 50_000),
    bad("array, 100,000 open", b"[" * 100_000),
    bad("array, comma at the end", b"[1,]"),
    bad("array, comma at the start", b"[,1]"),
    bad("array, two commas", b"[1,,2]"),
    bad("array, comma alone", b"[,]"),
    bad("array, no comma", b"[1 2]"),
    bad("array, colon", b"[1:2]"),
    bad("array, no end", b"[1"),
    bad("array, other end", b"[1}"),
    bad("array, two ends", b"[1]]"),
    bad("array, form feed", b"[\x0c]"),
    bad("array, non-breaking space", "[\u00a0]".encode()),
    bad("array, comment", b"[/**/]"),
    bad("array, line comment", b"[1 // x\n]"),
    bad("array, hash comment", b"[1 # x\n]"),
    bad("object, comma at the end", b'{"a":0,}'),
    bad("object, no quotes", b"{a:0}"),
    bad("object, number for a name", b"{1:0}"),
    bad("object, single quotes", b"{'a':0}"),
    bad("object, no colon", b'{"a" 0}'),
    bad("object, two colons", b'{"a"::0}'),
    bad("object, no value", b'{"a":}'),
    bad("object, no name", b"{:0}"),
    bad("object, value alone", b'{"a"}'),
    bad("object, no end", b'{"a":0'),
    bad("object, equals sign", b'{"a"=0}'),
    bad("object, rest", b'{"a":0}x'),
)

_WORDS = (
    *(good(text, text.encode()) for text in ("null", "true", "false")),
    *(bad(f"word {text}", text.encode()) for text in (
        "True", "NULL", "nul", "truee", "undefined", "None", "nil", "t", "\u0442rue",
    )),
    bad("nothing", b""),
    bad("white space", b" "),
    bad("comma", b","),
    bad("another member", b'0,"id":'),
    bad("vertical tab", b"\x0b0"),
    bad("byte-order mark", b"\xef\xbb\xbf0"),
    bad("NUL behind", b"0\x00"),
)  # fmt: skip

VALUES = (*_NUMBERS, *_STRINGS, *_CONTAINERS, *_WORDS)

_EVENT = structured(b"{}")
_MANY = b",".join(b'"a%d":0' % number for number in range(1000))

BODIES: tuple[tuple[str, bytes, bool], ...] = (
    ("plain", _EVENT, True),
    ("white space around", b"\r\n\t " + _EVENT + b"\n\n", True),
    ("an unknown member is an extension", structured(b'"x"', member=b"ext"), True),
    ("null is as if absent", structured(b"null", member=b"ext"), True),
    ("byte-order mark", b"\xef\xbb\xbf" + _EVENT, False),
    ("UTF-16", _EVENT.decode().encode("utf-16"), False),
    ("UTF-16 without mark", _EVENT.decode().encode("utf-16-le"), False),
    ("UTF-32", _EVENT.decode().encode("utf-32"), False),
    ("empty", b"", False),
    ("white space", b" \n", False),
    ("NUL", b"\x00", False),
    ("NUL behind", _EVENT + b"\x00", False),
    ("NUL before", b"\x00" + _EVENT, False),
    ("form feed behind", _EVENT + b"\x0c", False),
    ("two", _EVENT + _EVENT, False),
    ("two in lines", _EVENT + b"\n" + _EVENT, False),
    ("comma behind", _EVENT + b",", False),
    ("semicolon behind", _EVENT + b";", False),
    ("comment", b"/* x */" + _EVENT, False),
    ("guard against inclusion", b")]}',\n" + _EVENT, False),
    ("array", b"[" + _EVENT + b"]", False),
    ("string", b'"x"', False),
    ("event in a string", b'"' + _EVENT.replace(b'"', b'\\"') + b'"', False),
    ("number", b"1", False),
    ("null", b"null", False),
    ("empty object", b"{}", False),
    ("XML", b"<event/>", False),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", False),
    ("attribute twice", structured(b'"2"', member=b"id"), False),
    ("attribute twice, escaped", structured(b'"2"', member=rb"\u0069d"), False),
    ("data twice", _EVENT[:-1] + b',"data":1}', False),
    ("data and data_base64", _EVENT[:-1] + b',"data_base64":"AA=="}', False),
    ("attribute with half a pair", structured(rb'"\ud800"', member=b"subject"), False),
    ("attribute with NUL", structured(rb'"\u0000"', member=b"subject"), False),
    ("attribute with escape", structured(rb'"\u001b[2J"', member=b"subject"), False),
    ("attribute with noncharacter", structured('"\uffff"'.encode(), member=b"subject"), False),
    ("attribute of 1e400", structured(b"1e400", member=b"ext"), False),
    ("attribute of 1e2", structured(b"1e2", member=b"ext"), False),
    ("attribute of 2^31", structured(b"2147483648", member=b"ext"), False),
    ("attribute of 5,000 digits", structured(b"9" * 5000, member=b"ext"), False),
    ("attribute is an array", structured(b"[1]", member=b"ext"), False),
    ("attribute is deep", structured(b"[" * 10_000 + b"]" * 10_000, member=b"ext"), False),
    ("id is a number", b'{"specversion":"1.0","id":1,"source":"/s","type":"t"}', False),
    ("version is a number", b'{"specversion":1.0,"id":"1","source":"/s","type":"t"}', False),
    ("a thousand extensions", _EVENT[:-1] + b"," + _MANY + b"}", False),
    ("name with NUL", structured(b"1", member=rb"\u0000"), False),
    ("name with capitals", structured(b"1", member=b"Ext"), False),
    ("name with a dot", structured(b"1", member=b"a.b"), False),
    ("empty name", structured(b"1", member=b""), False),
    ("name of a prototype", structured(b"1", member=b"__proto__"), False),
    ("data_base64 that is none", structured(b'"\\u0000"', member=b"data_base64"), False),
    ("data_base64 of a number", structured(b"1", member=b"data_base64"), False),
)
