"""Whatever stands in the document of a source, it is served or refused, and tells no secret."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from poplin.resources import Loaded, load, resolve_sources
from tests.resources.sources import (
    API_SERVER,
    BITBUCKET,
    GITHUB,
    GITLAB,
    PING,
    WEBHOOK,
    annotated,
    with_spec,
)

VALUE = "Hunter2/9f=="
TOKEN = "accessToken: {secretKeyRef: {name: t, key: k}}"  # noqa: S105
EVENT = "event: {type: {pointer: /a, prefix: b, default: c}, extensions: {e: {header: h}}}"
SELECTOR = "{matchLabels: {a: b}, matchExpressions: [{key: c, operator: In, values: [d]}]}"
WATCHED = f"resources: [{{apiVersion: v1, kind: Pod, selector: {SELECTOR}}}]\nnamespaceSelector: {SELECTOR}"
OVERRIDES = "ceOverrides: {extensions: {a: b}}"
FULL = [
    annotated(with_spec(GITHUB, f"{TOKEN}\n{OVERRIDES}\nsecure: true"), more_secrets="s/o"),
    annotated(with_spec(GITLAB, f"{TOKEN}\nsslverify: true"), mapping="knative"),
    annotated(with_spec(BITBUCKET, "eventTypes: [a]"), forward_ping="true"),
    with_spec(WEBHOOK, f"preset: hmac\nhmac: {{header: a, prefix: b}}\n{EVENT}"),
    with_spec(API_SERVER, f"{WATCHED}\nowner: {{kind: Job}}\nfilters: [{{exact: {{type: a}}}}]"),
    annotated(PING, catch_up="last"),
]
DOCUMENTS = [yaml.safe_load(each) for each in FULL]
SECRET = ("accessToken", "secretToken", "secrets", "poplin.dev/more-secrets")
Path_ = tuple[str | int, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in items:
            yield from places(each, (*path, name))


def replaced(document: Any, path: Path_, value: Any) -> Any:
    found = copy.deepcopy(document)
    holder = found
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return found


def read(folder: Path, document: Any) -> Loaded:
    file = folder / "any.json"
    file.write_text(json.dumps(document))
    return load([file])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=9), each, max_size=3)
    ),
    max_leaves=5,
)
spots = st.sampled_from(
    [(document, path) for document in DOCUMENTS for path in places(document) if path]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(spots, anything)
def test_anything_anywhere_is_served_or_told(
    tmp_path: Path, spot: tuple[Any, Path_], value: Any
) -> None:
    document, path = spot

    loaded = read(tmp_path, replaced(document, path, value))
    found = resolve_sources(loaded, broker_url=lambda *_: "http://i/", receiver_url=str)

    assert loaded.problems or loaded.notes or found
    assert all("\n" not in str(each) for each in loaded.problems)
    assert len(found) <= 1


@pytest.mark.parametrize("value", [VALUE, [VALUE], {"value": VALUE}, {"secretKeyRef": VALUE}])
def test_a_secret_where_its_name_belongs_is_in_no_message(tmp_path: Path, value: Any) -> None:
    tried = 0
    for document in DOCUMENTS:
        for path in places(document):
            if not set(SECRET) & set(path):
                continue
            loaded = read(tmp_path, replaced(document, path, value))
            found = resolve_sources(loaded, broker_url=lambda *_: "http://i/", receiver_url=str)

            assert loaded.problems
            assert VALUE not in repr((loaded, found)), path
            tried += 1
    assert tried > 20
