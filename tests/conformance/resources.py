"""Broker and Trigger YAML for whoever applies the folder."""

from pathlib import Path

import yaml

__all__ = ["Resources"]


class Resources:
    """Gathers documents, then writes each to a file of its own: a bad one harms no other."""

    def __init__(self, namespace: str, broker_class: str | None) -> None:
        self.brokers: list[str] = []
        self._namespace = namespace
        self._class = broker_class
        self._files: dict[str, dict[str, object]] = {}

    def broker(self, name: str, spec: dict[str, object]) -> None:
        notes = {"eventing.knative.dev/broker.class": self._class} if self._class else {}
        self.brokers.append(name)
        self._add("Broker", name, spec, notes)

    def trigger(
        self, name: str, broker: str, spec: dict[str, object], annotations: dict[str, str] | None
    ) -> None:
        self._add("Trigger", name, {"broker": broker, **spec}, annotations or {})

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in self._files.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))

    def _add(
        self, kind: str, name: str, spec: dict[str, object], annotations: dict[str, str]
    ) -> None:
        document: dict[str, object] = {
            "apiVersion": "eventing.knative.dev/v1",
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": self._namespace,
                "annotations": annotations,
            },
            "spec": spec,
        }
        self._files[f"{kind.lower()}-{name}"] = document
