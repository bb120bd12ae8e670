"""What tables in the documents say is what the code has; commands in them: tests/docs."""

import re
from pathlib import Path

from poplin.resources.annotations import ANNOTATIONS

DOCS = Path(__file__).parent.parent / "docs"


def test_every_annotation_is_documented_with_its_kinds() -> None:
    rows = re.findall(
        r"^\| `poplin\.dev/(\S+)` \| (.*?) \|", (DOCS / "annotations.md").read_text(), re.M
    )

    assert {name: frozenset(kinds.split(", ")) for name, kinds in rows} == {
        name: row.kinds for name, row in ANNOTATIONS.items()
    }


def test_the_defaults_of_annotations_are_the_documented_ones() -> None:
    rows = re.findall(
        r"^\| `poplin\.dev/(\S+)` \| .*? \| `(.*?)` \|", (DOCS / "annotations.md").read_text(), re.M
    )

    for name, default in rows:
        assert ANNOTATIONS[name].parse(default) == ANNOTATIONS[name].default
