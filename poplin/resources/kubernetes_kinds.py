"""Kubernetes' own kinds: what tells a slip from a kind of somebody's own."""

import re
from difflib import get_close_matches

from poplin.names import is_name

__all__ = ["doubt", "is_api_version", "is_kind", "meant"]

_KINDS = {
    version: tuple(kinds.split())
    for version, kinds in {
        "v1": "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume "
        "PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service "
        "ServiceAccount",
        "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
        "batch/v1": "CronJob Job",
        "autoscaling/v1": "HorizontalPodAutoscaler",
        "autoscaling/v2": "HorizontalPodAutoscaler",
        "policy/v1": "PodDisruptionBudget",
        "networking.k8s.io/v1": "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR",
        "events.k8s.io/v1": "Event",
        "discovery.k8s.io/v1": "EndpointSlice",
        "coordination.k8s.io/v1": "Lease",
        "rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
        "apiextensions.k8s.io/v1": "CustomResourceDefinition",
    }.items()
}
_OWN = tuple(dict.fromkeys(kind for kinds in _KINDS.values() for kind in kinds))
_GROUPS = frozenset(version.rpartition("/")[0] for version in _KINDS)

_CORE = re.compile(r"v[0-9]+(?:(?:alpha|beta)[0-9]+)?\Z")
_VERSION = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
# A CustomResourceDefinition may have any that is a DNS label in lower case.
_KIND = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")


def is_api_version(text: str) -> bool:
    group, slash, version = text.rpartition("/")
    if not slash:
        return _CORE.match(text) is not None
    return is_name(group) and _VERSION.match(version) is not None


def is_kind(text: str) -> bool:
    return _KIND.match(text) is not None


def meant(api_version: str, kind: str) -> str:
    """The kind that this can only be, in other letters or as `kubectl` names it; '' for none."""
    if kind in _OWN or api_version.rpartition("/")[0] not in _GROUPS:
        return ""
    return next((each for each in _OWN if kind.lower() in (each.lower(), _plural(each))), "")


def doubt(api_version: str, kind: str) -> str:
    """What is legal, but probably not there; '' for what may well be."""
    known = _KINDS.get(api_version, ())
    if kind in known or not known:
        return ""
    words = f"{api_version} has no {kind} that is known here"
    elsewhere = [version for version, kinds in _KINDS.items() if kind in kinds]
    near = elsewhere[-1:] or get_close_matches(kind, known, 1)
    return f"{words}; did you mean {near[0]}?" if near else words


def _plural(kind: str) -> str:
    name = kind.lower()
    if name.endswith("s"):
        return f"{name}es"
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"
