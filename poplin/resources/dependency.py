"""The annotation `knative.dev/dependency`: the source that a Trigger waits for."""

import json
from typing import Any

from poplin.resources.fields import Checker
from poplin.resources.models import Ref
from poplin.resources.values import Value

__all__ = ["read_dependency"]

_NAME = "knative.dev/dependency"
_NEEDED = ("kind", "name", "apiVersion")
_SHAPE = f"a JSON object with {', '.join(_NEEDED[:-1])} and {_NEEDED[-1]}"


def read_dependency(checker: Checker, annotations: Value | None, namespace: str) -> Ref | None:
    if annotations is None or not isinstance(annotations.data, dict):
        return None
    value = annotations.data.get(_NAME)
    if value is None or not isinstance(value.data, str) or not value.data:
        return None
    fields = _object(value.data)
    if fields is None or not all(fields.get(each) for each in _NEEDED):
        checker.bad(value, _SHAPE)
        return None
    if fields.get("namespace", "") not in ("", namespace):
        checker.refuse(value, f"names another namespace; leave it out, or use {namespace}")
        return None
    group, _, version = fields["apiVersion"].rpartition("/")
    return Ref(
        kind=fields["kind"],
        name=fields["name"],
        namespace=namespace,
        group=group,
        version=version,
    )


def _object(text: str) -> dict[str, str] | None:
    """None unless it is an object of strings."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        return None
    return found
