"""What the receiver answers: made once where nothing in it changes."""

from dataclasses import dataclass, replace

import orjson

from sources.webhooks.values import Handled, RefusalReason, RefusedError

__all__ = ["ACCEPTED", "SILENT", "Answer", "Headers", "handled", "plain", "refusal", "refused"]

_RETRY_AFTER_S = 5

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` is that of a refusal, for those who count; `why` is for the log alone."""

    status: int
    body: bytes
    headers: Headers
    reason: RefusalReason | None = None
    why: str = ""


def plain(status: int, detail: str, more: Headers = ()) -> Answer:
    body = orjson.dumps({"status": status, "detail": detail})
    return Answer(status, body, (*_entity(b"application/json", body), *more))


def handled(taken: Handled) -> Answer:
    """A ping or a challenge: what the provider wants to hear."""
    body = taken.text.encode()
    return Answer(200, body, _entity(taken.content_type.encode("latin-1", "replace"), body))


def refusal(
    status: int,
    reason: RefusalReason,
    detail: str,
    *,
    why: str = "",
    allow: bytes = b"POST",
    retry_after_s: int = _RETRY_AFTER_S,
) -> Answer:
    """`detail` is for the one who sent it, who may be anybody."""
    more: Headers = ()
    if status == 503:
        more = ((b"retry-after", b"%d" % retry_after_s),)
    elif status == 405:
        more = ((b"allow", allow),)
    elif status == 408:
        more = ((b"connection", b"close"),)
    elif status == 401:
        more = ((b"www-authenticate", b'Webhook realm="poplin"'),)  # RFC 9110, 15.5.2 wants one
    return replace(plain(status, detail, more), reason=reason, why=why)


def refused(error: RefusedError) -> Answer:
    return refusal(error.status, error.reason, str(error), why=str(error))


def _entity(content_type: bytes, body: bytes) -> Headers:
    return (b"content-type", content_type), (b"content-length", b"%d" % len(body))


ACCEPTED = plain(202, "accepted")
SILENT = Answer(200, b"", ((b"content-length", b"0"),))
"""Accepted, for who would show any other answer to a person."""
