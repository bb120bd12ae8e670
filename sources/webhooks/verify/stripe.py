"""Stripe-Signature: t=<seconds>,v1=<hex>, one v1 for each secret that is in force at Stripe."""

from binascii import hexlify
from collections.abc import Sequence

from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import Keys, fits, refused, taken
from sources.webhooks.verify.signed_time import check_digits, check_time

__all__ = ["Stripe"]

HEADER = "Stripe-Signature"


class Stripe:
    """A secret is used as it is shown, `whsec_` included. Other versions than v1 are passed over,
    as Stripe's documents demand.
    """

    __slots__ = ("_keys", "_tolerance_s")

    def __init__(self, secrets: Sequence[bytes], tolerance_s: float) -> None:
        self._keys = Keys(secrets)
        self._tolerance_s = tolerance_s

    def verify(self, request: Request, /) -> None:
        time, given = _parts(taken(request, HEADER))
        check_digits(time, HEADER)
        digests = self._keys.digests(time, b".", request.body)
        if not fits([hexlify(each) for each in digests], given):
            raise refused(
                f"no v1 in {HEADER} is the signature of its t and this body with a secret of the "
                "source; take the signing secret of this endpoint from Stripe, and let nothing "
                "change the body on its way"
            )
        check_time(time, request, self._tolerance_s)


def _parts(text: bytes) -> tuple[bytes, list[bytes]]:
    """The time and the signatures of version v1. A header given twice comes with a space in it."""
    items = [item.partition(b"=") for item in text.split(b",")]
    times = [value for name, _, value in items if name == b"t"]
    signatures = [value for name, _, value in items if name == b"v1"]
    is_list = b" " not in text and all(separator for _, separator, _ in items)
    if not is_list or len(times) != 1 or b"=" in b"".join(signatures):
        raise refused(f"{HEADER} is not t=<seconds>,v1=<hex>")
    return times[0], signatures
