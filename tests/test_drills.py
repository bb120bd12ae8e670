"""The drills fit the code that they break: one that does not apply shows nothing."""

from pathlib import Path

import pytest

from tests.drills.drills import DRILLS, Drill

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.breaks)
def test_a_drill_applies_to_one_place(drill: Drill) -> None:
    assert (ROOT / drill.file).read_text().count(drill.old) == 1
