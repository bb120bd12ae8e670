"""Heads of requests that must be refused: what RFC 9112 forbids and the parser lets pass.

The protocol asks only about a head that has something unusual in it.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingress.answers import Answer, refusal

__all__ = ["Framing", "framing", "why_refused"]

Headers = Sequence[tuple[bytes, bytes]]


class Framing(NamedTuple):
    """What a head says of how the request is to be read; values of headers, in order."""

    version: str
    method: bytes
    hosts: list[bytes]
    transfer_codings: list[bytes]
    content_codings: list[bytes]


def framing(version: str, method: bytes, headers: Headers) -> Framing:
    """Header names are in lower case."""
    found = Framing(version, method, [], [], [])
    lists = {
        b"host": found.hosts,
        b"transfer-encoding": found.transfer_codings,
        b"content-encoding": found.content_codings,
    }
    for name, value in headers:
        if name in lists:
            # The parser leaves the white space behind a value, which is no part of it.
            lists[name].append(value.strip(b" \t").lower())
    return found


# RFC 9110 7.2 with RFC 3986 3.2.2 and the zones of RFC 6874; it may be empty (RFC 9112 3.3).
_HOST = re.compile(
    rb"(?:\[[0-9a-fv:.]+(?:%25[a-z0-9\-._~]+)?\]"
    rb"|(?:[a-z0-9\-._~!$&'()*+,;=]|%[0-9a-f]{2})*)(?::[0-9]*)?"
)


def _has_bad_host(head: Framing) -> bool:
    return any(_HOST.fullmatch(host) is None for host in head.hosts)


_RULES: Sequence[tuple[Callable[[Framing], bool], Answer]] = (
    # RFC 9110 15.6.6: of another major version, so nothing else that it says is known.
    (lambda head: head.version not in ("1.1", "1.0"), refusal(505, "unsupported", "use HTTP/1.1")),
    # RFC 9110 9.3.6: what follows would not be HTTP.
    (
        lambda head: head.method == b"CONNECT",
        refusal(405, "not_allowed", "CONNECT is not allowed; POST a CloudEvent"),
    ),
    # RFC 9112 3.2: these three MUST be refused.
    (
        lambda head: not head.hosts and head.version == "1.1",
        refusal(400, "invalid", "the header Host is missing; HTTP/1.1 needs it"),
    ),
    (
        lambda head: len(head.hosts) > 1,
        refusal(400, "invalid", "the header Host is there twice; send one"),
    ),
    (
        _has_bad_host,
        refusal(400, "invalid", "the header Host is not a host name with an optional port"),
    ),
    # RFC 9112 6.1: the framing is faulty.
    (
        lambda head: bool(head.transfer_codings) and head.version == "1.0",
        refusal(400, "invalid", "Transfer-Encoding is not allowed in HTTP/1.0; use HTTP/1.1"),
    ),
    # RFC 9112 6.1: SHOULD be 501. That chunked is the last, and not twice, the parser checks.
    (
        lambda head: any(coding != b"chunked" for coding in head.transfer_codings),
        refusal(501, "unsupported", "only the transfer coding chunked is understood"),
    ),
    # RFC 9110 8.4: what is not undone here would reach subscribers without a word about it.
    (
        lambda head: any(coding not in (b"", b"identity") for coding in head.content_codings),
        refusal(
            415, "unsupported", "compressed data is not taken; send it without Content-Encoding"
        ),
    ),
)


def why_refused(head: Framing) -> Answer | None:
    """The answer to the first rule that the head breaks. The connection must be closed then:
    where the next request would begin cannot be trusted.
    """
    for is_broken, answer in _RULES:
        if is_broken(head):
            return answer
    return None
