"""What the whole-fabric tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests of a module, which share a fabric: starting one takes seconds."""
    return tmp_path_factory.mktemp("fabric")
