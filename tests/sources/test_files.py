"""The files of the sources are followed, and told of by one process only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from poplin.resources import Loaded
from sources.files import Files
from tests.waiting import until

GOOD = """\
apiVersion: sources.poplin.dev/v1alpha1
kind: WebhookSource
metadata: {name: shop}
spec: {preset: none, event: {type: {value: sold}}, sink: {uri: 'http://127.0.0.1:1/'}}
"""


@asynccontextmanager
async def _following(path: Path, *, is_supervised: bool) -> AsyncIterator[list[list[str]]]:
    """The names of the sources, each time that something is taken."""
    taken: list[list[str]] = []
    stop = asyncio.Event()

    def take(loaded: Loaded) -> None:
        taken.append([each.name for each in loaded.sources])

    files = Files([path], is_supervised=is_supervised)
    following = asyncio.create_task(files.follow(take, stop))
    try:
        await until(lambda: taken)
        yield taken
    finally:
        stop.set()
        await following


async def test_an_edit_takes_effect_and_a_bad_one_leaves_what_was(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(GOOD)
    async with _following(path, is_supervised=True) as taken:
        path.write_text(GOOD + "---\n" + GOOD.replace("shop", "other"))
        await until(lambda: taken[-1] == ["shop", "other"])
        path.write_text(GOOD.replace("none", "nonsense"))
        await until(lambda: taken[-1] == ["shop"])


@pytest.mark.parametrize("is_supervised", [True, False])
async def test_what_is_wrong_is_said_by_whoever_runs_alone(
    tmp_path: Path, is_supervised: bool
) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(GOOD.replace("none", "nonsense"))

    with structlog.testing.capture_logs() as lines:
        async with _following(path, is_supervised=is_supervised) as taken:
            path.write_text(GOOD)
            await until(lambda: taken[-1] == ["shop"])

    said = [line["log_level"] for line in lines]
    assert said == ([] if is_supervised else ["error", "info"])
