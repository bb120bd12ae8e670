"""What Kubernetes takes for a name."""

import re

__all__ = ["is_key", "is_name", "is_namespace"]

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_DNS_SUBDOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z"
)
_KEY = re.compile(r"[A-Za-z0-9._-]{1,253}\Z")


def is_namespace(text: str) -> bool:
    """A DNS label (RFC 1123)."""
    return _DNS_LABEL.match(text) is not None


def is_name(text: str) -> bool:
    """A DNS subdomain: labels with dots between them."""
    return _DNS_SUBDOMAIN.match(text) is not None


def is_key(text: str) -> bool:
    """Of a value in a Secret."""
    return _KEY.match(text) is not None
