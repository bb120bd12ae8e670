"""Conditions and status of a source, with the reasons that Knative gives."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from poplin.catalog import Condition, SourceStatus
from poplin.resources.models import Refused
from poplin.resources.source_models import SOURCE_KINDS, Source
from poplin.resources.source_settings import settings_of
from poplin.resources.source_types import ce_attributes
from poplin.resources.status import conditions_of

__all__ = ["refused_source", "source_status", "source_status_of", "with_conditions"]

_COUNTED = (
    "SinkProvided",
    "SecretsProvided",
    "WebhookConfigured",
    "ResourcesFound",
    "SufficientPermissions",
    "Deployed",
)
"""Ready is True when these are."""


def source_status(
    source: Source,
    conditions: Iterable[Condition],
    *,
    warnings: Iterable[str] = (),
    sink_uri: str | None,
    url: str | None,
) -> SourceStatus:
    status = SourceStatus(
        kind=source.kind,
        api_version=SOURCE_KINDS[source.kind],
        namespace=source.namespace,
        name=source.name,
        warnings=tuple(filter(None, (source.refused_edit, *source.warnings, *warnings))),
        sink_uri=sink_uri,
        url=url,
        ce_attributes=ce_attributes(source),
        settings=settings_of(source),
        spec_digest=source.spec_digest,
    )
    return with_conditions(status, *conditions)


def refused_source(refused: Refused) -> SourceStatus | None:
    """Of a document that is no good; None when it is none of a source."""
    return next(
        (
            SourceStatus(
                kind=kind,
                api_version=version,
                namespace=refused.namespace,
                name=refused.name,
                conditions=(Condition("Ready", "False", "Invalid", refused.message),),
                spec_digest=refused.spec_digest,
            )
            for kind, version in SOURCE_KINDS.items()
            if kind == refused.kind
        ),
        None,
    )


def with_conditions(status: SourceStatus, *conditions: Condition) -> SourceStatus:
    """The same where these stand, in place of those of their types, and Ready is as they say.

    Of a refused document Ready stays Invalid.
    """
    ready, *rest = status.conditions or (Condition("Ready", "Unknown"),)
    found = {each.type: each for each in (*rest, *conditions)}
    counted = [found.pop(kind) for kind in _COUNTED if kind in found]
    if counted and ready.reason != "Invalid":
        ready = _rolled_up(counted)
    return replace(status, conditions=(ready, *counted, *found.values()))


def _rolled_up(conditions: Sequence[Condition]) -> Condition:
    """As Knative: what is known to be amiss goes before what is not known yet."""
    amiss = [each for each in conditions if each.status != "True"]
    failed = next((each for each in amiss if each.status == "False"), next(iter(amiss), None))
    return Condition("Ready", "True") if failed is None else replace(failed, type="Ready")


def source_status_of(status: SourceStatus) -> dict[str, Any]:
    """The `status` of the object in Knative's API; what is not known is left out."""
    found: dict[str, Any] = {
        "observedGeneration": status.observed_generation,
        "conditions": conditions_of(status.conditions),
    }
    if status.sink_uri is not None:
        found["sinkUri"] = status.sink_uri
    if status.ce_attributes:
        found["ceAttributes"] = [
            {"type": kind, **({"source": source} if source else {})}
            for kind, source in status.ce_attributes
        ]
    if status.webhook_id:
        found["webhookIDKey"] = status.webhook_id
    if status.namespaces:
        found["namespaces"] = list(status.namespaces)
    return found
