"""What the documents show is what happens."""

import json
import re
from pathlib import Path

import pytest

from poplin.resources.annotations import ANNOTATIONS
from poplin_cli.verdicts import verdicts
from tests.annotation_table import with_table

DOCS = Path(__file__).parent.parent / "docs"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)


def test_the_table_of_annotations_is_the_one_in_the_code() -> None:
    page = (DOCS / "annotations.md").read_text()

    assert with_table(page) == page, "run make docs"


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_an_annotation_says_what_it_takes_and_its_default_is_one_of_that(name: str) -> None:
    row = ANNOTATIONS[name]

    with pytest.raises(ValueError, match=r"^use "):
        row.parse("")
    if row.default is not None:
        assert row.parse(row.written or str(row.default)) == row.default


def test_the_explanation_shown_is_the_one_given(tmp_path: Path) -> None:
    (trigger,) = _blocks("filters.md", "yaml")
    shown = _blocks("filters.md", "text")[0]
    event = {
        "specversion": "1.0", "id": "A-1", "type": "com.example.order", "source": "/shop/us",
        "subject": "1", "amount": "much",
    }  # fmt: skip
    (tmp_path / "t.yaml").write_text(trigger)
    (tmp_path / "e.json").write_text(json.dumps(event))

    lines, _ = verdicts(tmp_path / "t.yaml", tmp_path / "e.json", explains=True)

    assert "\n".join(lines) + "\n" == shown
