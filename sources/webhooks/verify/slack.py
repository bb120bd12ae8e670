"""Slack's signature v0: of X-Slack-Request-Timestamp and the body."""

from binascii import hexlify
from collections.abc import Sequence

from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import Keys, fits, refused, taken
from sources.webhooks.verify.signed_time import check_digits, check_time

__all__ = ["Slack"]


class Slack:
    __slots__ = ("_keys", "_tolerance_s")

    def __init__(self, secrets: Sequence[bytes], tolerance_s: float) -> None:
        self._keys = Keys(secrets)
        self._tolerance_s = tolerance_s

    def verify(self, request: Request, /) -> None:
        given = taken(request, "X-Slack-Signature")
        time = taken(request, "X-Slack-Request-Timestamp")
        check_digits(time, "X-Slack-Request-Timestamp")
        digests = self._keys.digests(b"v0:", time, b":", request.body)
        if not fits([b"v0=" + hexlify(each) for each in digests], [given]):
            raise refused(
                "X-Slack-Signature is not v0=<hex> of X-Slack-Request-Timestamp and this body with "
                "a secret of the source; take the signing secret of the app from Slack, and let "
                "nothing change the body on its way"
            )
        check_time(time, request, self._tolerance_s)
