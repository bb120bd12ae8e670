"""GitHub's signature of the body: SHA-256, and SHA-1 where it was allowed and nothing else came."""

from collections.abc import Sequence

from sources.webhooks.values import Request
from sources.webhooks.verify.body_hmac import BodyHmac, lower_hex
from sources.webhooks.verify.comparing import Keys, refused

__all__ = ["GitHub"]


class GitHub:
    """A request that has X-Hub-Signature-256 stands or falls with it: a sender of SHA-1 alone may
    be let in, but nobody can make a good SHA-256 count less by adding to it.
    """

    __slots__ = ("_allows_sha1", "_sha1", "_sha256")

    def __init__(self, secrets: Sequence[bytes], *, allows_sha1: bool = False) -> None:
        self._allows_sha1 = allows_sha1
        self._sha256 = BodyHmac(
            "X-Hub-Signature-256",
            Keys(secrets),
            forms=lower_hex,
            looks="sha256=<hex>, the HMAC-SHA256",
            prefix=b"sha256=",
        )
        self._sha1 = BodyHmac(
            "X-Hub-Signature",
            Keys(secrets, "sha1"),
            forms=lower_hex,
            looks="sha1=<hex>, the HMAC-SHA1",
            prefix=b"sha1=",
        )

    def verify(self, request: Request, /) -> None:
        is_sha1_only = (
            "x-hub-signature-256" not in request.headers and "x-hub-signature" in request.headers
        )
        if not is_sha1_only:
            self._sha256.verify(request)
        elif self._allows_sha1:
            self._sha1.verify(request)
        else:
            raise refused(
                "X-Hub-Signature-256 is missing, and X-Hub-Signature alone is SHA-1; send SHA-256, "
                'or allow this with the annotation poplin.dev/allow-sha1: "true" on a GitHubSource'
            )
