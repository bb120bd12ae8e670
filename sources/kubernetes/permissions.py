"""What the ServiceAccount of a source must be allowed, asked before anything is listed."""

from collections.abc import Sequence

from sources.kubernetes.api import Api
from sources.kubernetes.errors import ForbiddenError
from sources.kubernetes.values import Resource

__all__ = ["ask", "is_allowed"]

_VERBS = ("list", "watch")


async def is_allowed(api: Api, resource: Resource, namespace: str) -> bool:
    """To list and to watch it there, with '' everywhere."""
    return not await _missing(api, resource, namespace)


async def ask(api: Api, resource: Resource, namespace: str, account: str) -> None:
    """Raises ForbiddenError, which names all that is missing; `account` is NAMESPACE/NAME."""
    if missing := await _missing(api, resource, namespace):
        raise ForbiddenError(_told(missing, resource, namespace, account))


async def _missing(api: Api, resource: Resource, namespace: str) -> list[str]:
    return [verb for verb in _VERBS if not await api.is_allowed(resource, verb, namespace)]


def _told(verbs: Sequence[str], resource: Resource, namespace: str, account: str) -> str:
    """With the commands that mend it."""
    named = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    where = where if resource.is_namespaced else "in the cluster"
    role, place = ("role", f" -n {namespace}") if namespace else ("clusterrole", "")
    # Of this account and kind alone: a role that another message had made would be in the way.
    name = f"poplin-{account.replace('/', '-')}-{named}"
    return (
        f"ServiceAccount {account} may not {' or '.join(verbs)} {named} {where}; run: "
        f"kubectl create {role} {name} --verb=list,watch --resource={named}{place} && "
        f"kubectl create {role}binding {name} --{role}={name} "
        f"--serviceaccount={account.replace('/', ':')}{place}"
    )
