"""The table of metrics in docs/monitoring.md, made from the code: python -m tests.metrics.table"""

import re
from pathlib import Path

from poplin.metrics import FAMILIES, Family

__all__ = ["PAGE", "table", "with_table"]

PAGE = Path(__file__).parent.parent.parent / "docs" / "monitoring.md"
_HEAD = "| metric | type | labels | meaning |\n|---|---|---|---|\n"


def table() -> str:
    return _HEAD + "".join(map(_row, FAMILIES.values()))


def _row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.kind} | {labels} | {family.meaning} |\n"


def with_table(page: str) -> str:
    """The page as it should be."""
    return re.sub(re.escape(_HEAD) + r"(?:\|.*\n)*", lambda _: table(), page)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
