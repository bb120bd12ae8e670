"""`poplin check` as a user and a CI see it."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from poplin_cli.main import app
from tests.resources.sources import API_SERVER, GITHUB, PING, SECRET, VALUE, WEBHOOK, with_spec
from tests.resources.test_load import BROKER, GOOD, HEAD

REF = HEAD + "  broker: b\n  subscriber: {ref: {apiVersion: v1, kind: Service, name: orders}}\n"
BAD = GOOD + "  delivery: {retry: -1}\n"
TO_BROKER = with_spec(
    GITHUB, "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}}"
)


def check(folder: Path, text: str, *options: str) -> Result:
    file = folder / "f.yaml"
    file.write_text(text)
    return CliRunner().invoke(app, ["check", "-f", str(file), *options])


def test_files_that_are_good_are_0(tmp_path: Path) -> None:
    result = check(tmp_path, f"{BROKER}---\n{GOOD}")

    broker, trigger = result.stdout.splitlines()[1:]
    assert result.exit_code == 0
    assert broker.split() == ["Broker", "default/b", "http://127.0.0.1:8080/default/b", "True"]
    assert trigger.split() == ["Trigger", "default/t", "b", "→", "http://s/", "True"]


def test_a_problem_is_1_and_said_with_its_line(tmp_path: Path) -> None:
    result = check(tmp_path, f"{BROKER}---\n{BAD}")

    assert result.exit_code == 1
    assert result.stdout.startswith(f"{tmp_path}/f.yaml:11: Trigger default/t: spec.delivery.retry")
    assert "False   Invalid: spec.delivery.retry" in result.stdout


def test_what_would_not_be_ready_is_1_until_the_option_says_where_it_is(tmp_path: Path) -> None:
    text = f"{BROKER}---\n{REF}"

    lost = check(tmp_path, text)
    found = check(tmp_path, text, "--resolve", "default/orders=http://127.0.0.1:9000")

    assert (lost.exit_code, found.exit_code) == (1, 0)
    assert "--resolve default/orders=http://127.0.0.1:9000" in lost.stdout


def test_several_paths_are_checked_together(tmp_path: Path) -> None:
    (tmp_path / "broker.yaml").write_text(BROKER)

    result = check(tmp_path, GOOD, "-f", str(tmp_path / "broker.yaml"))

    assert result.exit_code == 0


@pytest.mark.parametrize(("form", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_machines_get_problems_and_status(tmp_path: Path, form: str, read: object) -> None:
    assert callable(read)
    result = check(tmp_path, f"{BROKER}---\n{BAD}---\napiVersion: v1\nkind: Pod\n", "-o", form)

    report = read(result.stdout)
    assert result.exit_code == 1
    assert report["problems"][0]["line"] == 11
    assert report["problems"][0]["path"] == "spec.delivery.retry"
    assert report["notes"] == [f"{tmp_path}/f.yaml:13: Pod (v1) is not ours; skipped"]
    broker, trigger = report["items"]
    assert broker["status"]["address"] == {"url": "http://127.0.0.1:8080/default/b"}
    assert (trigger["ready"], trigger["reason"]) == ("False", "Invalid")


def test_a_source_is_a_line_with_its_path_and_its_sink(tmp_path: Path) -> None:
    result = check(tmp_path, f"{TO_BROKER}---\n{BROKER}---\n{SECRET}")

    broker, source = result.stdout.splitlines()[1:]
    assert result.exit_code == 0
    assert broker.split()[0] == "Broker"
    assert source.split() == [
        "GitHubSource",
        "default/x",
        "http://127.0.0.1:8082/default/x",
        "→",
        "http://127.0.0.1:8080/default/b",
        "True",
    ]
    assert VALUE not in result.output


@pytest.mark.parametrize(
    ("document", "kind"), [(API_SERVER, "ApiServerSource"), (PING, "PingSource")]
)
def test_a_source_that_acts_by_itself_is_a_line_with_its_sink(
    tmp_path: Path, document: str, kind: str
) -> None:
    result = check(tmp_path, document)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split() == [kind, "default/x", "→", "http://sink/", "True"]


def test_a_doubt_about_a_kind_is_a_warning_and_no_error(tmp_path: Path) -> None:
    document = with_spec(API_SERVER, "resources: [{apiVersion: v1, kind: Deployment}]")

    result = check(tmp_path, document)

    assert result.exit_code == 0
    assert "True    warning: spec.resources[0].kind: v1 has no Deployment" in result.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            with_spec(API_SERVER, "resources: [{apiVersion: v1, kind: Secret}]"),
            "Invalid: spec.resources[0].kind: what a Secret holds may go to the sink; if it is to,",
        ),
        (
            f"{WEBHOOK}---\n{SECRET.replace('k:', 'other:')}",
            "SecretTokenNotFound: Secret default/s has no key k; add it under stringData",
        ),
        (
            WEBHOOK,
            "SecretTokenNotFound: Secret default/s is not in the files; add it, with the key k",
        ),
        (f"{TO_BROKER}---\n{SECRET}", "NotFound: Broker.eventing.knative.dev default/b has no"),
        (with_spec(WEBHOOK, "preset: x"), "Invalid: spec.preset: 'x' is not allowed"),
    ],
)
def test_a_source_that_is_not_ready_is_1_and_says_what_to_add(
    tmp_path: Path, text: str, said: str
) -> None:
    result = check(tmp_path, text)

    assert result.exit_code == 1
    assert said in result.stdout
    assert VALUE not in result.output


def test_machines_get_the_status_of_a_source(tmp_path: Path) -> None:
    result = check(tmp_path, f"{GITHUB}---\n{SECRET}", "-o", "json")

    (item,) = json.loads(result.stdout)["items"]
    assert result.exit_code == 0
    assert (item["kind"], item["name"], item["ready"]) == ("GitHubSource", "x", "True")
    assert item["status"]["sinkUri"] == "http://sink/"
    assert VALUE not in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: Pod\n", "no Broker, Trigger or source in "),
        ("", "holds no document"),
    ],
)
def test_files_without_anything_of_ours_are_1(tmp_path: Path, text: str, said: str) -> None:
    result = check(tmp_path, text)

    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resolve", "orders=x"], "--resolve 'orders=x' is not allowed; use NAMESPACE/NAME=URL"),
        (["-o", "xml"], "'--output'"),
    ],
)
def test_a_bad_option_is_2(tmp_path: Path, options: list[str], said: str) -> None:
    result = check(tmp_path, BROKER, *options)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_up_reads_the_option_before_it_starts_anything(tmp_path: Path) -> None:
    options = ["up", "-f", str(tmp_path), "--resolve", "orders=x"]

    result = CliRunner().invoke(app, options)

    assert result.exit_code == 2
    assert "poplin: --resolve 'orders=x' is not allowed" in result.stderr
