"""Options that contradict each other, as a user gives them."""

import pytest
from typer.testing import CliRunner

from poplin_cli.main import app


@pytest.mark.parametrize("service", [["up", "-f", "."], ["ingress"], ["dispatcher"]])
def test_replicas_that_nothing_would_ask_are_refused(service: list[str]) -> None:
    redis = ["--redis", "redis://127.0.0.1:1/0"]

    result = CliRunner().invoke(app, [*service, *redis, "--replicas", "2"])

    assert result.exit_code == 2
    assert "--profile ha" in result.output
