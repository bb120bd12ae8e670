"""The Lua scripts, read from their packages, and how one is called."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from poplin.store import translated

__all__ = ["Script"]

# When memory is full, only these are refused; the others free or finish work.
_REFUSED_WHEN_FULL = frozenset({"append", "append_once", "replay"})
# With profile ha, these count only once a replica has them; what the others write may be lost
# with a primary, because it is done again.
_COPIED = frozenset({"append", "append_once", "fence", "publish", "roster"})


@cache
def _source(name: str, package: str) -> str:
    flags = "" if name in _REFUSED_WHEN_FULL else " flags=allow-oom"
    common = (files("poplin.log") / "scripts" / "common.lua").read_text()
    script = (files(package) / "scripts" / f"{name}.lua").read_text()
    return f"#!lua{flags}\n{common}\n{script}"


class Script:
    """One script by name. The server keeps it by its digest; it is sent again when unknown.

    `package` is where its folder `scripts` is.
    """

    __slots__ = ("_digest", "_options", "_source")

    def __init__(self, name: str, package: str = "poplin.log") -> None:
        self._source = _source(name, package)
        self._options = {"copied": True} if name in _COPIED else {}
        self._digest = sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(
        self, redis: Redis, keys: Sequence[str], args: Sequence[bytes | str | int]
    ) -> Any:
        """Raises StoreUnavailableError; whether the script ran is then unknown."""
        words = (len(keys), *keys, *args)
        with translated():
            try:
                return await redis.execute_command("EVALSHA", self._digest, *words, **self._options)
            except NoScriptError:
                return await redis.execute_command("EVAL", self._source, *words, **self._options)
