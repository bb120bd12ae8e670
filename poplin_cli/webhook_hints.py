"""What a person can do so that webhooks come, and are taken: values in, sentences out."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

__all__ = ["first_webhook", "refusals"]

_AT_PROVIDERS = {
    "GitHubSource": (
        "at GitHub: Settings, Webhooks, Add webhook: Payload URL {url}, Content type "
        "application/json, as Secret the value of {secret}"
    ),
    "GitLabSource": (
        "at GitLab: Settings, Webhooks, Add new webhook: URL {url}, as Secret token (or Signing "
        "token) the value of {secret}"
    ),
    "BitbucketSource": (
        "at Bitbucket: Repository settings, Webhooks, Add webhook: URL {url}, as Secret the value "
        "of {secret}"
    ),
    "standard-webhooks": (
        "add an endpoint with URL {url} where the sender keeps its webhooks, and put the signing "
        "secret that it shows (whsec_…) into {secret}"
    ),
    "stripe": (
        "at Stripe: Developers, Webhooks, add an endpoint with URL {url}, and put its signing "
        "secret (whsec_…) into {secret}"
    ),
    "slack": (
        "at api.slack.com/apps: put the app's Signing Secret (Basic Information) into {secret}, then "
        "Event Subscriptions: Request URL {url}"
    ),
    "shopify": (
        "at Shopify: Settings, Notifications, Webhooks, Create webhook: format JSON, URL {url}; put "
        "the key that the page says it signs with into {secret}"
    ),
    "hmac": "let the sender POST to {url}, signed as spec.hmac says with the value of {secret}",
    "bearer": "let the sender POST to {url} with Authorization: Bearer and the value of {secret}",
    "basic": "let the sender POST to {url} with the user and password of {secret}",
    "none": "let the sender POST to {url}; whoever knows the URL may: keep it inside",
}
"""Where the URL goes, by kind of source or preset. docs/sources/ has it field by field."""

_KIND_OF_PRESET = {
    "github": "GitHubSource",
    "gitlab": "GitLabSource",
    "bitbucket": "BitbucketSource",
}


def first_webhook(view: dict[str, Any]) -> Iterator[str]:
    """Nothing has come yet: how it would."""
    url = view["url"]
    if _is_local(url):
        yield (
            f"no provider elsewhere reaches {url}: start with --webhook-url and the public URL of a "
            "tunnel or reverse proxy that leads to it"
        )
    if view["status"].get("webhookIDKey"):
        yield "the webhook is set up; let something happen there, or look at its recent deliveries"
        return
    preset = view["settings"].get("Preset", "")
    where = _AT_PROVIDERS.get(_KIND_OF_PRESET.get(preset, preset) or view["kind"])
    yield (where or "give {url} to the sender").format(url=url, secret=_secret(view["settings"]))


def _secret(settings: dict[str, str]) -> str:
    """Where the first of its secrets is: the one to give to the provider."""
    name = settings.get("Secrets", "").partition(",")[0]
    return f"Secret {name}" if name else "its Secret"


def refusals(counts: dict[str, Any]) -> Iterator[str]:
    refused = counts["refusedFor"]
    if forged := refused.get("bad_signature"):
        yield (
            f"{forged} had no valid signature: strangers, or the provider with another secret; while "
            "a secret changes let the source know both"
            if counts["received"]
            else f"{forged} came and none had a valid signature: the provider's secret is not the one "
            "in the Secret"
        )
    if refused.get("too_old"):
        yield "some were signed too far from now: set this machine's clock by NTP"
    if refused.get("too_large"):
        yield (
            "some were too large: raise --max-webhook-bytes, or --max-event-bytes of the sink's "
            "ingress; then have them sent again"
        )


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
