"""Reading what `/metrics` answers, as Prometheus does."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

__all__ = ["Page"]


class Page:
    """Raises ValueError for what is no such text."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: list[Sample] = [each for family in self.families for each in family.samples]

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples with these labels, as `sum(name{...})`."""
        return sum(
            each.value
            for each in self.samples
            if each.name == name and labels.items() <= each.labels.items()
        )

    def series(self) -> set[tuple[str, frozenset[tuple[str, str]]]]:
        return {(each.name, frozenset(each.labels.items())) for each in self.samples}

    def labels_of(self) -> Mapping[str, set[str]]:
        """The labels that each name has."""
        found: dict[str, set[str]] = {}
        for each in self.samples:
            found.setdefault(each.name, set()).update(each.labels)
        return found
