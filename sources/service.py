"""The sources that are served now: each with how it fares, and its place at the receiver if it has one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from poplin.catalog import SourceStatus
from poplin.resources import Loaded, ResolvedSource, with_conditions
from poplin.resources.source_models import WEBHOOK_KINDS
from sources.standing import Standing
from sources.webhooks.hook import Taker

__all__ = ["Served", "Sources"]

Resolve = Callable[[Loaded, Mapping[str, SourceStatus]], Sequence[ResolvedSource]]
"""Documents, and the statuses by key from which generations go on."""
Make = Callable[[ResolvedSource, Standing], Taker]
"""Of the kinds that take webhooks alone."""


@dataclass(frozen=True, slots=True)
class Served:
    resolved: ResolvedSource
    standing: Standing
    taker: Taker | None = None
    """None of a source that acts by itself."""

    @property
    def path(self) -> str:
        status = self.resolved.status
        return f"/{status.namespace}/{status.name}"

    @property
    def status(self) -> SourceStatus:
        """As it is at this moment."""
        standing = self.standing
        status = with_conditions(self.resolved.status, *standing.conditions())
        return replace(
            status,
            webhook_id=standing.webhook_id,
            lag_s=standing.lag_s,
            namespaces=standing.namespaces,
        )


class Sources:
    """The documents in force. What changes them swaps all paths at once."""

    def __init__(self, resolve: Resolve, make: Make) -> None:
        self._resolve = resolve
        self._make = make
        self.loaded: Loaded | None = None
        """None until documents are in force."""
        self.is_whole = False
        """All sources have been read: none was hidden by an error from the start on, so that one that
        is missing is gone."""
        self._served: dict[str, Served] = {}
        self._paths: dict[str, Taker] = {}
        self._known: Mapping[str, SourceStatus] = {}

    @property
    def is_known(self) -> bool:
        """Whether documents are in force yet."""
        return self.loaded is not None

    @property
    def served(self) -> Sequence[Served]:
        return list(self._served.values())

    def at(self, path: str) -> Taker | None:
        """Who takes what comes to that path."""
        return self._paths.get(path.rstrip("/"))

    def take(self, loaded: Loaded) -> None:
        """These are in force from now on."""
        found: dict[str, Served] = {}
        for resolved in self._resolve(loaded, self._known):
            key = resolved.status.key
            standing = self._standing(resolved.status)
            taker = self._make(resolved, standing) if _takes_webhooks(resolved.status) else None
            found[key] = Served(resolved, standing, taker)
        self.loaded = loaded
        self.is_whole = self.is_whole or not any(each.hides for each in loaded.problems)
        self._served = found
        self._known = {key: each.resolved.status for key, each in found.items()}
        self._paths = {each.path: each.taker for each in found.values() if each.taker is not None}

    def go_on_from(self, statuses: Mapping[str, SourceStatus]) -> None:
        """Those that the store has of an earlier process: generations are counted on from them."""
        self._known = {**self._known, **statuses}
        if self.loaded is not None:
            self.take(self.loaded)

    def _standing(self, status: SourceStatus) -> Standing:
        before = self._served.get(status.key)
        if before is None:
            return Standing(takes_webhooks=_takes_webhooks(status))
        if before.resolved.status.spec_digest != status.spec_digest:
            before.standing.edited()
        return before.standing


def _takes_webhooks(status: SourceStatus) -> bool:
    return status.kind in WEBHOOK_KINDS
