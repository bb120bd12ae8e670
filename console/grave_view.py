"""A grave as the API shows it, wherever it does."""

from console.view import View, time_text
from poplin.grave import Grave

__all__ = ["GraveView", "grave_view"]


class GraveView(View):
    """Why it was given up. `body` is the beginning of the last answer as text, and
    `bodyBase64` as it came.
    """

    reason: str
    status: int
    destination: str
    attempts: int
    first: str
    last: str
    body: str
    body_base64: str
    sink_reason: str


def grave_view(grave: Grave) -> GraveView:
    return GraveView(
        reason=grave.reason,
        status=grave.status,
        destination=grave.destination,
        attempts=grave.attempts,
        first=time_text(grave.first_us),
        last=time_text(grave.last_us),
        body=grave.body_text,
        body_base64=grave.body,
        sink_reason=grave.sink_reason,
    )
