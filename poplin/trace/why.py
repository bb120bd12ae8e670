"""Why a trigger's filters let an event go by, in one sentence."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from poplin.filters import Attributes, Reason, explain_filters

__all__ = ["why_not"]

_MOST_PARTS = 3
_MOST_LENGTH = 400


def why_not(filters: Sequence[Mapping[str, Any]], attributes: Attributes) -> str:
    """The parts that are to blame, with their places in the Trigger; '' when it matches."""
    for reason in explain_filters(filters, attributes):
        if reason.matches is False:
            blamed = list(_blamed(reason))
            more = f"; and {len(blamed) - _MOST_PARTS} more" if len(blamed) > _MOST_PARTS else ""
            said = "; ".join(blamed[:_MOST_PARTS])
            return (said if len(said) <= _MOST_LENGTH else f"{said[:_MOST_LENGTH]}…") + more
    return ""


def _blamed(reason: Reason) -> Iterator[str]:
    # Parts of an expression have their own places, lines and columns: the whole of it says more.
    parts = [part for part in reason.parts if part.place.startswith(reason.place)]
    failing = [part for part in parts if part.matches is False]
    if failing:
        for part in failing:
            yield from _blamed(part)
    elif parts:  # `not`: what is below it does match
        yield f"{reason.place}: {parts[0].text}, and should not"
    else:
        yield f"{reason.place}: {reason.text}"
