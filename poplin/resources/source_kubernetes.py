"""`spec` of an ApiServerSource: which objects it watches, and what of them it sends."""

from typing import Any

from poplin.resources.fields import Checker, Fields
from poplin.resources.source_models import ApiServerSpec, WatchedKind

__all__ = ["read_api_server"]


def read_api_server(
    checker: Checker, fields: Fields, notes: dict[str, Any]
) -> ApiServerSpec | None:
    resources = fields.need("resources")
    found = []
    for each in (checker.items(resources) if resources else None) or ():
        item = checker.fields(each)
        version, kind = (item.need("apiVersion"), item.need("kind")) if item else (None, None)
        if version and kind:
            found.append(WatchedKind(api_version=str(version.data), kind=str(kind.data)))
    mode = fields.take("mode")
    return ApiServerSpec(
        resources=tuple(found),
        mode="Resource" if mode and mode.data == "Resource" else "Reference",
        emits_existing=notes.get("initial-list") == "emit",
    )
