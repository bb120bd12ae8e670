"""What documents take from the code is what the code has; what their commands show: tests/docs."""

from pathlib import Path

import pytest

from poplin.resources.annotations import ANNOTATIONS
from tests.annotation_table import with_table
from tests.command_reference import with_reference

DOCS = Path(__file__).parent.parent / "docs"


def test_the_table_of_annotations_is_the_one_in_the_code() -> None:
    page = (DOCS / "annotations.md").read_text()

    assert with_table(page) == page, "run make docs"


def test_the_reference_of_commands_is_the_one_of_the_command_line() -> None:
    page = (DOCS / "cli.md").read_text()

    assert with_reference(page) == page, "run make docs"


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_an_annotation_says_what_it_takes_and_its_default_is_one_of_that(name: str) -> None:
    row = ANNOTATIONS[name]

    with pytest.raises(ValueError, match=r"^use "):
        row.parse("")
    if row.default is not None:
        assert row.parse(row.written or str(row.default)) == row.default
