"""The kinds of sources that act by themselves, with what all sources of a kind share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from poplin.settings import SourcesSettings
from sources.active import Kind
from sources.tally import Tally

__all__ = ["open_kinds"]


@asynccontextmanager
async def open_kinds(
    settings: SourcesSettings,  # noqa: ARG001 - for those that are added here
    redis: Redis,  # noqa: ARG001
    tally: Tally,  # noqa: ARG001
) -> AsyncIterator[Mapping[str, Kind]]:
    """Each by its name; what they share is closed at the end."""
    kinds: dict[str, Kind] = {}
    yield kinds
