"""The black-box cases that the project is given, and the CloudEvents SDK as a client."""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from poplin.codec import decode
from poplin.codec.binary import canonical
from poplin.errors import InvalidEventError

DATA = os.environ.get("POPLIN_TEST_DATA")
BATCH = "application/cloudevents-batch"


def _cases() -> list[Any]:
    if DATA is None:
        reason = "POPLIN_TEST_DATA is not set: the ingress cases are absent"
        return [pytest.param({}, marks=pytest.mark.skip(reason=reason))]
    cases = json.loads((Path(DATA) / "ingress_cases.json").read_text())
    return [
        pytest.param(case, id=case["id"])
        for case in cases
        if case["expect"] in ("accept", "reject") and not _is_batch(case)
    ]


def _is_batch(case: dict[str, Any]) -> bool:
    return any(str(value).lower().startswith(BATCH) for _, value in case["headers"])


@pytest.mark.parametrize("case", _cases())
def test_the_ingress_cases(case: dict[str, Any]) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in case["headers"]]
    body = b64decode(case.get("body_b64", ""))

    if case["expect"] == "reject":
        with pytest.raises(InvalidEventError):
            decode(headers, body)
        return
    event = decode(headers, body)

    if case.get("attrs") is not None:
        found = {name: canonical(value) for name, value in event.attributes.items()}
        assert found == {name: canonical(value) for name, value in case["attrs"].items()}
    if case.get("data_b64") is not None:
        assert event.data == b64decode(case["data_b64"])


@pytest.mark.parametrize("encode", [to_binary_event, to_structured_event])
def test_events_of_the_sdk_are_understood(encode: Any) -> None:
    attributes = {"id": "1", "source": "/s", "type": "t", "datacontenttype": "application/json"}
    message = encode(CloudEvent({**attributes, "note": "Grüße"}, {"a": 1}))

    headers = [(name.lower().encode(), value.encode()) for name, value in message.headers.items()]
    event = decode(headers, message.body)

    assert event.attributes["note"] == "Grüße"
    assert {name: event.attributes[name] for name in attributes} == attributes
    assert json.loads(event.data) == {"a": 1}
