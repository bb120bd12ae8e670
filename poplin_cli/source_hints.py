"""What a person can do about how a source fares: values in, sentences out."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from poplin.names import is_name, is_namespace
from poplin_cli.webhook_hints import first_webhook, refusals

__all__ = ["source_hints"]

_FIRST_OF_ITSELF = {
    "ApiServerSource": (
        "nothing that it sends has happened yet: let an object that it watches change, and look again"
    ),
    "PingSource": "no tick has come yet: wait for the next one of its schedule",
}
"""Of sources that act by themselves: how the first event would come."""

_MEND = {
    "SinkProvided": "add the sink that it names, or mend spec.sink",
    "SecretsProvided": "add the Secret and the key that SecretsProvided names",
    "WebhookConfigured": (
        "do what WebhookConfigured asks for; or leave out accessToken and set the webhook up by hand"
    ),
    "ResourcesFound": (
        "mend the apiVersion and kind that ResourcesFound names (kubectl api-resources lists what "
        "there is), or install the CustomResourceDefinition"
    ),
    "SufficientPermissions": (
        "allow what SufficientPermissions names, by a Role and its binding: docs/sources/kubernetes.md "
        "has the least that a source needs"
    ),
}
_MEND_DEPLOYED = {
    "NotYetStarted": (
        "wait: a process begins with it within 15 s; if none does, see the log of the sources service"
    ),
    "CatchingUp": "wait: the API server is being asked for what is there",
    "ApiServerUnavailable": (
        "see whether the API server answers (kubectl get --raw /readyz) to where --kubeconfig and "
        "--kube-context lead; it goes on from where it was"
    ),
}
"""By reason."""


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
    by_itself = _FIRST_OF_ITSELF.get(view["kind"])
    if view["ready"] != "True":
        yield from _to_mend(conditions)
    elif by_itself and not counts["received"]:
        yield by_itself
    elif not (counts["received"] or counts["refusedFor"].get("bad_signature")):
        yield from first_webhook(view)
    if by_itself:
        yield from _of_ticks(conditions, view["settings"])
        yield from _of_size(conditions)
    else:
        yield from refusals(counts)
    yield from _of_sink(conditions, view["sinkUri"])


def _to_mend(conditions: list[dict[str, str]]) -> Iterator[str]:
    failed = [each for each in conditions if each["status"] != "True"]
    known = [
        _MEND[each["type"]]
        for each in failed
        if each["type"] in _MEND and each.get("reason") != "NotAskedYet"
    ]
    # While anything else is amiss it says no more than that.
    known = known or [
        _MEND_DEPLOYED.get(each.get("reason", ""), "do what Deployed says; it is tried again")
        for each in failed
        if each["type"] == "Deployed"
    ]
    yield from known or ["mend what the first condition that is not True says"]


def _of_ticks(conditions: list[dict[str, str]], settings: dict[str, str]) -> Iterator[str]:
    if _is_false(conditions, "OnTime") and settings.get("Missed ticks") == "reported":
        yield 'ticks were missed; poplin.dev/catch-up: "last" or "all" has such fired afterwards'


def _of_size(conditions: list[dict[str, str]]) -> Iterator[str]:
    if _is_false(conditions, "EventsAccepted", "EventTooLarge"):
        yield "some were too large and are not sent again: raise --max-event-bytes of the sink's ingress"


def _is_false(conditions: list[dict[str, str]], kind: str, reason: str = "") -> bool:
    found = next((each for each in conditions if each["type"] == kind), {})
    return found.get("status") == "False" and reason in ("", found.get("reason"))


def _of_sink(conditions: list[dict[str, str]], uri: str) -> Iterator[str]:
    """What EventsAccepted says of now; that something was too large is said already."""
    is_too_large = _is_false(conditions, "EventsAccepted", "EventTooLarge")
    if is_too_large or not _is_false(conditions, "EventsAccepted"):
        return
    # A broker's ingress has its namespace and name for a path.
    namespace, _, name = urlsplit(uri).path.strip("/").partition("/")
    is_broker = is_namespace(namespace) and is_name(name)
    where = f"poplin describe broker {namespace}/{name}" if is_broker else f"look at {uri}"
    yield f"its sink does not take its events: {where}"


def _all_well(view: dict[str, Any]) -> str:
    return f"nothing: it is Ready; events that its sink has taken: {view['counts']['emitted']}"
