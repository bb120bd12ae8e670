"""An event of the log, with its data as text where it is text."""

from base64 import b64encode

from console.view import View, time_text
from poplin.codec import from_entry
from poplin.event import AttributeValue
from poplin.log import Entry
from poplin.operate import Place

__all__ = ["EventView", "event_view"]


class EventView(View):
    """Of `data` and `data_base64` one is null, both when there is no data."""

    broker: str
    log_id: str
    accepted: str
    attributes: dict[str, AttributeValue]
    data: str | None
    data_base64: str | None
    bytes: int


def event_view(broker: str, place: Place, entry: Entry) -> EventView:
    event = from_entry(*entry)
    text, binary = _data(event.data)
    return EventView(
        broker=broker,
        log_id=str(place),
        accepted=time_text(int(place.id.partition(b"-")[0]) * 1000),
        attributes=dict(event.attributes),
        data=text,
        data_base64=binary,
        bytes=len(event.data),
    )


def _data(data: bytes) -> tuple[str | None, str | None]:
    if not data:
        return None, None
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(data).decode()
