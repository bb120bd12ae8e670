"""Secrets: decoded, kept, and never shown."""

import json
from pathlib import Path

import pytest

from poplin.resources import load, resolve
from tests.resources.test_load import BROKER, loaded, problem

HEAD = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\nimmutable: true\n"
VALUE = "hunter2"
ENCODED = "aHVudGVyMg=="


def test_a_secret_is_decoded_and_its_texts_go_before_its_data(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        f"{HEAD}data:\n  a: {ENCODED}\n  b: {ENCODED}\n  c: |\n    aHVu\n    dGVyMg==\n"
        "stringData: {b: 'öl'}\n",
    )

    (secret,) = found.secrets
    assert secret.values == {"a": b"hunter2", "b": "öl".encode(), "c": b"hunter2"}
    assert (secret.namespace, secret.name, secret.place.line) == ("default", "s", 1)
    assert not found.problems
    assert not found.notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{HEAD}data: {{a: {VALUE}}}\n", "6: Secret default/s: data.a: is not base64; encode it"),
        (f"{HEAD}data: {VALUE}\n", "data: is not a mapping from keys to texts"),
        (f"{HEAD}stringData: [{VALUE}]\n", "stringData: is not a mapping"),
        (
            f"{HEAD}stringData: {{a: {{b: {VALUE}}}}}\n",
            "stringData.a: is not a text; put the value",
        ),
        (f"{HEAD}stringData: {{a: 17171717}}\n", "stringData.a: is not a text"),
        (f"{HEAD}stringData: {{a b: {VALUE}}}\n", "stringData: a key holds letters, digits"),
        (f"{HEAD}stringdata: {{a: {VALUE}}}\n", "unknown field; did you mean stringData?"),
        (f"{HEAD}data: {{a: *{VALUE}}}\n", "6: this Secret is not plain YAML; write each value as"),
        (f"{HEAD}data: {{a: !{VALUE} x}}\n", "6: this Secret is not plain YAML"),
        (f"{HEAD}data: {{a: !!int {VALUE}}}\n", "6: this Secret is not plain YAML"),
        (f'{{"kind": "Secret", "data": {{"a": *{VALUE}}}}}', "1: this Secret is not plain YAML"),
        (f"{HEAD}stringData: {{a: {'x' * 1024 * 1024}{VALUE}}}\n", "holds more than 1 MiB"),
    ],
    ids=range(12),
)
def test_a_bad_secret_is_refused_without_its_values(
    tmp_path: Path, text: str, expected: str
) -> None:
    said = problem(tmp_path, text)

    assert expected in said
    assert VALUE not in said
    assert "17171717" not in said


def test_no_value_of_a_secret_is_shown_or_published(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(f"{HEAD}stringData: {{a: {VALUE}}}\n---\n{BROKER}")
    found = load([tmp_path])
    resolved = resolve(found, lambda *_: "uid", broker_url=lambda *_: "http://i/")

    assert len(found.secrets) == len(resolved.brokers) == 1
    assert VALUE not in repr(found)
    assert VALUE not in repr(resolved)


def test_a_secret_in_json_is_one_too(tmp_path: Path) -> None:
    document = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "s"},
                "data": {"a": ENCODED},
            }
        ],
    }

    found = loaded(tmp_path, json.dumps(document))

    assert found.secrets[0].values == {"a": b"hunter2"}
