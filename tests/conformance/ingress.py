"""The ingress under test, as a producer sees it."""

import json
from dataclasses import dataclass

import httpx

__all__ = ["Broker", "Ingress", "binary", "without"]


def binary(event: str = "1", kind: str = "kit.event", **more: str) -> dict[str, str]:
    """Headers of a binary-mode event; names in `more` are of attributes."""
    required = {"specversion": "1.0", "id": event, "type": kind, "source": "/kit"}
    return {f"ce-{name}": value for name, value in {**required, **more}.items()}


def without(name: str) -> dict[str, str]:
    """Headers of what lacks this attribute, and so is no event."""
    return {each: value for each, value in binary().items() if each != f"ce-{name}"}


class Ingress:
    """`metrics_url` is of Prometheus metrics, where they are known."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        namespace: str,
        metrics_url: str | None = None,
    ) -> None:
        self.client = client
        self.url = url.rstrip("/")
        self.namespace = namespace
        self.metrics_url = metrics_url

    def broker(self, name: str) -> "Broker":
        return Broker(self, name)

    async def request(
        self, method: str, path: str, headers: dict[str, str] | None = None, data: bytes = b""
    ) -> httpx.Response:
        """`path` begins with a slash and may hold a query."""
        return await self.client.request(method, self.url + path, headers=headers, content=data)


@dataclass(frozen=True, slots=True)
class Broker:
    ingress: Ingress
    name: str

    @property
    def path(self) -> str:
        return f"/{self.ingress.namespace}/{self.name}"

    async def post(self, headers: dict[str, str], data: bytes = b"") -> httpx.Response:
        return await self.ingress.request("POST", self.path, headers, data)

    async def send(
        self, event: str, kind: str = "kit.event", data: bytes = b"", **attributes: str
    ) -> None:
        """A binary-mode event with no content type; raises when it is not accepted."""
        answer = await self.post(binary(event, kind, **attributes), data)
        answer.raise_for_status()

    async def send_structured(self, members: dict[str, object]) -> None:
        event = {"specversion": "1.0", "type": "kit.event", "source": "/kit", **members}
        answer = await self.post(
            {"content-type": "application/cloudevents+json"}, json.dumps(event).encode()
        )
        answer.raise_for_status()
