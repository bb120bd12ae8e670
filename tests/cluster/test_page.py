"""Pages that need a Kubernetes API server do what they show."""

from pathlib import Path

import pytest

from tests.cluster.api_server import ApiServer
from tests.cluster.reading import run_in_cluster
from tests.docs.pages import is_of_cluster
from tests.docs.runner import ROOT

PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if is_of_cluster(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_what_a_page_shows_is_what_happens(
    page: Path, api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run_in_cluster(page, api_server, monkeypatch)
