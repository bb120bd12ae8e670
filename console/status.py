"""An object's status as Kubernetes would show it."""

from typing import Any

from poplin.catalog import Verdict

__all__ = ["ready_text", "status_view"]


def ready_text(verdict: Verdict) -> str:
    """`True`, `False` or `Unknown`, as conditions have it."""
    return str(verdict.ready)


def status_view(verdict: Verdict) -> dict[str, Any]:
    condition = {
        "type": "Ready",
        "status": ready_text(verdict),
        "reason": verdict.reason,
        "message": verdict.message,
    }
    return {"conditions": [condition]}
