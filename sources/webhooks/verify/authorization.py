"""Credentials in Authorization: they tell who sends, and nothing about the body."""

from base64 import b64encode
from collections.abc import Sequence

from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import fits, refused, taken

__all__ = ["Basic", "Bearer"]


class Bearer:
    __slots__ = ("_secrets",)

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = [each for each in secrets if each]

    def verify(self, request: Request, /) -> None:
        if not fits(self._secrets, [_credentials(request, b"bearer")]):
            raise refused(
                "the token in Authorization is no secret of the source; set the same at the sender"
            )


class Basic:
    """Each secret is USER:PASSWORD, in UTF-8 (RFC 7617, section 2.1)."""

    __slots__ = ("_expected",)

    def __init__(self, secrets: Sequence[bytes]) -> None:
        # A colon alone, no user and no password, is as good as empty.
        self._expected = [b64encode(each) for each in secrets if b":" in each and each != b":"]

    def verify(self, request: Request, /) -> None:
        if not fits(self._expected, [_credentials(request, b"basic")]):
            raise refused(
                "user and password in Authorization are no secret of the source, which is "
                "USER:PASSWORD in UTF-8; set the same at the sender"
            )


def _credentials(request: Request, scheme: bytes) -> bytes:
    """What follows the scheme, whose case does not matter, and one space or more (RFC 9110, 11.4)."""
    name, _, credentials = taken(request, "Authorization").partition(b" ")
    if name.lower() != scheme:
        raise refused(f"Authorization is not of the scheme {scheme.decode().title()}; send that")
    return credentials.lstrip(b" ")
