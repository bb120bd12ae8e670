"""What each fault did, as rows of one table: printed, and kept where one is named."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.ledger import Verdict

__all__ = ["IS_LONG", "RESULTS", "Row", "events", "record", "table"]

IS_LONG = os.environ.get("POPLIN_FAULTS") == "long"
"""`make faults-long`; else the size for CI."""


def events(ci: int, long: int) -> int:
    """How many, in the size that was asked for; POPLIN_FAULT_EVENTS overrides it."""
    return int(os.environ.get("POPLIN_FAULT_EVENTS") or (long if IS_LONG else ci))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    fault: str
    sent: int
    accepted: int
    lost: int
    duplicates: int
    deliveries: int
    recovery_s: float | None
    server: str
    seed: int | None
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
            accepted=found.accepted,
            lost=len(found.lost),
            duplicates=found.duplicates,
            deliveries=found.deliveries,
            recovery_s=None if recovery_s is None else round(recovery_s, 1),
            server=server,
            seed=seed,
            notes=notes,
        )
    )


_HEAD = "| fault | sent | accepted | lost | duplicates | recovery, s | server | seed | |"


def table(rows: list[Row]) -> str:
    """In Markdown. Duplicates are also a share of deliveries."""
    lines = [_HEAD, "|---|---:|---:|---:|---:|---:|---|---:|---|"]
    for row in rows:
        share = row.duplicates / row.deliveries if row.deliveries else 0
        recovery = "" if row.recovery_s is None else f"{row.recovery_s:g}"
        seed = "" if row.seed is None else str(row.seed)
        lines.append(
            f"| {row.fault} | {row.sent:,} | {row.accepted:,} | {row.lost} | "
            f"{row.duplicates} ({share:.2%}) | {recovery} | {row.server} | {seed} | {row.notes} |"
        )
    return "\n".join(lines)


def write(path: Path) -> None:
    path.write_text(json.dumps([asdict(row) for row in RESULTS], indent=1))
