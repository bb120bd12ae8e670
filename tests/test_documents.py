"""What documents take from the code is what the code has; what their commands show: tests/docs."""

import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from poplin.resources.annotations import ANNOTATIONS
from poplin_cli.main import app
from tests.annotation_table import with_table
from tests.command_reference import with_reference
from tests.docs.pages import File, steps

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def test_the_table_of_annotations_is_the_one_in_the_code() -> None:
    page = (DOCS / "annotations.md").read_text()

    assert with_table(page) == page, "run make docs"


def test_the_reference_of_commands_is_the_one_of_the_command_line() -> None:
    page = (DOCS / "cli.md").read_text()

    assert with_reference(page) == page, "run make docs"


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))], ids=str
)
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    """Links within the repository; headings as GitHub names them."""
    for link in re.findall(r"\]\((?!https?:)([^)\s]*)\)", page.read_text()):
        file, _, heading = link.partition("#")
        target = page.parent / file if file else page

        assert target.exists(), link
        assert not heading or heading in _headings(target), link


def _headings(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_arguments_of_a_deployment_are_options_of_the_command() -> None:
    page = steps(DOCS / "sources" / "kubernetes.md")
    text = next(each.text for each in page if isinstance(each, File) and "sources" in each.name)
    deployment = next(each for each in yaml.safe_load_all(text) if each["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]

    assert CliRunner().invoke(app, [*container["args"], "--help"]).exit_code == 0


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_an_annotation_says_what_it_takes_and_its_default_is_one_of_that(name: str) -> None:
    row = ANNOTATIONS[name]

    with pytest.raises(ValueError, match=r"^use "):
        row.parse("")
    if row.default is not None:
        assert row.parse(row.written or str(row.default)) == row.default
