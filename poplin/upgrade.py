"""A client's wish for another protocol, which is passed over."""

from collections.abc import Iterable

__all__ = ["without_upgrade"]


def without_upgrade(
    version: str, method: bytes, url: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """The head as it would be if it did not ask for another protocol, which is no reason to
    refuse it (RFC 9110 7.8). Parsers take what follows such a head as that protocol.
    """
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode())]
    lines += [b"%b: %b" % pair for pair in headers if pair[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])
