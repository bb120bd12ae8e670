"""What every way of signing has in common: keys, headers as bytes, and a comparison that takes as
long whatever it finds.
"""

import hmac
from collections.abc import Iterable, Sequence

from sources.webhooks.values import RefusedError, Request

__all__ = ["Keys", "fits", "refused", "taken"]


class Keys:
    """Secrets to sign with; empty ones are none. They are never shown: there is no repr."""

    __slots__ = ("_hmacs",)

    def __init__(self, secrets: Iterable[bytes], algorithm: str = "sha256") -> None:
        self._hmacs = [hmac.new(secret, digestmod=algorithm) for secret in secrets if secret]

    def digests(self, *parts: bytes) -> list[bytes]:
        """One for each secret, of the parts one after the other, which are not copied: a body may
        have 25 MiB.
        """
        found = []
        for prepared in self._hmacs:
            signing = prepared.copy()
            for part in parts:
                signing.update(part)
            found.append(signing.digest())
        return found


def fits(expected: Sequence[bytes], given: Sequence[bytes]) -> bool:
    """Any of the one is any of the other. All pairs are compared, so that the time does not tell
    which secret it was, or how much of a guess was right.
    """
    found = False
    for one in expected:
        for other in given:
            found |= hmac.compare_digest(one, other)
    return found


def taken(request: Request, header: str) -> bytes:
    """A header's value as it was on the wire (ASGI reads Latin-1); refused when there is none."""
    value = request.headers.get(header.lower(), "")
    if not value:
        raise refused(f"{header} is missing or empty; give the source's secret to the sender")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise refused(f"{header} has characters that no header can have") from None


def refused(message: str) -> RefusedError:
    return RefusedError(401, "bad_signature", message)
