"""The rights that a page shows: as they are, and with a verb less."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.cluster.admin import Object
from tests.docs.pages import File, steps

__all__ = ["Rights", "documents_of", "lesser"]


@dataclass(frozen=True, slots=True)
class Rights:
    """Documents, and the verb and resource that they lack: none where they are whole."""

    documents: tuple[Object, ...]
    verb: str = ""
    resource: str = ""

    def moved(self, name: str, other: str) -> tuple[Object, ...]:
        """As a user has them whose namespaces are called `name` and `other` in place of `default`
        and `orders`; what is in no namespace gets a name of its own.
        """
        places = {"default": name, "orders": other}
        return tuple(_moved(each, places, name) for each in deepcopy(self.documents))


def documents_of(page: Path, name: str) -> list[Object]:
    """What the file of that name holds, by the page."""
    (text,) = [each.text for each in steps(page) if isinstance(each, File) and each.name == name]
    return list(yaml.safe_load_all(text))


def lesser(documents: list[Object]) -> Iterator[Rights]:
    """Each verb of each rule taken away, one at a time."""
    for place, document in enumerate(documents):
        for number, rule in enumerate(document.get("rules", ())):
            for verb in rule["verbs"]:
                less = deepcopy(documents)
                less[place]["rules"][number]["verbs"].remove(verb)
                less[place]["rules"] = [each for each in less[place]["rules"] if each["verbs"]]
                yield Rights(tuple(less), verb, rule["resources"][0])


def _moved(document: Object, places: dict[str, str], suffix: str) -> Object:
    metadata = document["metadata"]
    if "namespace" in metadata:
        metadata["namespace"] = places[metadata["namespace"]]
    else:
        metadata["name"] += f"-{suffix}"
    if document.get("roleRef", {}).get("kind") == "ClusterRole":
        document["roleRef"]["name"] += f"-{suffix}"
    for subject in document.get("subjects", ()):
        subject["namespace"] = places.get(subject["namespace"], subject["namespace"])
    return document
