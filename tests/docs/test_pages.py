"""Every page does what it shows."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.docs.pages import Command, is_of_cluster, steps
from tests.docs.runner import ROOT, run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize(
    "page",
    [
        page
        for page in PAGES
        if not is_of_cluster(page) and any(isinstance(step, Command) for step in steps(page))
    ],
    ids=lambda page: page.name,
)
def test_what_a_page_shows_is_what_happens(page: Path) -> None:
    # Short: the store's socket lies in it, and a longer path than the kernel takes is elsewhere.
    with TemporaryDirectory(prefix="poplin-") as folder:
        run_page(page, Path(folder))
