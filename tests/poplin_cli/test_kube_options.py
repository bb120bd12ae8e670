"""How the sources are told the way to a cluster."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from poplin_cli.main import app


@pytest.mark.parametrize("service", [["up"], ["sources", "--redis", "redis://127.0.0.1:1/0"]])
@pytest.mark.parametrize("name", ["absent", "."])
def test_a_kubeconfig_that_is_not_there_is_misspelt(
    tmp_path: Path, service: list[str], name: str
) -> None:
    path = tmp_path / name

    result = CliRunner().invoke(app, [*service, "-f", str(tmp_path), "--kubeconfig", str(path)])

    assert result.exit_code == 2
    assert f"--kubeconfig {path}: there is no such file; name one" in result.stderr
