"""What others look at of the sources that are served."""

from collections.abc import Sequence

from poplin.catalog import SourceStatus
from poplin.resources import Loaded, ResolvedSource
from sources.github.memory import TokenPlace
from sources.github.wishes import Kept
from sources.service import Sources

__all__ = ["kept", "resolved", "statuses", "token"]


def resolved(sources: Sources) -> Sequence[ResolvedSource]:
    return [each.resolved for each in sources.served]


def statuses(sources: Sources) -> Sequence[SourceStatus] | None:
    """None until it is known which there are."""
    return [each.status for each in sources.served] if sources.is_known else None


def kept(sources: Sources, webhook_url: str | None) -> Sequence[Kept] | None:
    """None while a source may be hidden: what is not there loses its hook."""
    if not sources.is_whole:
        return None
    return [
        Kept(each.resolved, each.standing, webhook_url and webhook_url + each.path)
        for each in sources.served
    ]


def token(sources: Sources, place: TokenPlace) -> str | None:
    """What its Secret holds now, though the source itself may be gone."""
    for each in (sources.loaded or Loaded()).secrets:
        if (each.namespace, each.name) == (place.namespace, place.name):
            return each.values.get(place.key, b"").decode("utf-8", "replace").strip() or None
    return None
