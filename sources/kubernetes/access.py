"""Whether something is allowed, before it is tried: SelfSubjectAccessReview."""

from typing import TYPE_CHECKING

import orjson

from sources.kubernetes.asking import Account, Asked
from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.values import Resource

if TYPE_CHECKING:
    from sources.kubernetes.connection import Connection

__all__ = ["is_allowed"]

_API = "authorization.k8s.io/v1"
_WITHIN_S = 30.0


async def is_allowed(
    connection: "Connection", account: Account, resource: Resource, verb: str, namespace: str
) -> bool:
    """In that namespace, or with '' in all of them. Nothing is kept in the cluster by asking."""
    attributes = {
        "verb": verb,
        "group": resource.group,
        "version": resource.api_version.rpartition("/")[2],
        "resource": resource.plural,
        **({"namespace": namespace} if namespace else {}),
    }
    kind = "SelfSubjectAccessReview"
    asked = Asked(
        account=account,
        verb="create",
        things="selfsubjectaccessreviews.authorization.k8s.io",
        path=f"/apis/{_API}/selfsubjectaccessreviews",
        body={"apiVersion": _API, "kind": kind, "spec": {"resourceAttributes": attributes}},
    )
    try:
        return bool(orjson.loads(await connection.read(asked, _WITHIN_S))["status"]["allowed"])
    except (ValueError, LookupError, TypeError) as error:
        raise UnavailableError(f"the API server answers to a {kind} with what is none") from error
