"""From checked documents to what a sources service uses: the sink found, the secrets at hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from poplin.catalog import Condition, SourceStatus
from poplin.resources.addresses import Addresses, BrokerUrl, UnresolvedError
from poplin.resources.models import Loaded
from poplin.resources.source_models import ApiServerSpec, PingSpec, Source
from poplin.resources.source_secrets import read_secrets
from poplin.resources.source_status import refused_source, source_status
from poplin.resources.status import numbered

__all__ = ["ReceiverUrl", "ResolvedSource", "resolve_sources", "source_statuses"]

ReceiverUrl = Callable[[str], str]
"""Where the receiver takes webhooks, by path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedSource:
    """`status` is what the files tell. `source` is None where the document is refused; `secrets`
    are empty unless all are there, so that nothing is taken unverified for want of one.
    """

    status: SourceStatus
    source: Source | None = None
    sink_uri: str | None = None
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    access_token: str | None = field(default=None, repr=False)


def resolve_sources(
    loaded: Loaded,
    *,
    broker_url: BrokerUrl,
    services: Mapping[str, str] | None = None,
    known: Mapping[str, SourceStatus] | None = None,
    receiver_url: ReceiverUrl,
) -> list[ResolvedSource]:
    """All sources in the order of the files, refused ones too.

    `services` are as of `resolve`; `known` are the statuses in force by key, from which
    generations go on.
    """
    addresses = Addresses(loaded, broker_url, services)
    return [
        replace(each, status=numbered(each.status, (known or {}).get(each.status.key)))
        for each in _all(loaded, addresses, receiver_url)
    ]


def source_statuses(loaded: Loaded, addresses: Addresses) -> dict[str, SourceStatus]:
    """By key, what is true of each as far as the files tell."""
    return {each.status.key: each.status for each in _all(loaded, addresses, str)}


def _all(loaded: Loaded, addresses: Addresses, receiver_url: ReceiverUrl) -> list[ResolvedSource]:
    found = [_resolved(each, loaded, addresses, receiver_url) for each in loaded.sources]
    refused = (refused_source(each) for each in loaded.refused)
    found += [ResolvedSource(status=status) for status in refused if status is not None]
    places = {"/".join(identity): number for number, identity in enumerate(loaded.documents)}
    return sorted(found, key=lambda each: places[each.status.key])


def _resolved(
    source: Source, loaded: Loaded, addresses: Addresses, receiver_url: ReceiverUrl
) -> ResolvedSource:
    sink_uri, sink_provided = _sink(source, addresses)
    if isinstance(source.spec, ApiServerSpec | PingSpec):
        status = source_status(source, (sink_provided,), sink_uri=sink_uri, url=None)
        return ResolvedSource(status=status, source=source, sink_uri=sink_uri)
    secrets = read_secrets(source.spec, source.namespace, loaded)
    status = source_status(
        source,
        (sink_provided, secrets.condition),
        warnings=secrets.warnings,
        sink_uri=sink_uri,
        url=receiver_url(source.path),
    )
    return ResolvedSource(
        status=status,
        source=source,
        sink_uri=sink_uri,
        secrets=secrets.values,
        access_token=secrets.access_token,
    )


def _sink(source: Source, addresses: Addresses) -> tuple[str | None, Condition]:
    try:
        return addresses.url(source.sink), Condition("SinkProvided", "True")
    except UnresolvedError as error:
        return None, Condition("SinkProvided", "False", "NotFound", str(error))
