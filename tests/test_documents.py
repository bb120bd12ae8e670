"""What the documents show is what happens."""

import json
import re
from pathlib import Path

from poplin.resources.annotations import ANNOTATIONS
from poplin_cli.verdicts import verdicts

DOCS = Path(__file__).parent.parent / "docs"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.M | re.S)


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
