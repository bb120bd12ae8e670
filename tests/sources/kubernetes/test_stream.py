"""Bytes of a watch become events, whatever way they come."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.kubernetes.asking import Account, Asked
from sources.kubernetes.errors import (
    ForbiddenError,
    GoneError,
    KubernetesError,
    UnavailableError,
    UnknownKindError,
)
from sources.kubernetes.stream import MOST_LINE_BYTES, Lines, SilentError, event_of, events
from sources.kubernetes.values import WatchEvent
from tests.sources.kubernetes.connected import CONFIG_MAPS

ASKED = Asked(
    account=Account("shop", "watcher"),
    verb="watch",
    things="configmaps",
    path="/",
    namespace="shop",
)


def line(kind: str, version: str = "7", **more: Any) -> bytes:
    metadata = {"uid": "u", "name": "a", "resourceVersion": version}
    return orjson.dumps({"type": kind, "object": {"metadata": metadata, **more}}) + b"\n"


def error(code: int, **more: Any) -> bytes:
    status = {"kind": "Status", "code": code, "message": "told", **more}
    return orjson.dumps({"type": "ERROR", "object": status}) + b"\n"


async def chunks_of(*chunks: bytes | Exception) -> AsyncGenerator[bytes, None]:
    for each in chunks:
        if isinstance(each, Exception):
            raise each
        yield each


async def read(*chunks: bytes | Exception) -> tuple[list[list[str]], KubernetesError | None]:
    """The versions in each batch, and what ended them."""
    batches: list[list[str]] = []
    try:
        async for batch in events(chunks_of(*chunks), CONFIG_MAPS, ASKED):
            batches += [[each.resource_version for each in batch]]
    except KubernetesError as raised:
        return batches, raised
    return batches, None


@given(st.lists(st.binary().map(lambda each: each.replace(b"\n", b""))), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(each + b"\n" for each in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)))))
    reader = Lines()

    found = [
        each
        for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)
        for each in reader.feed(whole[start:end])
    ]

    assert found == [each for each in lines if each.strip()]
    assert reader.is_between


async def test_what_came_together_is_given_together() -> None:
    first, second, third = (line("ADDED", each) for each in "123")

    assert await read(first + second, third[:9], third[9:]) == ([["1", "2"], ["3"]], None)


async def test_a_line_of_many_chunks_is_one_event() -> None:
    long = line("ADDED", data={"text": "x" * 3_000_000})
    chunks = [long[start : start + 4096] for start in range(0, len(long), 4096)]

    assert await read(*chunks) == ([["7"]], None)


async def test_what_came_before_an_error_is_given_before_it_is_raised() -> None:
    batches, raised = await read(line("ADDED", "1") + error(410) + line("ADDED", "2"))

    assert batches == [["1"]]
    assert isinstance(raised, GoneError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(410, GoneError), (403, ForbiddenError), (404, UnknownKindError), (401, UnavailableError),
     (429, UnavailableError), (500, UnavailableError), (504, UnavailableError),
     (400, UnavailableError), (0, UnavailableError)],
)  # fmt: skip
async def test_an_error_in_the_stream_means_what_its_code_says(
    code: int, kind: type[KubernetesError]
) -> None:
    _, raised = await read(error(code))

    assert type(raised) is kind


async def test_an_error_says_when_to_come_again() -> None:
    _, raised = await read(error(429, details={"retryAfterSeconds": 7}))

    assert isinstance(raised, UnavailableError)
    assert raised.retry_after_s == 7


@pytest.mark.parametrize(
    "garbage",
    [
        b"<html>\n", b"\xff\xfe\n", b"{}\n", b"[]\n", b"7\n", b'"ADDED"\n', b"null\n", b"{" * 5000 + b"\n",
        b'{"type": "ADDED"}\n', b'{"type": "ADDED", "object": null}\n',
        b'{"type": "ADDED", "object": {"metadata": {"uid": "u", "name": "a"}}}\n',
        b'{"type": "ADDED", "object": {"metadata": {"uid": 1, "name": "a", "resourceVersion": "7"}}}\n',
        b'{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": null}}}\n',
        b'{"type": "MOVED", "object": {"metadata": {"uid": "u", "name": "a", "resourceVersion": "7"}}}\n',
        b'{"type": "ERROR", "object": {"code": "410"}}\n', b'{"type": ["ADDED"], "object": {}}\n',
    ],
)  # fmt: skip
async def test_garbage_makes_it_unavailable_and_is_not_repeated(garbage: bytes) -> None:
    batches, raised = await read(line("ADDED", "1"), garbage)

    assert batches == [["1"]]
    assert str(raised) == (
        "the API server answers to watch configmaps in namespace shop with what is no event"
    )


async def test_an_end_in_the_midst_of_a_line_is_no_end() -> None:
    batches, raised = await read(line("ADDED", "1"), b'{"type": "ADD')

    assert batches == [["1"]]
    assert "in the midst of a line" in str(raised)


async def test_empty_lines_are_passed_over() -> None:
    assert await read(b"\n \r\n" + line("ADDED", "1") + b"\n") == ([["1"]], None)


def test_a_line_without_an_end_is_not_kept() -> None:
    lines, chunk = Lines(), b"x" * (1 << 20)
    for _ in range(MOST_LINE_BYTES >> 20):
        lines.feed(chunk)

    with pytest.raises(UnavailableError, match="64 MiB"):
        lines.feed(chunk)


async def test_silence_after_a_bookmark_is_a_lost_connection() -> None:
    _, raised = await read(line("BOOKMARK"), line("ADDED"), SilentError("silent"))

    assert str(raised) == "silent"


async def test_silence_without_bookmarks_is_an_end_from_which_to_go_on() -> None:
    """A server without a cache of watches for a kind sends none, and may be right to be silent."""
    assert await read(line("ADDED", "1"), SilentError("silent")) == ([["1"]], None)


def told(found: dict[str, Any]) -> WatchEvent:
    return event_of(orjson.dumps(found), CONFIG_MAPS, ASKED)


def test_an_object_has_the_kind_that_was_asked_for_and_no_managed_fields() -> None:
    metadata = {"uid": "u", "name": "a", "resourceVersion": "7"}
    thing = {
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": {**metadata, "managedFields": [{"manager": "kubectl"}]},
    }  # fmt: skip

    assert told({"type": "MODIFIED", "object": thing}) == WatchEvent(
        "MODIFIED", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    )


def test_an_object_begins_as_kubectl_shows_it() -> None:
    metadata = {"uid": "u", "name": "a", "resourceVersion": "7"}

    shown = told({"type": "ADDED", "object": {"metadata": metadata, "data": {}}})

    assert list(shown.object) == ["apiVersion", "kind", "metadata", "data"]
