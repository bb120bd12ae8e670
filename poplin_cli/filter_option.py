"""`--filter` of a command: an attribute's value, CESQL, or any dialect as in a Trigger's YAML."""

import re
from typing import Annotated, Any

import typer

from poplin_cli.errors import InputError

__all__ = ["FilterOption", "filters_of"]

FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        help="type=order.created (exact), an element or a list of `filters` as in a Trigger: "
        "'prefix: {type: order.}', or else a CESQL expression. All that are given must match.",
    ),
]

# CESQL has no braces or brackets, and no colon behind a name.
_YAML = re.compile(r"[\[{]|-\s|(?:exact|prefix|suffix|all|any|not|cesql|sql)\s*:")
# No quote, no parenthesis and no blank: then it cannot have been meant as CESQL.
_EXACT = re.compile(r"([a-z][a-z0-9]*)=([^=\s'\"()][^\s'\"()]*)\Z")


def filters_of(options: list[str] | None) -> list[Any]:
    """A list as `spec.filters`; the fabric checks it. Raises InputError."""
    found: list[Any] = []
    for text in options or ():
        element = _element(text.strip())
        found += element if isinstance(element, list) else [element]
    return found


def _element(text: str) -> Any:
    if not text:
        raise InputError("--filter is empty; give type=order.created, YAML or CESQL")
    if _YAML.match(text):
        return _yaml(text)
    if match := _EXACT.match(text):
        return {"exact": {match[1]: match[2]}}
    return {"cesql": text}


def _yaml(text: str) -> Any:
    from poplin.resources.values import DocumentError, build

    try:
        value = build(text, 1)
    except DocumentError as error:
        raise InputError(f"--filter {text[:60]!r}: {error}") from error
    return None if value is None else value.plain()
