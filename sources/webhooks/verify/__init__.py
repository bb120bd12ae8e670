"""Whether a webhook comes from its provider: one module for each way of signing.

A verifier sees raw bytes and compares in constant time; it knows nothing of events.
"""

from collections.abc import Sequence

from poplin.resources.source_models import (
    BitbucketSpec,
    GitHubSpec,
    GitLabSpec,
    HookSpec,
    WebhookSpec,
)
from sources.webhooks.values import Verifier
from sources.webhooks.verify.authorization import Basic, Bearer
from sources.webhooks.verify.body_hmac import BodyHmac, bitbucket, generic, shopify
from sources.webhooks.verify.github import GitHub
from sources.webhooks.verify.gitlab import GitLab
from sources.webhooks.verify.slack import Slack
from sources.webhooks.verify.standard import StandardWebhooks
from sources.webhooks.verify.stripe import Stripe
from sources.webhooks.verify.unverified import Unverified

__all__ = ["verifier_for"]


def verifier_for(spec: HookSpec, secrets: Sequence[bytes]) -> Verifier:
    """What any of the secrets signed is let in; an empty secret signs nothing, so that without a
    good one everything is refused, except with preset none.
    """
    match spec:
        case GitHubSpec():
            return GitHub(secrets, allows_sha1=spec.allows_sha1)
        case GitLabSpec():
            return GitLab(secrets)
        case BitbucketSpec():
            return bitbucket(secrets)
        case WebhookSpec():
            return _of_preset(spec, secrets)


def _of_preset(spec: WebhookSpec, secrets: Sequence[bytes]) -> Verifier:
    match spec.preset:
        case "standard-webhooks":
            return StandardWebhooks(secrets, spec.tolerance_s)
        case "stripe":
            return Stripe(secrets, spec.tolerance_s)
        case "slack":
            return Slack(secrets, spec.tolerance_s)
        case "shopify":
            return shopify(secrets)
        case "github":
            return GitHub(secrets)
        case "gitlab":
            return GitLab(secrets, spec.tolerance_s)
        case "bitbucket":
            return bitbucket(secrets)
        case "hmac":
            return _of_hmac(spec, secrets)
        case "bearer":
            return Bearer(secrets)
        case "basic":
            return Basic(secrets)
        case "none":
            return Unverified()


def _of_hmac(spec: WebhookSpec, secrets: Sequence[bytes]) -> BodyHmac:
    if spec.hmac is None:
        raise ValueError("preset hmac without spec.hmac")  # its document is refused
    return generic(spec.hmac, secrets)
