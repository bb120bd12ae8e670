"""Webhooks of Bitbucket Cloud and Data Center, with the types of the bitbucket-source for Knative."""

from typing import Any

from poplin.event import Event
from sources.webhooks.mapping import legal
from sources.webhooks.mapping.base import words
from sources.webhooks.mapping.payload import at, json_object
from sources.webhooks.mapping.times import time_text
from sources.webhooks.values import Handled, RefusedError, Request

__all__ = ["BitbucketMapper"]

_TYPE = "dev.knative.source.bitbucket."
_PING = "diagnostics:ping"

_Path = tuple[str | int, ...]

# The thing that an event is about, by what its key says; the first that fits.
_CLOUD: tuple[tuple[str, _Path], ...] = (
    ("comment", ("comment",)),
    ("commit_status", ("commit_status",)),
    ("issue:", ("issue",)),
    ("pullrequest:", ("pullrequest",)),
)
_REPOSITORY: _Path = ("repository",)
_CLOUD_LINK: _Path = ("links", "self", "href")

# Data Center writes links as lists, and leaves them out or null in some versions.
_DATA_CENTER: tuple[_Path, ...] = (
    ("pullRequest", "links", "self", 0, "href"),
    ("pullRequest", "toRef", "repository", "links", "self", 0, "href"),
    ("repository", "links", "self", 0, "href"),
)


class BitbucketMapper:
    """`source_uri` is the source of events whose payload links to nothing."""

    def __init__(self, source_uri: str, *, forwards_ping: bool) -> None:
        self._source_uri = source_uri
        self._forwards_ping = forwards_ping

    def event(self, request: Request) -> Event | Handled:
        key = words(request.headers.get("x-event-key"))
        if key is None:
            raise RefusedError(
                400, "invalid", "header X-Event-Key is missing; this is no webhook of Bitbucket"
            )
        if key == _PING and not self._forwards_ping:
            return Handled(note="ping of Bitbucket")
        payload = json_object(request.body)
        request_id = _request_id(request)
        return legal.event_of(
            {
                "id": request_id or legal.digest(key.encode() + b"\n" + request.body),
                "source": _source(key, payload) or self._source_uri,
                "type": _TYPE + key,
                "time": time_text(at(payload, "date")),  # of Data Center
                "eventkey": key,
                "requestuuid": request_id,
            },
            request.body,
            request.headers.get("content-type"),
        )


def _request_id(request: Request) -> str | None:
    """Of Cloud, then of Data Center, whose header a proxy before Cloud's may have set too."""
    headers = request.headers
    return legal.id_text(headers.get("x-request-uuid")) or legal.id_text(
        headers.get("x-request-id")
    )


def _source(key: str, payload: dict[str, Any]) -> str | None:
    about = next((thing for word, thing in _CLOUD if word in key), _REPOSITORY)
    places = ((*about, *_CLOUD_LINK), (*_REPOSITORY, *_CLOUD_LINK), *_DATA_CENTER)
    links = (legal.uri_reference(at(payload, *place)) for place in places)
    return next((link for link in links if link is not None), None)
