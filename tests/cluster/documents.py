"""YAML of sources and of what they lead to."""

import json
from collections.abc import Sequence
from typing import Any

__all__ = ["CONFIG_MAPS", "api_server_source", "broker", "key_of", "trigger"]

CONFIG_MAPS = ({"apiVersion": "v1", "kind": "ConfigMap"},)


def api_server_source(
    name: str,
    sink: str,
    *,
    namespace: str = "default",
    resources: Sequence[dict[str, Any]] = CONFIG_MAPS,
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> str:
    """`sink` is a URL, or the name of a broker in its namespace. YAML, as JSON is."""
    broker = {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "name": sink}
    return _document(
        "sources.knative.dev/v1",
        "ApiServerSource",
        {"name": name, "namespace": namespace, "annotations": annotations or {}},
        {"resources": list(resources), "sink": {"uri": sink} if "/" in sink else {"ref": broker}}
        | spec,
    )


def broker(name: str, annotations: dict[str, str], namespace: str = "default") -> str:
    delivery = {"retry": 20, "backoffPolicy": "linear", "backoffDelay": "PT0.2S"}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return _document("eventing.knative.dev/v1", "Broker", metadata, {"delivery": delivery})


def trigger(broker: str, uri: str, namespace: str = "default") -> str:
    """For all events of the broker."""
    metadata = {"name": f"all-of-{broker}", "namespace": namespace}
    spec = {"broker": broker, "subscriber": {"uri": uri}}
    return _document("eventing.knative.dev/v1", "Trigger", metadata, spec)


def key_of(name: str, namespace: str = "default") -> str:
    """Of a source."""
    return f"ApiServerSource/{namespace}/{name}"


def _document(api_version: str, kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> str:
    found = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
    return f"---\n{json.dumps(found)}\n"
