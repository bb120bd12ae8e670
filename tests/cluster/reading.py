"""A page that needs a Kubernetes API server, read by somebody who has one and `kubectl`."""

import asyncio
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cluster.api_server import ApiServer, assets
from tests.docs.runner import run_page

__all__ = ["run_in_cluster"]


async def run_in_cluster(page: Path, server: ApiServer, patch: pytest.MonkeyPatch) -> None:
    """As the administrator. `kubectl` is the one beside the API server's programs, else that of PATH."""
    patch.setenv("PATH", f"{assets()}{os.pathsep}{os.environ['PATH']}")
    patch.setenv("KUBECONFIG", str(server.kubeconfig))
    assert shutil.which("kubectl"), "the pages need kubectl: put it on PATH"
    # Short: the store's socket lies in it, and a longer path than the kernel takes is elsewhere.
    with TemporaryDirectory(prefix="poplin-") as folder:
        await asyncio.to_thread(run_page, page, Path(folder))
