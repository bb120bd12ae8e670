"""Looking at the catalog again: only what changed since the last look is read."""

from typing import NamedTuple

from redis.asyncio import Redis

from poplin.catalog.catalog import CATALOG, CHANGES, Catalog
from poplin.catalog.fields import changed
from poplin.log.scripts import Script

__all__ = ["NOTHING", "Look", "look"]


class Look(NamedTuple):
    """What was found; `change` is the newest that was announced until then."""

    change: bytes
    catalog: Catalog


NOTHING = Look(b"", Catalog(version=-1))
"""Before the first look."""


async def look(redis: Redis, last: Look) -> Look:
    """The catalog as it is now; all of it is read when a change was missed."""
    words = (last.change, last.catalog.version)
    change, version, is_whole, *rest = await _news(redis, (CATALOG, CHANGES), words)
    fields = dict(zip(rest[::2], rest[1::2], strict=True))
    known = Catalog() if is_whole else last.catalog
    return Look(change, changed(known, int(version), fields))


_news = Script("news", "poplin.catalog")
