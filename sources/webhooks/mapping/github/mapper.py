"""From GitHub's deliveries to events."""

from poplin.event import Event
from poplin.resources.source_models import MappingName
from sources.webhooks.mapping.base import received
from sources.webhooks.mapping.github.cloudevents import cloudevents
from sources.webhooks.mapping.github.delivery import Delivery, delivery
from sources.webhooks.mapping.github.knative import knative
from sources.webhooks.mapping.legal import event_of
from sources.webhooks.mapping.payload import at
from sources.webhooks.values import Handled, Request

__all__ = ["GitHubMapper"]

_MAPPINGS = {"knative": knative, "cloudevents": cloudevents}


class GitHubMapper:
    """The data is the JSON that GitHub wrote, byte for byte, also where it came in a form."""

    def __init__(
        self, source_uri: str, *, mapping: MappingName = "knative", forwards_ping: bool = False
    ) -> None:
        self._source_uri = source_uri
        self._attributes = _MAPPINGS[mapping]
        self._forwards_ping = forwards_ping

    def event(self, request: Request, /) -> Event | Handled:
        """Of whatever GitHub delivers, also under a name that no table has; a ping is handled
        unless it is to be forwarded.
        """
        came = delivery(request)
        if came.name == "ping" and not self._forwards_ping:
            return Handled(text="pong", note=_note(came))
        attributes = self._attributes(came, self._source_uri, received(request))
        return event_of({"id": came.id, **attributes}, came.data, "application/json")


def _note(ping: Delivery) -> str:
    hook_id = at(ping.payload, "hook_id")
    return f"ping of hook {hook_id}" if type(hook_id) is int else "ping"
