"""The test kit of CESQL: the files given, and what its other files are known to ask."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from poplin.filters import cesql

DATA = os.environ.get("POPLIN_TEST_DATA")

# Contradicts the cast from Integer to Boolean that the specification demands; newer kits ask
# what we answer (docs/compatibility.md).
CONTRADICTED = {"not_operator: Invalid int cast": (False, None)}

DEFAULT = {"specversion": "1.0", "id": "myId", "source": "localhost.localdomain", "type": "myType"}


class _Loader(yaml.SafeLoader):
    """Leaves times as they are written."""


_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _cases() -> list[Any]:
    if DATA is None:
        reason = "POPLIN_TEST_DATA is not set: the CESQL test kit is absent"
        return [pytest.param("", {}, marks=pytest.mark.skip(reason=reason))]
    found = []
    for file in sorted((Path(DATA) / "cesql_tck").glob("*.yaml")):
        text = file.read_text()
        # An expression such as TRUE or 0 is text whatever YAML makes of it.
        texts = yaml.load(text, Loader=yaml.BaseLoader)["tests"]  # noqa: S506
        cases = yaml.load(text, Loader=_Loader)["tests"]  # noqa: S506 - a SafeLoader
        found += [
            pytest.param(
                each["expression"],
                {**case, "name": f"{file.stem}: {case['name']}"},
                id=f"{file.stem}: {case['name']}",
            )
            for each, case in zip(texts, cases, strict=True)
        ]
    return found


@pytest.mark.parametrize(("expression", "case"), _cases())
def test_the_kit(expression: str, case: dict[str, Any]) -> None:
    event = {**DEFAULT, **(case.get("event") or {}), **(case.get("eventOverrides") or {})}
    if case.get("event"):
        event = {**case["event"], **(case.get("eventOverrides") or {})}
    if case.get("error") == "parse":
        with pytest.raises(cesql.ParseError):
            cesql.compile(expression)
        return

    value, error = cesql.compile(expression).evaluate(event)

    expected = CONTRADICTED.get(case["name"], (case.get("result", value), case.get("error")))
    assert (value, error and error.kind) == expected
    assert type(value) is type(expected[0])
