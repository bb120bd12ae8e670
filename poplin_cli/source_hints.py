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
        "application/json, as Secret what the Kubernetes Secret holds"
    ),
    "GitLabSource": (
        "at GitLab: Settings, Webhooks, Add new webhook: URL {url}, as Secret token (or Signing "
        "token) what the Secret holds"
    ),
    "BitbucketSource": (
        "at Bitbucket: Repository settings, Webhooks, Add webhook: URL {url}, as Secret what the "
        "Kubernetes Secret holds"
    ),
    "standard-webhooks": (
        "add an endpoint with URL {url} where the sender keeps its webhooks, and put the signing "
        "secret that it shows (whsec_…) into the Secret"
    ),
    "stripe": (
        "at Stripe: Developers, Webhooks, add an endpoint with URL {url}, and put its signing "
        "secret (whsec_…) into the Secret"
    ),
    "slack": (
        "at api.slack.com/apps: the app's Signing Secret (Basic Information) into the Secret, then "
        "Event Subscriptions: Request URL {url}"
    ),
    "shopify": (
        "at Shopify: Settings, Notifications, Webhooks, Create webhook: format JSON, URL {url}; "
        "the key that the page says it signs with goes into the Secret"
    ),
    "hmac": "let the sender POST to {url}, signed as spec.hmac says with what the Secret holds",
    "bearer": "let the sender POST to {url} with Authorization: Bearer and what the Secret holds",
    "basic": "let the sender POST to {url} with the user and password that the Secret holds",
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
    if counts["refusedFor"].get("too_large") or "EventsAccepted" in _not_true(conditions):
        yield (
            "some were too large: raise --max-event-bytes of the sink's ingress, or "
            "--max-webhook-bytes"
        )
    if counts["sinkFailures"]:
        yield (
            "some attempts to give its sink an event failed; if that goes on: "
            f"{_look_at_sink(view['sinkUri'])}"
        )


def _not_true(conditions: list[dict[str, str]]) -> list[str]:
    return [each["type"] for each in conditions if each["status"] != "True"]


def _to_mend(conditions: list[dict[str, str]]) -> Iterator[str]:
    known = [_MEND[each] for each in _not_true(conditions) if each in _MEND]
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
    yield (where or "give {url} to the sender").format(url=url)


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


def _look_at_sink(uri: str) -> str:
    """A broker's ingress has its namespace and name for a path."""
    namespace, _, name = urlsplit(uri).path.strip("/").partition("/")
    if is_namespace(namespace) and is_name(name):
        return f"poplin describe broker {namespace}/{name}"
    return f"look at {uri}"


def _all_well(view: dict[str, Any]) -> str:
    return f"nothing: it is Ready, and {view['counts']['emitted']} events are with its sink"


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
