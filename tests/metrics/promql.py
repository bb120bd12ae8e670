"""What the board and the alerts ask Prometheus, and which names they rely on."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from tests.metrics.page import Page

__all__ = ["Question", "alerts", "questions_of_alerts", "questions_of_board"]

FOLDER = Path(__file__).parent.parent.parent / "deploy" / "monitoring"
_VARIABLE_QUERY = re.compile(r"label_values\((.+), (\w+)\)")


@dataclass
class Question:
    """Raises ValueError for what is no PromQL. `shown` are labels in the text beside it."""

    expression: str
    shown: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set, init=False)
    labels: set[str] = field(default_factory=set, init=False)
    values: set[tuple[str, str]] = field(default_factory=set, init=False)
    """Of labels, where they are not a variable's."""

    def __post_init__(self) -> None:
        # Of Grafana's variables this is the one outside of a text.
        parsed = promql_parser.parse(self.expression.replace("$__rate_interval", "5m"))
        promql_parser.walk(parsed, self._visit)
        self.labels |= self.shown

    def _visit(self, expression: promql_parser.Expr) -> None:
        if isinstance(expression, promql_parser.VectorSelector):
            self.names.add(expression.name or "(none)")
            for matcher in expression.matchers.matchers:
                self.labels.add(matcher.name)
                if "$" not in matcher.value:
                    self.values |= {(matcher.name, each) for each in matcher.value.split("|")}
        elif isinstance(expression, promql_parser.AggregateExpr) and expression.modifier:
            self.labels.update(expression.modifier.labels)
        elif isinstance(expression, promql_parser.BinaryExpr) and expression.modifier:
            matching = expression.modifier.matching
            self.labels.update(matching.labels if matching else ())
            self.labels.update(expression.modifier.group_labels or ())

    @property
    def is_of_sources(self) -> bool:
        return all(name.startswith("poplin_source") for name in self.names)

    def check(self, page: Page) -> None:
        """Every name, label and value that it relies on is on the page."""
        labels = page.labels_of()
        values = {pair for each in page.samples for pair in each.labels.items()}
        assert self.names <= labels.keys(), self.expression
        known = set().union(*(labels[name] for name in self.names))
        assert self.labels <= known, self.expression
        assert self.values <= values, self.expression


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def questions_of_alerts() -> Iterator[Question]:
    for rule in alerts():
        text = " ".join(rule["annotations"].values())
        yield Question(rule["expr"], set(re.findall(r"\$labels\.(\w+)", text)))


def questions_of_board() -> Iterator[Question]:
    board = json.loads((FOLDER / "grafana-board.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            yield Question(target["expr"], set(re.findall(r"{{(\w+)}}", target["legendFormat"])))
    for note in board["annotations"]["list"]:
        yield Question(note["expr"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found = _VARIABLE_QUERY.fullmatch(variable["query"]["query"])
            assert found, variable["query"]
            yield Question(found[1], {found[2]})
