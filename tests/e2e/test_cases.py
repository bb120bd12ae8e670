"""The cases that the project is given, through the whole fabric: what goes in comes out."""

import json
import os
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
import pytest
import pytest_asyncio
import yaml

from poplin.codec.binary import canonical
from tests.fabric import Fabric, Received, Subscriber, broker_yaml, subscriber

pytestmark = pytest.mark.asyncio(loop_scope="module")

DATA = os.environ.get("POPLIN_TEST_DATA")
ADDED = {"knativearrivaltime"}
SENTINEL = [
    (f"ce-{name}", value)
    for name, value in (("specversion", "1.0"), ("id", "sentinel"), ("source", "/s"), ("type", "t"))
]

TRIGGERS = """---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {{name: {form}}}
spec:
  broker: main
  subscriber: {{uri: '{url}/{form}'}}
  delivery: {{format: {form}}}
"""


def _absent() -> list[Any]:
    reason = "POPLIN_TEST_DATA is not set: the cases are absent"
    return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]


def _cases() -> list[Any]:
    if DATA is None:
        return _absent()
    cases = json.loads((Path(DATA) / "ingress_cases.json").read_text())
    return [pytest.param(each, id=each["id"]) for each in cases if each["expect"] != "either"]


def _samples() -> list[Any]:
    if DATA is None:
        return _absent()
    return [
        pytest.param(sample, id=f"{file.stem}-{number}")
        for file in sorted((Path(DATA) / "cloudevents-conformance").rglob("*.yaml"))
        # Text as it stands: 1.0 is no number and a time no date.
        for number, sample in enumerate(yaml.load_all(file.read_text(), Loader=yaml.BaseLoader))
    ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path, peer: Subscriber) -> AsyncIterator[Fabric]:
    triggers = "".join(TRIGGERS.format(form=form, url=peer.url) for form in ("binary", "json"))
    async with Fabric.up(folder, broker_yaml() + triggers) as each:
        yield each


async def _post(fabric: Fabric, headers: list[tuple[str, str]], body: bytes) -> httpx.Response:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return await client.post(f"{fabric.url}/default/main", headers=raw, content=body)


@pytest.mark.parametrize("case", _cases())
async def test_the_ingress_cases(fabric: Fabric, peer: Subscriber, case: dict[str, Any]) -> None:
    peer.received.clear()
    body = b64decode(case.get("body_b64", ""))

    answer = await _post(fabric, case["headers"], body)

    # What comes after it has come shows that nothing more is on its way.
    await _post(fabric, SENTINEL, b"")
    if case["expect"] == "reject":
        assert answer.status_code == 400
        assert answer.json()["detail"]
        received = await peer.wait_for(2)
        assert {_event(each)[0]["id"] for each in received} == {"sentinel"}
        return
    assert answer.status_code == 202
    elements = json.loads(body) if "batch" in case["title"] else [None]
    received = await peer.wait_for(2 * (len(elements) + 1))
    assert len(received) == 2 * (len(elements) + 1)
    for each in received:
        if _event(each)[0]["id"] == "sentinel":
            continue
        attributes, data = _event(each)
        if case.get("attrs") is not None:
            assert attributes == {name: canonical(value) for name, value in case["attrs"].items()}
        if case.get("data_b64") is not None:
            _assert_same_data(each, data, b64decode(case["data_b64"]))


@pytest.mark.parametrize("sample", _samples())
async def test_the_conformance_samples(
    fabric: Fabric, peer: Subscriber, sample: dict[str, Any]
) -> None:
    peer.received.clear()
    attributes, data = _sample(sample)

    answer = await _post(fabric, *_message(sample, attributes, data))

    assert answer.status_code == 202, answer.text
    for each in await peer.wait_for(2):
        found, found_data = _event(each)
        assert attributes.items() <= found.items()
        is_structured = sample.get("Mode") == "structured"
        _assert_same_data(each, found_data, data.strip() if is_structured else data)


def _assert_same_data(received: Received, found: bytes, sent: bytes) -> None:
    """Byte for byte; in a structured event no white space belongs to a JSON value."""
    is_encoded = b"base64" in received.data
    is_json_value = not is_encoded and sent[:1] in (b"{", b"[", b'"')
    assert found == (sent.strip() if received.path == "/json" and is_json_value else sent)


def _sample(sample: dict[str, Any]) -> tuple[dict[str, str], bytes]:
    attributes = dict(sample["ContextAttributes"])
    extensions = attributes.pop("Extensions", {})
    # A header would lose the line end, which no attribute may hold.
    merged = {name.lower(): value.strip() for name, value in {**attributes, **extensions}.items()}
    return merged, sample["Data"].encode()


def _message(
    sample: dict[str, Any], attributes: dict[str, str], data: bytes
) -> tuple[list[tuple[str, str]], bytes]:
    if sample.get("Mode") == "structured":
        body = json.dumps(attributes)[:-1].encode() + b', "data": ' + data + b"}"
        return [("content-type", "application/cloudevents+json")], body
    # As the conformance tool sends them: nothing is encoded.
    headers = [
        ("content-type" if name == "datacontenttype" else f"ce-{name}", value)
        for name, value in attributes.items()
    ]
    return headers, data


def _event(received: Received) -> tuple[dict[str, str], bytes]:
    """Attributes as canonical strings, and data, of either mode."""
    if received.path == "/json":
        members = msgspec.json.decode(received.data, type=dict[str, msgspec.Raw])
        data = _data(members)
        found = {name: canonical(json.loads(bytes(raw))) for name, raw in members.items()}
    else:
        data = received.data
        found = {
            name.removeprefix("ce-"): _decoded(name, value)
            for name, value in received.headers.items()
            if name.startswith("ce-")
        }
        if "content-type" in received.headers:
            found["datacontenttype"] = received.headers["content-type"]
    return {name: value for name, value in found.items() if name not in ADDED}, data


def _decoded(name: str, value: str) -> str:
    """As the HTTP binding has it, but a URI keeps the escapes that make it one."""
    text = value.encode("latin-1").decode()
    decoded = unquote(text, errors="strict")
    return text if name in ("ce-source", "ce-dataschema") and " " in decoded else decoded


def _data(members: dict[str, msgspec.Raw]) -> bytes:
    """The payload; JSON is its own text, any other type a string of it."""
    encoded, plain = members.pop("data_base64", None), members.pop("data", None)
    if members.pop("datacontentencoding", None) is not None:  # CloudEvents 0.3
        encoded = plain
    if encoded is not None:
        return b64decode(json.loads(bytes(encoded)))
    if plain is None:
        return b""
    content_type = json.loads(bytes(members["datacontenttype"])).partition(";")[0].strip()
    if content_type.lower().endswith(("/json", "+json")):
        return bytes(plain)
    text: str = json.loads(bytes(plain))
    return text.encode()
