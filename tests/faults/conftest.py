"""The table of results at the end of a run, also of one that several processes share."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.faults import results

_ROWS = "fault rows"


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_ROWS] = results.plain(results.RESULTS)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Rows of the other processes."""
    results.RESULTS.extend(results.rows(getattr(node, "workeroutput", {}).get(_ROWS, [])))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if results.RESULTS:
        terminalreporter.write_line(results.table(results.RESULTS))
    if path := os.environ.get("POPLIN_FAULT_RESULTS"):
        results.write(Path(path))
