"""What an API server may answer that is not what was asked for.

KubernetesError          the message names the thing, the value and the next step
├── UnknownKindError     no such resource: a CustomResourceDefinition may come later
├── ForbiddenError       a verb on a resource is missing; `names` says which
├── GoneError            the history does not reach back to that resourceVersion: list and compare
└── UnavailableError     try again later: 429, 5xx, garbage, silence, no connection, no kubeconfig
"""

from poplin.errors import PoplinError

__all__ = [
    "ForbiddenError",
    "GoneError",
    "KubernetesError",
    "UnavailableError",
    "UnknownKindError",
]


class KubernetesError(PoplinError):
    """Of an API server, or of the way to it."""


class UnknownKindError(KubernetesError):
    """The API server does not know that apiVersion and kind."""


class ForbiddenError(KubernetesError):
    """Not allowed to the ServiceAccount that the source acts as, or to us to act as it."""


class GoneError(KubernetesError):
    """410, as a status or in the stream."""


class UnavailableError(KubernetesError):
    """`retry_after_s` is what the server asked for."""

    reason = "ApiServerUnavailable"
    """Of the condition that tells of it."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
