"""Whatever a payload holds, signed by GitHub or not: a legal event, or a refusal, and soon."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poplin.codec.binary import canonical
from poplin.resources.source_models import MappingName
from sources.webhooks.mapping.github import GitHubMapper
from sources.webhooks.mapping.github.adapter import ROWS
from sources.webhooks.values import Handled, RefusedError, Request
from tests.quick import MOST_S, cpu_s
from tests.sources.webhooks.mapping.deliveries import emitted
from tests.sources.webhooks.mapping.github.deliveries import MAPPINGS, NOW_S, SOURCE, delivered
from tests.sources.webhooks.mapping.github.test_cloudevents import EVERYTHING

# Of every row of both tables, and some that none has.
NAMES = sorted({*ROWS, "integration_installation", "ping", "sub_issues", "teleport_v3"})
MORE: dict[str, Any] = {
    "assignee": {"login": "octo"},
    "compare": "https://github.com/octo/cat/compare/a...b",
    "context": "default",
    "created": True,
    "id": 1,
    "name": "octo/cat",
    "pages": [{"page_name": "Home"}],
    "pusher": {"name": "hubot", "updated_at": 1_578_700_800},
    "state": "success",
}
PAYLOAD = EVERYTHING | MORE

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.text(st.characters(categories=("Cs", "Cc", "Cn", "Zs"))),
    st.sampled_from(
        ["/", "//", "a b", "%", "%zz", '"', "\ufffe", "\x00", "[", "x" * 5000, "é" * 5000]
    ),
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "login", "url", "name", "owner", ""]), inner)
    ),
    max_leaves=8,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for name, each in inside for place in _places(each, (*path, name)))]


def _replaced(value: Any, path: tuple[Any, ...], by: object) -> Any:
    if not path:
        return by
    whole = dict(value) if isinstance(value, dict) else list(value)
    whole[path[0]] = _replaced(whole[path[0]], path[1:], by)
    return whole


def _body(payload: object) -> bytes:
    return json.dumps(payload).encode()


def _legal(mapping: MappingName, request: Request) -> None:
    """Refused or handled, or an event that comes out of its headers as it went in."""
    try:
        event = GitHubMapper(SOURCE, mapping=mapping, forwards_ping=True).event(request)
    except RefusedError:
        return
    assert not isinstance(event, Handled)
    assert event.data == request.body
    assert emitted(event) == {name: canonical(each) for name, each in event.attributes.items()}


def _all_at(depth: int, value: Any, by: object) -> Any:
    """Everything that lies so deep, or ends before, replaced."""
    if depth and isinstance(value, dict):
        return {name: _all_at(depth - 1, each, by) for name, each in value.items()}
    if depth and isinstance(value, list):
        return [_all_at(depth - 1, each, by) for each in value]
    return by


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "odd", [None, True, -1, 2**40, 1.5, "", " ", "\ud800", "a\nb", [], [1], {}, {"id": {}}]
)
def test_every_field_may_be_anything(mapping: MappingName, depth: int, odd: object) -> None:
    body = _body(_all_at(depth, PAYLOAD, odd))

    for name in NAMES:
        _legal(mapping, delivered(name, body))


@given(st.sampled_from(MAPPINGS), st.sampled_from(NAMES), st.sampled_from(_places(PAYLOAD)), JSON)
@settings(max_examples=500)
def test_any_json_at_any_place(
    mapping: MappingName, name: str, place: tuple[Any, ...], value: object
) -> None:
    _legal(mapping, delivered(name, _body(_replaced(PAYLOAD, place, value))))


@given(
    st.sampled_from(MAPPINGS),
    st.text(max_size=20),
    st.text(max_size=20),
    st.sampled_from(["application/json", "application/x-www-form-urlencoded"]) | st.text(),
    st.binary() | JSON.map(_body) | st.binary().map(lambda body: b"payload=" + body),
)
def test_any_headers_and_any_body(
    mapping: MappingName, name: str, delivery_id: str, content_type: str, body: bytes
) -> None:
    headers = {
        "x-github-event": name,
        "x-github-delivery": delivery_id,
        "content-type": content_type,
    }
    request = Request(headers, body, NOW_S)
    with suppress(RefusedError):
        GitHubMapper(SOURCE, mapping=mapping).event(request)


@pytest.mark.parametrize(
    "payload",
    [
        {"pages": [{"page_name": "p" * 1000}] * 1000},
        {"pages": [[[]]] * 1000},
        {"repository": {"url": "a" * 100_000, "name": "é" * 100_000}},
        {"repository": {"url": "http://[" * 1000}},
    ],
)
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_huge_value_takes_no_time(mapping: MappingName, payload: object) -> None:
    request = delivered("gollum", payload)

    assert cpu_s(lambda: _legal(mapping, request)) <= MOST_S
