"""Webhooks of GitLab, as Knative's GitLabSource maps them or as the CloudEvents adapter does."""

from typing import Any

from poplin.event import AttributeValue, Event
from poplin.resources.source_models import MappingName
from sources.webhooks.mapping import legal
from sources.webhooks.mapping.base import received, words
from sources.webhooks.mapping.gitlab_adapter import adapted
from sources.webhooks.mapping.payload import json_value
from sources.webhooks.values import RefusedError, Request

__all__ = ["GitLabMapper"]

_TYPE = "dev.knative.sources.gitlab."


class GitLabMapper:
    """Of whatever hook, system hooks and future ones among them. `source_uri` is the source of all
    events of mapping knative, and of those of mapping cloudevents whose payload names none.
    """

    def __init__(self, source_uri: str, *, mapping: MappingName) -> None:
        self._source_uri = source_uri
        self._mapping = mapping

    def event(self, request: Request) -> Event:
        hook = words(request.headers.get("x-gitlab-event"))
        if hook is None:
            raise RefusedError(
                400, "invalid", "header X-Gitlab-Event is missing; this is no webhook of GitLab"
            )
        # Not necessarily an object: a webhook may have a template of its own.
        payload = json_value(request.body)
        return legal.event_of(
            {
                "id": _id_of(hook, request),
                "source": self._source_uri,
                **self._mapped(_snaked(hook), payload, received(request)),
                "comgitlabevent": hook,
            },
            request.body,
            request.headers.get("content-type"),
        )

    def _mapped(self, name: str, payload: Any, received_at: str) -> dict[str, AttributeValue]:
        if self._mapping == "knative":
            return {"type": _TYPE + name}
        return adapted(name, payload, received_at)


def _snaked(hook: str) -> str:
    """As Knative has it: "Merge Request Hook" is merge_request."""
    return hook.removesuffix(" Hook").replace(" ", "_").lower()


def _id_of(hook: str, request: Request) -> str:
    """The key of GitLab 17.4 and later stays when a request is sent again. X-Gitlab-Event-UUID is
    no id: webhooks that cause each other share it, and sent again by hand it is another.
    """
    key = legal.id_text(request.headers.get("idempotency-key"))
    return (
        key
        or legal.id_text(request.headers.get("webhook-id"))
        or legal.digest(hook.encode() + b"\n" + request.body)
    )
