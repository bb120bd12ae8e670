"""What an API server is asked, and what its refusal means."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from poplin.delivery import retry_after_s
from sources.kubernetes.errors import (
    ForbiddenError,
    GoneError,
    KubernetesError,
    UnavailableError,
    UnknownKindError,
)
from sources.kubernetes.values import Resource

__all__ = ["Account", "Asked", "Refusal", "object_of", "refused", "told_by"]

_MOST_SHOWN = 200
"""Characters of what a server says of its refusal."""


@dataclass(frozen=True, slots=True)
class Account:
    """The ServiceAccount that we act as. It need not exist: it then may do nothing."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """By this name the API server knows it, and adds the groups of ServiceAccounts by itself."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    def __str__(self) -> str:
        return f"ServiceAccount {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as people say it (`list deployments.apps in namespace shop`) and as it is sent.

    With a `body` it is a POST, else a GET.
    """

    account: Account
    verb: str
    things: str
    path: str
    namespace: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = "application/json"
    body: Any = None

    def with_query(self, **more: str) -> "Asked":
        return replace(self, query={**self.query, **more})

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.things}{where}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status that is no success, of an answer or of a watch's ERROR."""

    code: int
    message: str = ""
    retry_after_s: float | None = None


def told_by(code: int, headers: Mapping[str, str], content: bytes) -> Refusal:
    """Of an answer. Its body may be anything: a proxy's page for people has nothing to tell."""
    asked_for = retry_after_s(headers.get("Retry-After", ""), datetime.now(UTC))
    try:
        body = orjson.loads(content)
    except ValueError:
        body = None
    message = body.get("message") if isinstance(body, dict) else ""
    return Refusal(code, message if isinstance(message, str) else "", asked_for)


def object_of(found: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    """As a Kubernetes client shows it. Lists leave apiVersion and kind out, metadata alone has
    those of its own form; `managedFields` are a server's bookkeeping.
    """
    named = {"apiVersion": resource.api_version, "kind": resource.kind}
    found["metadata"].pop("managedFields", None)
    return {**named, **found, **named}


def refused(asked: Asked, refusal: Refusal) -> KubernetesError:
    """What to raise for it. The way back from each is the caller's."""
    match refusal.code:
        case 401:
            return UnavailableError(
                "the API server does not know who we are: 401; is the token or the certificate "
                "that we show it still good?"
            )
        case 403 if " cannot impersonate" in refusal.message:
            return ForbiddenError(
                f"we may not act as {asked.account}: give whoever runs the sources the verb "
                f"impersonate on serviceaccounts in namespace {asked.account.namespace}, by a Role "
                f"with resourceNames: [{asked.account.name}] and its binding"
            )
        case 403:
            role = "Role" if asked.namespace else "ClusterRole"
            return ForbiddenError(f"{asked.account} may not {asked}: give it that verb by a {role}")
        case 404 | 405:
            return UnknownKindError(
                f"the API server cannot {asked}: {refusal.code}; is that apiVersion spelled as in "
                "`kubectl api-resources`, or is a CustomResourceDefinition missing?"
            )
        case 410:
            return GoneError(f"the API server's history is too short to {asked} from where we were")
    told = f": {_one_line(refusal.message)}" if refusal.message else ""
    return UnavailableError(
        f"the API server answers {refusal.code} to {asked}{told}", refusal.retry_after_s
    )


def _one_line(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
