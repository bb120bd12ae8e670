"""What a person can do about how a source fares: values in, sentences out."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from poplin.names import is_name, is_namespace

__all__ = ["source_hints"]

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

_MEND = {
    "SinkProvided": "add the sink that it names, or mend spec.sink",
    "SecretsProvided": "add the Secret and the key that SecretsProvided names",
    "WebhookConfigured": (
        "do what WebhookConfigured asks for; or leave out accessToken and set the webhook up by hand"
    ),
}


def source_hints(view: dict[str, Any]) -> Iterator[str]:
    if view["reason"] == "NotServed":
        yield "start its service: poplin up -f PATH, or poplin sources --redis URL -f PATH"
        return
    if view["reason"] == "Invalid":
        yield "mend its document: poplin check -f PATH tells what is wrong with it"
        return
    yield from list(_of_source(view)) or [_all_well(view)]


def _of_source(view: dict[str, Any]) -> Iterator[str]:
    conditions, counts = view["status"]["conditions"], view["counts"]
    if view["ready"] != "True":
        yield from _to_mend(conditions)
    elif not counts["received"] and not counts["refusedFor"].get("bad_signature"):
        yield from _first_webhook(view)
    yield from _refusals(counts)
    yield from _of_sink(conditions, view["sinkUri"])


def _to_mend(conditions: list[dict[str, str]]) -> Iterator[str]:
    failed = [each["type"] for each in conditions if each["status"] != "True"]
    known = [_MEND[each] for each in failed if each in _MEND]
    yield from known or ["mend what the first condition that is not True says"]


def _first_webhook(view: dict[str, Any]) -> Iterator[str]:
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


def _refusals(counts: dict[str, Any]) -> Iterator[str]:
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


def _of_sink(conditions: list[dict[str, str]], uri: str) -> Iterator[str]:
    """What EventsAccepted says of now; that something was too large is said already."""
    accepted = next((each for each in conditions if each["type"] == "EventsAccepted"), {})
    if accepted.get("status") != "False" or accepted.get("reason") == "EventTooLarge":
        return
    # A broker's ingress has its namespace and name for a path.
    namespace, _, name = urlsplit(uri).path.strip("/").partition("/")
    is_broker = is_namespace(namespace) and is_name(name)
    where = f"poplin describe broker {namespace}/{name}" if is_broker else f"look at {uri}"
    yield f"its sink does not take its events: {where}"


def _all_well(view: dict[str, Any]) -> str:
    return f"nothing: it is Ready; events that its sink has taken: {view['counts']['emitted']}"


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
