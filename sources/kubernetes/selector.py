"""A label selector, as the API's query has it, held against labels without asking the API server."""

import re
from collections.abc import Callable, Mapping

__all__ = ["Labels", "selects"]

Labels = Mapping[str, str]

# Commas in parentheses are between values.
_TERM = re.compile(r"[^,(]+(?:\([^)]*\))?")
_IN = re.compile(r"\s*(\S+)\s+(in|notin)\s*\(([^)]*)\)\s*")
_EQUALS = re.compile(r"\s*([^\s!=]+)\s*(==|=|!=)\s*(\S*)\s*")


def selects(selector: str) -> Callable[[Labels], bool]:
    """All terms must hold. One that must not be equal holds where the label is missing, as in
    Kubernetes.
    """
    terms = [_term(text) for text in _TERM.findall(selector)]
    return lambda labels: all(holds(labels) for holds in terms)


def _term(text: str) -> Callable[[Labels], bool]:
    if found := _IN.fullmatch(text):
        return _one_of(found[1], {each.strip() for each in found[3].split(",")}, found[2] == "in")
    if found := _EQUALS.fullmatch(text):
        return _one_of(found[1], {found[3]}, found[2] != "!=")
    name = text.strip()
    if name.startswith("!"):
        return lambda labels: name[1:].strip() not in labels
    return lambda labels: name in labels


def _one_of(name: str, values: set[str], is_wanted: bool) -> Callable[[Labels], bool]:
    return lambda labels: (labels.get(name) in values) is is_wanted
