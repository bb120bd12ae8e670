"""A filter as one types it: a part of a Trigger's YAML, `name=value`, or a CESQL expression."""

import re
from typing import Any

import yaml

from poplin_cli.errors import InputError

__all__ = ["parse_filters"]

_DIALECTS = "exact|prefix|suffix|all|any|not|cesql|sql"
_YAML = re.compile(rf"\s*(?:[\[{{]|-\s|(?:{_DIALECTS})\s*:)")
# In CESQL an attribute is compared with a text in quotes.
_PAIRS = re.compile(r"[a-z0-9]+=[^\s,='\"()]+(?:,[a-z0-9]+=[^\s,='\"()]+)*\Z")


def parse_filters(texts: list[str]) -> list[dict[str, Any]]:
    """A `filters` list, which the fabric checks in detail. Raises InputError."""
    return [element for text in texts for element in _elements(text)]


def _elements(text: str) -> list[dict[str, Any]]:
    if _YAML.match(text):
        return _of_yaml(text)
    if _PAIRS.match(text):
        return [{"exact": dict(pair.split("=", 1) for pair in text.split(","))}]
    if text.strip():
        return [{"cesql": text}]
    raise InputError("--filter is empty; give type=order.created, YAML or CESQL")


def _of_yaml(text: str) -> list[dict[str, Any]]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        why = " ".join(str(error).split())
        raise InputError(f"--filter {text[:60]!r} is not YAML: {why}") from error
    return found if isinstance(found, list) else [found]
