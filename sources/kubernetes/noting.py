"""What is kept in mind of an object: where it is, as of when, and whether its owner is asked for."""

import sys
from collections.abc import Callable
from typing import Any

from poplin.resources.source_models import Owner
from sources.kubernetes.values import Noted

__all__ = ["noting"]


def noting(owner: Owner | None) -> Callable[[dict[str, Any]], Noted]:
    """For the objects of a source whose `spec.owner` is that one."""

    def note(found: dict[str, Any]) -> Noted:
        metadata = found["metadata"]
        return Noted(
            # One text for all objects of a namespace.
            sys.intern(metadata.get("namespace", "")),
            metadata["name"],
            metadata["resourceVersion"],
            owner is None or _has(owner, metadata),
        )

    return note


def _has(owner: Owner, metadata: dict[str, Any]) -> bool:
    """An owner that is not the controller does not count, as in Knative."""
    for reference in metadata.get("ownerReferences") or ():
        if reference.get("controller"):
            return (owner.api_version in ("", reference.get("apiVersion"))) and (
                owner.kind in ("", reference.get("kind"))
            )
    return False
