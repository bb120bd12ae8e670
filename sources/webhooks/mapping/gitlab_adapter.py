"""The attributes of the CloudEvents adapter for GitLab (cloudevents/spec, adapters/gitlab.md).

It names nine hooks. Any other has the type of its name and of what its payload says happened.
"""

import re
from dataclasses import dataclass
from typing import Any

from poplin.event import AttributeValue
from sources.webhooks.mapping import legal
from sources.webhooks.mapping.base import words
from sources.webhooks.mapping.payload import at
from sources.webhooks.mapping.times import time_text

__all__ = ["adapted"]

_TYPE = "com.gitlab."

_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Paths into the payload; of each the first that leads to something. No path to a time: that of
    its coming.
    """

    suffix: tuple[_Path, ...] = ()
    source: tuple[_Path, ...] = (("repository", "homepage"), ("project", "web_url"))
    subject: tuple[_Path, ...] = ()
    time: _Path | None = None


_ID: tuple[_Path, ...] = (("object_attributes", "id"),)
_IID: tuple[_Path, ...] = (("object_attributes", "iid"),)
_ACTION: tuple[_Path, ...] = (("object_attributes", "action"),)
_PROJECT: tuple[_Path, ...] = (("project", "web_url"), ("repository", "homepage"))
_CREATED: _Path = ("object_attributes", "created_at")

_ISSUE = _Row(suffix=(("object_attributes", "state"),), subject=_IID)
_NOTE = _Row(
    suffix=(("object_attributes", "noteable_type"),),
    source=(("commit", "url"), ("object_attributes", "url"), *_PROJECT),
    subject=_ID,
    time=_CREATED,
)
# Documented as job_id and job_status, sent as build_id and build_status.
_JOB = _Row(
    suffix=(("job_status",), ("build_status",)),
    subject=(("job_id",), ("build_id",)),
)

_ROWS = {
    "push": _Row(subject=(("checkout_sha",),)),
    "tag_push": _Row(subject=(("ref",),)),
    "issue": _ISSUE,
    "confidential_issue": _ISSUE,
    "note": _NOTE,
    "confidential_note": _NOTE,
    "merge_request": _Row(suffix=_ACTION, subject=_IID, time=_CREATED),
    "wiki_page": _Row(suffix=_ACTION, source=_PROJECT, subject=(("object_attributes", "slug"),)),
    "pipeline": _Row(suffix=(("object_attributes", "status"),), source=_PROJECT, subject=_ID),
    "job": _JOB,
    "build": _JOB,
}

_OTHER = _Row(
    suffix=(*_ACTION, ("action",), ("status",), ("event_name",)),
    source=_PROJECT,
    subject=(*_IID, *_ID, ("deployment_id",), ("id",)),
)

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATOR = re.compile(r"[^a-z0-9_]+")


def adapted(name: str, payload: Any, received_at: str) -> dict[str, AttributeValue]:
    """`name` is that of the hook in snake case."""
    row = _ROWS.get(name, _OTHER)
    suffix = _word(_first(payload, row.suffix))
    source = legal.uri_reference(_without_note(_first(payload, row.source)))
    attributes = {
        "type": f"{_TYPE}{name}.{suffix}" if suffix else _TYPE + name,
        "source": source,
        "subject": words(_first(payload, row.subject)),
        "time": (time_text(at(payload, *row.time)) if row.time else None) or received_at,
    }
    return {key: value for key, value in attributes.items() if value is not None}


def _first(payload: Any, paths: tuple[_Path, ...]) -> object:
    found = (at(payload, *path) for path in paths)
    return next((each for each in found if each is not None), None)


def _word(value: object) -> str:
    """MergeRequest is merge_request."""
    apart = _HUMP.sub("_", words(value) or "").lower()
    return _SEPARATOR.sub("_", apart).strip("_")


def _without_note(url: object) -> object:
    """A comment is about the page that it stands on."""
    return url.partition("#note_")[0] if isinstance(url, str) else url
