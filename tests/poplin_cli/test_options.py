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


@pytest.mark.parametrize(
    "name", ["audit#x", "..", "default/..", "../x", "a/b/c", "Audit", "a b", ""]
)
def test_what_kubernetes_allows_for_no_name_is_refused(name: str) -> None:
    """In a path it would lead elsewhere."""
    result = CliRunner().invoke(app, ["describe", "trigger", name])

    assert result.exit_code == 2
    assert "is not a name; give NAME or NAMESPACE/NAME" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("namespace", ["a.b", "x/y", "", "#"])
def test_a_namespace_is_as_kubernetes_allows(namespace: str) -> None:
    result = CliRunner().invoke(app, ["describe", "trigger", "audit", "-n", namespace])

    assert result.exit_code == 2
    assert "is not a name" in result.stderr
