"""Standard Webhooks 1.0: webhook-id, webhook-timestamp and the body, signed together."""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator, Sequence

from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import Keys, fits, refused, taken
from sources.webhooks.verify.signed_time import check_digits, check_time

__all__ = ["SECRET_PREFIX", "StandardWebhooks"]

SECRET_PREFIX = b"whsec_"


class StandardWebhooks:
    """The symmetric signatures (v1); those of other versions are passed over."""

    __slots__ = ("_keys", "_tolerance_s")

    def __init__(self, secrets: Sequence[bytes], tolerance_s: float) -> None:
        self._keys = Keys(key for secret in secrets for key in _keys_of(secret))
        self._tolerance_s = tolerance_s

    def verify(self, request: Request, /) -> None:
        message, time = taken(request, "webhook-id"), taken(request, "webhook-timestamp")
        given = _signatures(taken(request, "webhook-signature"))
        check_digits(time, "webhook-timestamp")
        # With a dot in it the same signature would also be good for another id, time and body.
        if b"." in message:
            raise refused("webhook-id has a dot, which Standard Webhooks forbids; send one without")
        digests = self._keys.digests(message, b".", time, b".", request.body)
        if not fits([b64encode(each) for each in digests], given):
            raise refused(
                "no v1 signature in webhook-signature is that of webhook-id, webhook-timestamp and "
                "this body with a secret of the source; set the same secret on both sides, and let "
                "nothing between them change the body"
            )
        check_time(time, request, self._tolerance_s)


def _signatures(text: bytes) -> list[bytes]:
    """Of version v1. A header given twice comes joined by a comma, and is no such list."""
    items = text.split(b" ")
    if any(item.count(b",") != 1 for item in items):
        raise refused("webhook-signature is no list of v1,<base64> with one space between")
    return [item[3:] for item in items if item.startswith(b"v1,")]


def _keys_of(secret: bytes) -> Iterator[bytes]:
    """`whsec_` and base64 is how a secret is shown to people. Some senders leave the prefix out,
    others sign with the text itself: of a secret without it both are keys.
    """
    encoded = secret.removeprefix(SECRET_PREFIX)
    decoded = _decoded(encoded)
    if decoded:
        yield decoded
    if encoded and (not decoded or encoded == secret):
        yield secret


def _decoded(text: bytes) -> bytes | None:
    try:
        return b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except Error:
        return None
