"""What an event is, inside Poplin."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["AttributeValue", "Event"]

AttributeValue = str | int | bool
"""Strings keep their text; only extensions of structured events are integers or booleans."""


@dataclass(frozen=True, slots=True)
class Event:
    """A valid CloudEvent.

    `attributes` holds every context attribute that is set, `specversion` and `datacontenttype`
    among them, by lower-case name. `data` is what a binary-mode body carries, byte for byte.
    `headers` are the HTTP headers that travel along (lower-case name, value), never attributes.
    """

    attributes: Mapping[str, AttributeValue]
    data: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
