"""The payloads that the project is given, in both mappings."""

import os
from pathlib import Path

import pytest

from tests.sources.webhooks.mapping.github.deliveries import delivered, mapped, told
from tests.sources.webhooks.mapping.github.given import GIVEN, Given

DATA = os.environ.get("POPLIN_TEST_DATA")

_ABSENT = pytest.mark.skipif(
    DATA is None, reason="POPLIN_TEST_DATA is not set: GitHub's payloads are absent"
)
_CASES = [
    pytest.param(given, id=given.name, marks=_ABSENT) for given in (GIVEN if DATA else GIVEN[:1])
]


def _folder() -> Path:
    assert DATA is not None
    return Path(DATA) / "github"


def _body(name: str) -> bytes:
    return (_folder() / f"{name}.json").read_bytes()


@_ABSENT
def test_every_payload_has_its_row() -> None:
    assert sorted(each.name for each in GIVEN) == sorted(
        path.stem for path in _folder().glob("*.json")
    )


@pytest.mark.parametrize("given", _CASES)
def test_knatives_attributes(given: Given) -> None:
    event = mapped("knative", delivered(given.name, _body(given.name)))

    assert told(event) == given.knative
    assert event.data == _body(given.name)


@pytest.mark.parametrize("given", _CASES)
def test_the_attributes_of_the_cloudevents_adapter(given: Given) -> None:
    event = mapped("cloudevents", delivered(given.name, _body(given.name)))

    assert told(event) == given.cloudevents
    assert event.data == _body(given.name)


@pytest.mark.parametrize("given", _CASES)
def test_a_form_gives_the_same_event_as_json(given: Given) -> None:
    form = delivered(given.name, _body(given.name), form="form")

    assert mapped("knative", form) == mapped("knative", delivered(given.name, _body(given.name)))
