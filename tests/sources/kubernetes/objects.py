"""Objects as an API server gives them."""

from datetime import UTC, datetime
from typing import Any

from poplin.resources.source_models import ApiServerSpec, Mode, WatchedKind
from sources.kubernetes.values import Resource

__all__ = ["NOW", "POD", "PODS", "found", "pod", "spec_of"]

NOW = datetime(2026, 1, 31, 12, 0, 0, 250, tzinfo=UTC)
PODS = WatchedKind(api_version="v1", kind="Pod")
POD = Resource("v1", "Pod", "pods", is_namespaced=True)


def found(uid: str, version: str, name: str = "unit", **metadata: Any) -> dict[str, Any]:
    """Of any kind, in no namespace unless that is given."""
    return {"metadata": {"name": name, "uid": uid, "resourceVersion": version, **metadata}}


def pod(uid: str, version: str, name: str = "unit", namespace: str = "test") -> dict[str, Any]:
    whole = found(uid, version, name, namespace=namespace)
    return {"apiVersion": "v1", "kind": "Pod", **whole}


def spec_of(mode: Mode = "Reference", **fields: Any) -> ApiServerSpec:
    return ApiServerSpec(resources=(PODS,), mode=mode, **fields)
