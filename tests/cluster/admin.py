"""What a cluster's administrator does by hand, in one line each."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx

__all__ = ["Admin", "Object", "config_map", "path_of", "rights"]

Object = dict[str, Any]

_PLURALS = {"ConfigMap": "configmaps", "NetworkPolicy": "networkpolicies"}
_CLUSTER_WIDE = frozenset(
    {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"}
)


def path_of(api_version: str, kind: str, namespace: str = "", name: str = "") -> str:
    """Of one object, or of all with no name. The plural is the kind's with an s, where no other is
    known here.
    """
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    place = f"/namespaces/{namespace}" if namespace and kind not in _CLUSTER_WIDE else ""
    plural = _PLURALS.get(kind, kind.lower() + "s")
    return f"{root}{place}/{plural}" + (f"/{name}" if name else "")


def config_map(name: str, data: str = "", labels: dict[str, str] | None = None) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": labels or {}},
        "data": {"text": data},
    }


def rights(*resources: str, group: str = "", verbs: tuple[str, ...] = ("list", "watch")) -> Object:
    """A rule of a role, given by plurals."""
    return {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}


class Admin:
    """Objects are given whole, with apiVersion and kind; their answers are, too. A namespace in
    metadata goes before the one that is said.
    """

    def __init__(self, connect: Callable[[], httpx.AsyncClient]) -> None:
        self._connect = connect
        self.http = connect()

    async def reconnect(self) -> None:
        """After a restart of the server: a connection that it closed meanwhile would fail a call."""
        await self.http.aclose()
        self.http = self._connect()

    async def namespace(self, name: str, **labels: str) -> Object:
        """Created."""
        metadata = {"name": name, "labels": labels}
        return await self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    async def allow(
        self,
        namespace: str,
        *rules: Object,
        account: str = "default",
        of: str = "",
        is_everywhere: bool = False,
    ) -> Object:
        """A ServiceAccount, of that namespace or of another, may do so there. Gives the role."""
        kind, suffix = ("ClusterRole" if is_everywhere else "Role"), uuid.uuid4().hex[:8]
        name = f"{account}-{of or namespace}-{suffix}"
        group = "rbac.authorization.k8s.io"
        role = {
            "apiVersion": f"{group}/v1",
            "kind": kind,
            "metadata": {"name": name},
            "rules": list(rules),
        }
        subject = {"kind": "ServiceAccount", "name": account, "namespace": of or namespace}
        binding = {
            "apiVersion": f"{group}/v1",
            "kind": f"{kind}Binding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": kind, "name": name},
            "subjects": [subject],
        }
        found = await self.create(role, namespace)
        await self.create(binding, namespace)
        return found

    async def ensure(self, wanted: Object) -> None:
        """Created, where it is not there."""
        answer = await self.http.post(_place(wanted, ""), json=wanted)
        assert answer.is_success or answer.status_code == 409, answer.text[:300]

    async def token(self, namespace: str, account: str) -> str:
        """Of a ServiceAccount, good for an hour."""
        path = path_of("v1", "ServiceAccount", namespace, account) + "/token"
        wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return str((await self._ask("POST", path, wanted))["status"]["token"])

    async def create(self, wanted: Object, namespace: str = "default") -> Object:
        return await self._ask("POST", _place(wanted, namespace), wanted)

    async def replace(self, wanted: Object, namespace: str = "default") -> Object:
        return await self._ask("PUT", _place(wanted, namespace, is_one=True), wanted)

    async def patch(self, found: Object, **fields: Any) -> Object:
        """A merge patch of an object that a call here answered."""
        return await self._ask("PATCH", _place(found, "", is_one=True), fields)

    async def delete(self, found: Object, namespace: str = "default") -> None:
        await self._ask("DELETE", _place(found, namespace, is_one=True))

    async def get(self, path: str) -> Object:
        return await self._ask("GET", path)

    async def _ask(self, method: str, path: str, body: Object | None = None) -> Object:
        kind = "merge-patch+json" if method == "PATCH" else "json"
        answer = await self.http.request(
            method, path, json=body, headers={"content-type": f"application/{kind}"}
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        found: Object = answer.json()
        return found


def _place(wanted: Object, namespace: str, *, is_one: bool = False) -> str:
    metadata = wanted["metadata"]
    name = metadata["name"] if is_one else ""
    return path_of(
        wanted["apiVersion"], wanted["kind"], metadata.get("namespace") or namespace, name
    )
