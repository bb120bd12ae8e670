"""Where to send: a URL, taken apart once."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from poplin.errors import ConfigurationError

__all__ = ["Target"]

_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[!-~]+\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """`request_head` is the request line and the Host header, ready to write."""

    url: str
    scheme: str
    host: str
    port: int
    request_head: bytes
    origin: tuple[str, str, int]

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises ConfigurationError; a fragment is left out, as HTTP wants it."""
        if _VISIBLE.match(url) is None:
            raise _refused(url, "it may hold visible ASCII only; percent-encode the rest")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise _refused(url, str(error)) from error
        if parts.scheme not in _PORTS:
            raise _refused(url, "it must begin with http:// or https://")
        if not parts.hostname:
            raise _refused(url, "it has no host")
        if "@" in parts.netloc:
            raise _refused(
                parts._replace(netloc="…").geturl(), "credentials in a URL are not allowed"
            )
        path = parts.path or "/"
        if parts.query:
            path += "?" + parts.query
        port = port or _PORTS[parts.scheme]
        return cls(
            url,
            parts.scheme,
            parts.hostname,
            port,
            f"POST {path} HTTP/1.1\r\nhost: {parts.netloc}\r\n".encode("ascii"),
            (parts.scheme, parts.hostname, port),
        )


def _refused(url: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"URL {url[:200]!r} cannot be sent to: {why}")
