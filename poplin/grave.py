"""The grave of a dead letter, and the error attributes that its sink is told."""

from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass

import orjson

from poplin.event import AttributeValue

__all__ = ["Grave", "encoded_body", "error_attributes", "parse_grave"]

_MOST_BODY_BYTES = 768
"""knativeerrordata is at most 1,024 characters of base64, as in Knative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grave:
    """Why an entry was given up. Times are µs; `body` is base64 of the capped last answer."""

    reason: str
    status: int
    destination: str
    attempts: int
    first_us: int
    last_us: int
    body: str = ""
    sink_reason: str = ""
    """Why the dead-letter sink refused it too, if it did."""

    @property
    def body_text(self) -> str:
        """For people; what is no UTF-8, such as a character cut in two, is shown as a sign."""
        return b64decode(self.body).decode(errors="replace")

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self))


_UNREADABLE = Grave(
    reason="not known: its grave cannot be read",
    status=500,
    destination="",
    attempts=0,
    first_us=0,
    last_us=0,
)


def encoded_body(body: bytes) -> str:
    return b64encode(body[:_MOST_BODY_BYTES]).decode()


def parse_grave(text: bytes) -> Grave:
    """Fields that are not known, of a later release, are left out. One that cannot be read says
    so: its event is as dead, and goes to the sink or stays as any other.
    """
    try:
        fields = orjson.loads(text)
        return Grave(**{name: fields[name] for name in Grave.__slots__ if name in fields})
    except (ValueError, TypeError):
        return _UNREADABLE


def error_attributes(grave: Grave) -> dict[str, AttributeValue]:
    """Knative's three, as its dispatcher writes them."""
    return {
        "knativeerrordest": grave.destination,
        "knativeerrorcode": grave.status,
        "knativeerrordata": grave.body,
    }
