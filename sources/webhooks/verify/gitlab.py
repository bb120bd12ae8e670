"""GitLab: a signing token as in Standard Webhooks, or the older secret token, sent as it is."""

from collections.abc import Sequence

from poplin.resources.source_models import TOLERANCE_S
from sources.webhooks.values import Request
from sources.webhooks.verify.comparing import fits, refused, taken
from sources.webhooks.verify.standard import SECRET_PREFIX, StandardWebhooks

__all__ = ["GitLab"]


class GitLab:
    """With secrets of both kinds a signature decides where there is one, as GitLab advises for a
    change from tokens to signatures: it sends both headers meanwhile.
    """

    __slots__ = ("_has_signing", "_signed", "_tokens")

    def __init__(self, secrets: Sequence[bytes], tolerance_s: float = TOLERANCE_S) -> None:
        signing = [each for each in secrets if each.startswith(SECRET_PREFIX)]
        self._tokens = [each for each in secrets if each and not each.startswith(SECRET_PREFIX)]
        self._signed = StandardWebhooks(signing, tolerance_s)
        self._has_signing = bool(signing)

    def verify(self, request: Request, /) -> None:
        is_signed = "webhook-signature" in request.headers
        if self._has_signing and (is_signed or not self._tokens):
            self._signed.verify(request)
        elif not fits(self._tokens, [taken(request, "X-Gitlab-Token")]):
            raise refused(
                "X-Gitlab-Token is no secret of the source; set the same secret token at GitLab"
            )
