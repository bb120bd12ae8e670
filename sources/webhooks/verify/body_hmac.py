"""An HMAC of the body in one header: Bitbucket, Shopify, and whatever preset hmac describes."""

from base64 import b64encode, urlsafe_b64encode
from binascii import hexlify
from collections.abc import Callable, Sequence

from poplin.resources.source_models import HmacSpec
from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import Keys, fits, refused, taken

__all__ = ["BodyHmac", "bitbucket", "generic", "lower_hex", "shopify"]

Forms = Callable[[bytes], tuple[bytes, ...]]
"""The texts of a digest that are taken. Texts are compared, never what they decode to: base64 has
many texts that decode to the same bytes.
"""


class BodyHmac:
    """`looks` says in messages what the header should be."""

    __slots__ = ("_forms", "_header", "_keys", "_looks", "_prefix")

    def __init__(
        self, header: str, keys: Keys, *, forms: Forms, looks: str, prefix: bytes = b""
    ) -> None:
        self._header = header
        self._keys = keys
        self._forms = forms
        self._looks = looks
        self._prefix = prefix

    def verify(self, request: Request, /) -> None:
        given = taken(request, self._header)
        digests = self._keys.digests(request.body)
        expected = [self._prefix + form for each in digests for form in self._forms(each)]
        if not fits(expected, [given]):
            raise refused(
                f"{self._header} is not {self._looks} of this body with a secret of the source; "
                "set the same secret on both sides, and let nothing between them change the body"
            )


def lower_hex(digest: bytes) -> tuple[bytes, ...]:
    """GitHub's and Bitbucket's documents show lower case, and their own samples compare texts."""
    return (hexlify(digest),)


def bitbucket(secrets: Sequence[bytes]) -> BodyHmac:
    """Of Cloud and of Data Center. X-Hub-Signature is SHA-256 here, and SHA-1 at GitHub."""
    return BodyHmac(
        "X-Hub-Signature",
        Keys(secrets),
        forms=lower_hex,
        looks="sha256=<hex>, the HMAC-SHA256",
        prefix=b"sha256=",
    )


def shopify(secrets: Sequence[bytes]) -> BodyHmac:
    return BodyHmac(
        "X-Shopify-Hmac-Sha256",
        Keys(secrets),
        forms=lambda digest: (b64encode(digest),),
        looks="the HMAC-SHA256 in base64",
    )


# Nobody knows these senders: both cases of hex, and base64 with and without padding, are taken.
_GENERIC: dict[str, Forms] = {
    "hex": lambda digest: (hexlify(digest), hexlify(digest).upper()),
    "base64": lambda digest: (b64encode(digest), b64encode(digest).rstrip(b"=")),
    "base64url": lambda digest: (urlsafe_b64encode(digest), urlsafe_b64encode(digest).rstrip(b"=")),
}


def generic(spec: HmacSpec, secrets: Sequence[bytes]) -> BodyHmac:
    return BodyHmac(
        spec.header,
        Keys(secrets, spec.algorithm),
        forms=_GENERIC[spec.encoding],
        looks=f"{spec.prefix}<{spec.encoding}>, the HMAC-{spec.algorithm.upper()}",
        prefix=spec.prefix.encode(),
    )
