"""Results as a table for people and as JSON for machines."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from tests.conformance.kit import Result

__all__ = ["has_failed", "to_json", "to_table"]


def to_table(results: Sequence[Result]) -> str:
    rows = [("ITEM", "LEVEL", "VERDICT", "WHAT", "DETAIL")]
    rows += [
        (str(each.number), each.level, each.verdict, each.title, each.detail) for each in results
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]
        ).rstrip()
        for row in rows
    ]
    counts = Counter(each.verdict for each in results)
    return "\n".join([*lines, "", ", ".join(f"{n} {verdict}" for verdict, n in counts.items())])


def to_json(results: Sequence[Result]) -> str:
    return json.dumps([asdict(each) for each in results], indent=1)


def has_failed(results: Sequence[Result]) -> bool:
    """Whether a MUST or a SHOULD failed."""
    return any(each.verdict == "fail" and each.level != "MAY" for each in results)
