"""What the mappers of all providers do alike."""

from poplin.event import AttributeValue
from poplin.operate.when import when_text
from sources.text import attribute_text
from sources.webhooks.values import Request

__all__ = ["attribute_value", "received", "words"]

_LEAST, _MOST = -(2**31), 2**31 - 1


def attribute_value(value: object) -> AttributeValue | None:
    """A JSON value as an extension: booleans and integers (CloudEvents 1.0.2, Type System) stay
    what they are, longer integers and all else are text; None where there is none.
    """
    if isinstance(value, bool) or (isinstance(value, int) and _LEAST <= value <= _MOST):
        return value
    return attribute_text(value)


def words(value: object) -> str | None:
    """The text of a string or integer, for id, type and subject, which must not be blank; None
    where there is none.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = attribute_text(value)
    return text if text and text.strip() else None


def received(request: Request) -> str:
    """When it came, in RFC 3339: the time of events that do not tell theirs."""
    return when_text(int(request.now_s * 1_000_000))
