"""What a webhook says, taken from where a document or a preset points."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from poplin.resources.source_models import Taken
from sources.text import attribute_text
from sources.webhooks.mapping.payload import at, json_value
from sources.webhooks.values import RefusedError

__all__ = ["Facts", "is_json"]

# RFC 6901, 4: no leading zeros; "-", the one after the last, is never there.
_INDEX = re.compile(r"(?:0|[1-9][0-9]{0,8})\Z")


_UNREAD: Any = object()


class Facts:
    """Headers and body of one webhook. The body is read as JSON once, and only if a pointer asks:
    where it says that it is JSON, and where it says nothing and is. `payload` is what pointers
    point into instead.
    """

    def __init__(
        self,
        headers: Mapping[str, str],
        body: bytes,
        content_type: str | None,
        *,
        payload: Any = _UNREAD,
    ) -> None:
        self.headers = headers
        self.body = body
        self.content_type = content_type
        self._payload = payload

    @property
    def payload(self) -> Any:
        """None if the body is no JSON. Raises RefusedError if it says that it is."""
        if self._payload is _UNREAD:
            self._payload = self._read()
        return self._payload

    def pointing_into(self, payload: Any) -> "Facts":
        return Facts(self.headers, self.body, self.content_type, payload=payload)

    def _read(self) -> Any:
        if self.content_type is None:
            try:
                return json_value(self.body)
            except RefusedError:
                return None
        return json_value(self.body) if is_json(self.content_type) else None

    def values(self, taken: Taken) -> Iterator[object]:
        """What is there, then the default: the first that suits the attribute is meant."""
        found = self._found(taken)
        shown = found if isinstance(found, str) else attribute_text(found)
        if shown is not None and shown.strip():
            yield f"{taken.prefix}{shown}" if taken.prefix else found
        if taken.default is not None:
            yield taken.default

    def _found(self, taken: Taken) -> object:
        if taken.header is not None:
            return _utf8(self.headers.get(taken.header, ""))
        if taken.pointer is not None:
            return _pointed(self.payload, taken.pointer)
        return taken.value


def is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _utf8(header: str) -> str:
    """Headers come as Latin-1, though what is not ASCII in them is UTF-8 nearly always."""
    if header.isascii():
        return header
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _pointed(payload: Any, pointer: str) -> object:
    """RFC 6901; None where it points at nothing."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        payload = at(payload, _step(payload, name))
    return payload


def _step(payload: Any, name: str) -> str | int:
    return int(name) if isinstance(payload, list) and _INDEX.match(name) else name
