"""Where to send: a URL, taken apart once."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from poplin.errors import ConfigurationError

__all__ = ["Target", "is_host"]

_PORTS = {"http": 80, "https": 443}
_VISIBLE = re.compile(r"[!-~]+")
# RFC 3986, appendix B, for a URL that has an authority. The fragment stays here.
_URL = re.compile(r"([A-Za-z]+)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{0,5}))?")
# The underscore is for Compose and other DNS of the house.
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,63}")
_MOST_HOST_BYTES = 253


@dataclass(frozen=True, slots=True)
class Target:
    """`request_head` is the request line and the Host header, ready to write."""

    url: str
    scheme: str
    host: str
    port: int
    request_head: bytes

    @classmethod
    def parse(cls, url: str) -> "Target":
        """Raises ConfigurationError; a fragment is left out, as HTTP wants it."""
        if _VISIBLE.fullmatch(url) is None:
            raise _refused(url, "it may hold visible ASCII only; percent-encode the rest")
        parts = _URL.fullmatch(url)
        if parts is None or (scheme := parts[1].lower()) not in _PORTS:
            raise _refused(url, "it must begin with http:// or https://")
        if "@" in parts[2]:
            raise _refused(url, "credentials in a URL are not allowed; leave out all before the @")
        host, port = _host_and_port(url, parts[2], _PORTS[scheme])
        path = (parts[3] or "/") + (parts[4] or "")
        head = f"POST {path} HTTP/1.1\r\nhost: {parts[2].removesuffix(':')}\r\n".encode("ascii")
        return cls(url, scheme, host, port, head)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Targets of one origin share connections."""
        return self.scheme, self.host, self.port


def _host_and_port(url: str, authority: str, default: int) -> tuple[str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _refused(url, "after // it needs a host name or address, then at most : and a port")
    port = int(parts[3] or default)
    if not 0 < port < 65536:
        raise _refused(url, "its port must be from 1 to 65535")
    host = (parts[1] or parts[2]).lower()
    if not (_is_ipv6(host) if parts[1] else is_host(host)):
        raise _refused(url, "its host is neither a name (labels of 1 to 63 bytes) nor an address")
    return host, port


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except AddressValueError:
        return False
    return True


def is_host(host: str) -> bool:
    """A name of 1 to 253 bytes in labels of 1 to 63 (RFC 1035, 2.3.4), or an IPv4 address."""
    labels = host.removesuffix(".").split(".")
    return len(host) <= _MOST_HOST_BYTES and all(map(_LABEL.fullmatch, labels))


def _refused(url: str, why: str) -> ConfigurationError:
    # Whatever stands before an @ may be a password, in however odd a URL.
    shown = url if "@" not in url else "…@" + url.rpartition("@")[2]
    return ConfigurationError(
        f"URL {shown[:200]!r} cannot be sent to: {why} (allowed: http://host[:port][/path][?query])"
    )
