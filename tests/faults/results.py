"""What each fault did, as rows of one table: printed, and kept where one is named."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.ledger import Verdict

__all__ = [
    "IS_LONG",
    "RESULTS",
    "Row",
    "events",
    "note",
    "plain",
    "read",
    "record",
    "rows",
    "table",
    "write",
]

IS_LONG = os.environ.get("POPLIN_FAULTS") == "long"
"""`make faults-long`; else the size for CI."""


def events(ci: int, long: int) -> int:
    """How many, in the size that was asked for; POPLIN_FAULT_EVENTS overrides it."""
    return int(os.environ.get("POPLIN_FAULT_EVENTS") or (long if IS_LONG else ci))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    accepted: int
    lost: int
    duplicates: int
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`found` is None where something else than a balance was measured; the notes tell it."""

    fault: str
    sent: int = 0
    found: Counts | None = None
    recovery_s: float | None = None
    server: str = ""
    seed: int | None = None
    notes: str = ""


RESULTS: list[Row] = []


def record(
    fault: str,
    found: Verdict,
    *,
    sent: int,
    server: str,
    seed: int,
    recovery_s: float | None = None,
    notes: str = "",
) -> None:
    """Call before asserting: a row that is red is worth as much."""
    RESULTS.append(
        Row(
            fault=fault,
            sent=sent,
            found=Counts(
                accepted=found.accepted,
                lost=len(found.lost),
                duplicates=found.duplicates,
                deliveries=found.deliveries,
            ),
            recovery_s=None if recovery_s is None else round(recovery_s, 1),
            server=server,
            seed=seed,
            notes=notes,
        )
    )


def note(fault: str, notes: str) -> None:
    """A row of something else than a balance."""
    RESULTS.append(Row(fault=fault, notes=notes))


_HEAD = "| fault | sent | accepted | lost | duplicates | recovery, s | server | seed | |"


def table(rows: list[Row]) -> str:
    """In Markdown."""
    return "\n".join([_HEAD, "|---|---:|---:|---:|---:|---:|---|---:|---|", *map(_line, rows)])


def _line(row: Row) -> str:
    recovery = "" if row.recovery_s is None else f"{row.recovery_s:g}"
    seed = "" if row.seed is None else str(row.seed)
    return (
        f"| {row.fault} | {row.sent or ''} | {_counts(row.found)} | {recovery} "
        f"| {row.server} | {seed} | {row.notes} |"
    )


def _counts(found: Counts | None) -> str:
    """Accepted, lost, duplicates and their share of deliveries."""
    if found is None:
        return "| |"
    share = found.duplicates / found.deliveries if found.deliveries else 0
    return f"{found.accepted:,} | {found.lost} | {found.duplicates} ({share:.2%})"


def write(path: Path) -> None:
    """Beside the rows that an earlier run left there: `make faults` runs twice."""
    new = {(row.fault, row.server) for row in RESULTS}
    old = read(path) if path.exists() else []
    kept = [row for row in old if (row.fault, row.server) not in new]
    path.write_text(json.dumps(plain([*kept, *RESULTS]), indent=1))


def read(path: Path) -> list[Row]:
    return rows(json.loads(path.read_text()))


def plain(found: Iterable[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in found]


def rows(found: Iterable[dict[str, Any]]) -> list[Row]:
    """What `plain` made of them."""
    return [
        Row(**{**each, "found": None if each["found"] is None else Counts(**each["found"])})
        for each in found
    ]
