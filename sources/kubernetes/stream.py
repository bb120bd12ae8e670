"""A watch's bytes → lines → events.

A line may have any length and come in many chunks, and a chunk may have many lines: what came
together is given together.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import orjson

from sources.kubernetes.asking import Asked, Refusal, object_of, refused
from sources.kubernetes.errors import KubernetesError, UnavailableError
from sources.kubernetes.values import Resource, WatchEvent

__all__ = ["Lines", "SilentError", "event_of", "events"]

MOST_LINE_BYTES = 64 * 1024 * 1024
"""etcd keeps objects of about 1.5 MiB unless it is told otherwise."""


class SilentError(UnavailableError):
    """No byte came for too long."""


class Lines:
    """Chunks in, whole lines out; each byte is looked at once, however long a line becomes."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    @property
    def is_between(self) -> bool:
        """No line is begun."""
        return self._size == 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Those that this chunk ends. Raises UnavailableError where a line has no end."""
        first, *more = chunk.split(b"\n")
        self._parts.append(first)
        self._size += len(first)
        if self._size > MOST_LINE_BYTES:
            raise UnavailableError(
                f"the API server sends a line of more than {MOST_LINE_BYTES >> 20} MiB"
            )
        if not more:
            return []
        whole = [b"".join(self._parts), *more[:-1]]
        self._parts, self._size = [more[-1]], len(more[-1])
        return [line for line in whole if line.strip()]


async def events(
    chunks: AsyncIterator[bytes], resource: Resource, asked: Asked
) -> AsyncGenerator[Sequence[WatchEvent], None]:
    """Until the chunks end. What came before an error is given before it is raised.

    Silence is an error only where bookmarks, which come about once a minute, came before. A server
    without a cache of watches for a kind sends none, and nothing may happen for long: the end of
    the watch lets its reader go on from the same resourceVersion, which a lost connection survives
    just as well.
    """
    lines = Lines()
    has_bookmarks = False
    try:
        async for chunk in chunks:
            seen, error = _read(lines, chunk, resource, asked)
            has_bookmarks = has_bookmarks or any(each.type == "BOOKMARK" for each in seen)
            if seen:
                yield seen
            if error is not None:
                raise error
    except SilentError:
        if has_bookmarks:
            raise
        return
    if not lines.is_between:
        raise UnavailableError(f"the answer to {asked} ends in the midst of a line")


def _read(
    lines: Lines, chunk: bytes, resource: Resource, asked: Asked
) -> tuple[list[WatchEvent], KubernetesError | None]:
    seen: list[WatchEvent] = []
    try:
        for line in lines.feed(chunk):
            seen.append(event_of(line, resource, asked))  # noqa: PERF401 - kept if the next one fails
    except KubernetesError as error:
        return seen, error
    return seen, None


def event_of(line: bytes, resource: Resource, asked: Asked) -> WatchEvent:
    """Raises what an ERROR means, and UnavailableError for what is no event."""
    try:
        found = orjson.loads(line)
    except ValueError:
        found = None
    match found:
        case {"type": "ERROR", "object": {"code": int(code), **status}}:
            raise refused(asked, Refusal(code, str(status.get("message", "")), _wait(status)))
        case {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str()}}}:
            return WatchEvent("BOOKMARK", found["object"])
        case {
            "type": "ADDED" | "MODIFIED" | "DELETED" as happened,
            "object": {"metadata": {"uid": str(), "name": str(), "resourceVersion": str()}},
        }:
            return WatchEvent(happened, object_of(found["object"], resource))
    raise UnavailableError(f"the API server answers to {asked} with what is no event")


def _wait(status: object) -> float | None:
    match status:
        case {"details": {"retryAfterSeconds": int(seconds)}}:
            return float(seconds)
    return None
