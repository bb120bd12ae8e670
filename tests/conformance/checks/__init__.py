"""The items, by theme."""

from importlib import import_module

__all__ = ["load"]

_THEMES = (
    "ingress", "paths", "delivery", "headers", "observing", "retries", "statuses", "replies",
    "dead_letters", "filters", "refusals",
)  # fmt: skip


def load() -> None:
    """Registers every check."""
    for theme in _THEMES:
        import_module(f"tests.conformance.checks.{theme}")
