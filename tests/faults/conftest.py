"""The table of results at the end of a run."""

import os
from pathlib import Path
from typing import Any

from tests.faults import results


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if results.RESULTS:
        terminalreporter.write_line(results.table(results.RESULTS))
    if path := os.environ.get("POPLIN_FAULT_RESULTS"):
        results.write(Path(path))
