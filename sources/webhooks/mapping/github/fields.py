"""Where the tables find things in a payload."""

from collections.abc import Callable
from typing import Any

from poplin.event import AttributeValue
from sources.webhooks.mapping.base import attribute_value
from sources.webhooks.mapping.payload import at

__all__ = ["COMMON", "OWNED", "Field", "extensions", "field", "first", "last_part", "nothing"]

Field = Callable[[Any], Any]
"""From the payload to what it has there; None for nothing."""


def field(dotted: str) -> Field:
    """What is at a path of names, such as issue.user.login."""
    path = dotted.split(".")
    return lambda payload: at(payload, *path)


def nothing(_: Any) -> None:
    """Nowhere."""


def first(*fields: Field) -> Field:
    """The first that there is."""
    return lambda payload: next(
        (found for each in fields if (found := each(payload)) is not None), None
    )


def last_part(dotted: str) -> Field:
    """What follows the last slash of a URL there."""
    url = field(dotted)

    def read(payload: Any) -> str | None:
        text = url(payload)
        return text.rpartition("/")[2] if isinstance(text, str) and "/" in text else None

    return read


OWNED = {
    "owner": field("repository.owner.login"),
    "repository": field("repository.name"),
    "sender": field("sender.login"),
}

COMMON = OWNED | {
    "action": field("action"),
    "owner": first(field("repository.owner.login"), field("organization.login")),
}
"""What an event of any name may have."""


def extensions(fields: dict[str, Field], payload: Any) -> dict[str, AttributeValue]:
    """Those that the payload has. A text that is empty there, such as the name of a release without
    one, is here too, as Knative's is.
    """
    found = {name: each(payload) for name, each in fields.items()}
    values = {name: "" if it == "" else attribute_value(it) for name, it in found.items()}
    return {name: value for name, value in values.items() if value is not None}
