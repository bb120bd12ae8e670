"""URLs, taken apart or refused."""

import pytest

from poplin.errors import ConfigurationError
from poplin.sender import Target


@pytest.mark.parametrize(
    ("url", "origin", "head"),
    [
        ("http://h", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("http://h?a=b", ("http", "h", 80), b"POST /?a=b HTTP/1.1\r\nhost: h\r\n"),
        ("http://h:8080/a?b=c#d", ("http", "h", 8080), b"POST /a?b=c HTTP/1.1\r\nhost: h:8080\r\n"),
        ("http://h/#?x@y", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("https://H/%20", ("https", "h", 443), b"POST /%20 HTTP/1.1\r\nhost: H\r\n"),
        ("HTTP://h:/", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("https://h:443//a;b", ("https", "h", 443), b"POST //a;b HTTP/1.1\r\nhost: h:443\r\n"),
        ("http://[::1]:81/", ("http", "::1", 81), b"POST / HTTP/1.1\r\nhost: [::1]:81\r\n"),
        ("https://[FE80::A]", ("https", "fe80::a", 443), b"POST / HTTP/1.1\r\nhost: [FE80::A]\r\n"),
        ("http://10.0.0.1/", ("http", "10.0.0.1", 80), b"POST / HTTP/1.1\r\nhost: 10.0.0.1\r\n"),
        ("http://a_b.c.:1/", ("http", "a_b.c.", 1), b"POST / HTTP/1.1\r\nhost: a_b.c.:1\r\n"),
    ],
)
def test_a_target_is_taken_apart(url: str, origin: tuple[str, str, int], head: bytes) -> None:
    target = Target.parse(url)

    assert (target.url, target.origin, target.request_head) == (url, origin, head)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "visible ASCII"),
        ("/x", "begin with http"),
        ("h/x", "begin with http"),
        ("ftp://h/", "begin with http"),
        ("http:/h", "begin with http"),
        ("http://", "host name"),
        ("http:///x", "host name"),
        ("http://h/a b", "visible ASCII"),
        ("http://h/\r\nx: y", "visible ASCII"),
        ("http://h/\n", "visible ASCII"),
        ("http://h/\x7f", "visible ASCII"),
        ("http://ü/", "visible ASCII"),
        ("http://h:x/", "port"),
        ("http://h:0/", "1 to 65535"),
        ("http://h:65536/", "1 to 65535"),
        ("http://h:123456/", "port"),
        ("http://h\\x/", "host name"),
        ("http://a..b/", "labels"),
        ("http://.a/", "labels"),
        ("http://" + "a" * 64 + "/", "labels"),
        ("http://" + "a." * 127 + "/", "labels"),
        ("http://[::1/", "host name"),
        ("http://::1/", "host name"),
        ("http://[1.2.3.4]/", "address"),
        ("http://[fe80::1%25eth0]/", "host name"),
    ],
)
def test_a_bad_target_is_refused_by_name(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        Target.parse(url)

    assert repr(url[:40])[1:-1] in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://u:pass@h/", "http://u:pa ss@h/", "http://u:pass/w@h/", "ftp://u:pass@h", "u:pass@h"],
)
def test_credentials_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target.parse(url)

    assert "pa" not in str(caught.value).replace("path", "")
    assert "…@h" in str(caught.value)


def test_who_gives_credentials_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="credentials in a URL are not allowed"):
        Target.parse("http://u:pass@h/")
