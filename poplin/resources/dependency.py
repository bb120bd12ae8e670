"""The annotation `knative.dev/dependency`: the source that a Trigger waits for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from poplin.catalog import Condition, SourceStatus
from poplin.resources.fields import Checker
from poplin.resources.models import Ref, one_line
from poplin.resources.source_models import SOURCE_KINDS
from poplin.resources.values import Value

__all__ = ["dependency_ready", "read_dependency"]

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


def dependency_ready(dependency: Ref | None, sources: Mapping[str, SourceStatus]) -> Condition:
    """As far as the files tell whether that source is Ready. As in Knative, this is said, and
    events flow.
    """
    if dependency is None:
        return Condition("DependencyReady", "True")
    source = sources.get(f"{dependency.kind}/{dependency.namespace}/{dependency.name}")
    if source is not None and source.api_version == _version(dependency):
        return replace(source.condition("Ready"), type="DependencyReady")
    name = f"{dependency.kind} {dependency.namespace}/{dependency.name}"
    message = f"{name} {_why_not(dependency)}; events are delivered all the same"
    return Condition("DependencyReady", "False", "DependencyDoesNotExist", one_line(message))


def _version(dependency: Ref) -> str:
    return f"{dependency.group}/{dependency.version}"


def _why_not(dependency: Ref) -> str:
    expected = next((v for kind, v in SOURCE_KINDS.items() if kind == dependency.kind), None)
    if expected is None:
        return "is not served here; leave out knative.dev/dependency"
    if expected != _version(dependency):
        words = f"has the apiVersion {expected}, not {_version(dependency)}"
        return f"{words}; mend knative.dev/dependency"
    return f"of {expected} is not in the files; add it, or leave out knative.dev/dependency"


def _object(text: str) -> dict[str, str] | None:
    """None unless it is an object of strings."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        return None
    return found
