"""From one YAML document to an event source: what all kinds share, and each kind's own."""

from collections.abc import Callable
from typing import Any, cast

from poplin.resources.annotations import read_annotations
from poplin.resources.destinations import read_destination
from poplin.resources.fields import Checker, Fields
from poplin.resources.models import Identity
from poplin.resources.source_forges import read_bitbucket, read_github, read_gitlab
from poplin.resources.source_kubernetes import SKIPS_CHECK, read_api_server
from poplin.resources.source_models import Source, SourceKind, SourceSpec
from poplin.resources.source_parts import read_overrides
from poplin.resources.source_ping import read_ping
from poplin.resources.source_webhook import read_webhook
from poplin.resources.values import Value

__all__ = ["read_source"]

_SPECS: dict[str, Callable[[Checker, Fields, dict[str, Any]], SourceSpec | None]] = {
    "GitHubSource": read_github,
    "GitLabSource": read_gitlab,
    "BitbucketSource": read_bitbucket,
    "WebhookSource": read_webhook,
    "ApiServerSource": read_api_server,
    "PingSource": read_ping,
}


def read_source(
    checker: Checker, identity: Identity, annotations: Value | None, document: Fields
) -> Source | None:
    kind, namespace, name = identity
    value = document.need("spec")
    fields = checker.fields(value) if value is not None else None
    if fields is None:
        return None
    notes = read_annotations(checker, kind, annotations) | _of_knative(annotations)
    spec = _SPECS[kind](checker, fields, notes)
    sink_value, overrides = fields.need("sink"), fields.take("ceOverrides")
    sink = read_destination(checker, sink_value, namespace) if sink_value else None
    extensions = read_overrides(checker, overrides) if overrides else ()
    fields.refuse_unknown()
    if spec is None or sink is None:
        return None
    return Source(
        kind=cast("SourceKind", kind),
        namespace=namespace,
        name=name,
        sink=sink,
        spec=spec,
        overrides=extensions,
        warnings=tuple(checker.warnings),
    )


def _of_knative(annotations: Value | None) -> dict[str, Any]:
    """Its annotation that is heeded, under its whole name."""
    if annotations is None or not isinstance(annotations.data, dict):
        return {}
    found = annotations.data.get(SKIPS_CHECK)
    return {SKIPS_CHECK: found.data} if found else {}
