"""Changes become the events that Knative's ApiServerSource makes of them, to the byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.bounds import Bounds
from poplin.codec import encode_binary
from poplin.codec.binary import decode_binary
from poplin.event import AttributeValue
from poplin.resources.source_models import Mode
from sources.kubernetes.events import Mapper, wanted_by
from sources.kubernetes.noting import noting
from sources.kubernetes.values import Change, Resource, Verb
from tests.sources.kubernetes.objects import NOW, POD, found, pod, spec_of

HOST = "https://10.96.0.1:443"
EVENT = Resource("v1", "Event", "events", is_namespaced=True)
NEW_EVENT = Resource("events.k8s.io/v1", "Event", "events", is_namespaced=True)
NODE = Resource("v1", "Node", "nodes", is_namespaced=False)

ABOUT = {"kind": "Pod", "name": "shop-1"}
WORDS = {"reason": "BackOff", "type": "Warning"}
EXTENSIONS = {
    "reason": "BackOff",
    "eventtype": "Warning",
    "involvedkind": "Pod",
    "involvedname": "shop-1",
}


def _change(
    whole: dict[str, Any], verb: Verb = "add", *, is_found: bool = False, is_seen: bool = True
) -> Change:
    noted = noting(None)(whole)
    return Change(verb, whole["metadata"]["uid"], noted, whole if is_seen else None, is_found)


def _attributes(change: Change, mapper: Mapper) -> dict[str, AttributeValue]:
    return dict(mapper.event(change, NOW).attributes)


def _subject(resource: Resource, namespace: str = "") -> AttributeValue:
    whole = found("u", "1", "it", **({"namespace": namespace} if namespace else {}))
    return _attributes(_change(whole), Mapper(HOST, spec_of(), resource))["subject"]


@pytest.mark.parametrize("verb", ["add", "update", "delete"])
@pytest.mark.parametrize(
    ("mode", "words"),
    [("Reference", "dev.knative.apiserver.ref"), ("Resource", "dev.knative.apiserver.resource")],
)
def test_attributes_are_knatives(mode: Mode, words: str, verb: Verb) -> None:
    event = Mapper(HOST, spec_of(mode), POD).event(_change(pod("u-1", "42"), verb), NOW)

    assert event.attributes == {
        "specversion": "1.0",
        "id": "u-1/deleted" if verb == "delete" else "u-1/42",
        "source": HOST,
        "type": f"{words}.{verb}",
        "subject": "/apis/v1/namespaces/test/pods/unit",
        "time": "2026-01-31T12:00:00.000250Z",
        "datacontenttype": "application/json",
        "kind": "Pod",
        "apiversion": "v1",
        "name": "unit",
        "namespace": "test",
    }


@pytest.mark.parametrize("verb", ["add", "update", "delete"])
def test_by_reference_the_data_says_where_the_object_is(verb: Verb) -> None:
    event = Mapper(HOST, spec_of("Reference"), POD).event(_change(pod("u", "1"), verb), NOW)

    assert event.data == b'{"kind":"Pod","namespace":"test","name":"unit","apiVersion":"v1"}'


@pytest.mark.parametrize("verb", ["add", "update", "delete"])
def test_as_a_resource_the_data_is_the_object_in_its_own_order(verb: Verb) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"z":1}'}
    whole = {"zone": "ü", **pod("u", "1"), "spec": {"b": 1, "a": None}}
    whole["metadata"]["annotations"] = applied

    event = Mapper(HOST, spec_of("Resource"), POD).event(_change(whole, verb), NOW)

    assert event.data == json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("mode", "type_"),
    [
        ("Reference", "dev.knative.apiserver.ref.delete"),
        ("Resource", "dev.knative.apiserver.resource.delete"),
    ],
)
def test_a_delete_that_was_found_says_where_the_object_was_in_either_mode(
    mode: Mode, type_: str
) -> None:
    change = _change(pod("u", "1"), "delete", is_found=True, is_seen=False)

    event = Mapper(HOST, spec_of(mode), POD).event(change, NOW)

    assert event.data == b'{"kind":"Pod","namespace":"test","name":"unit","apiVersion":"v1"}'
    assert event.attributes["type"] == type_
    assert event.attributes["id"] == "u/deleted"


def test_what_was_found_by_comparing_is_marked() -> None:
    mapper = Mapper(HOST, spec_of(), POD)
    seen, compared = _change(pod("u", "1")), _change(pod("u", "1"), is_found=True)

    assert "synthetic" not in _attributes(seen, mapper)
    assert _attributes(compared, mapper) == {**_attributes(seen, mapper), "synthetic": "true"}


def test_an_object_in_no_namespace_has_no_namespace_attribute() -> None:
    event = Mapper(HOST, spec_of(), NODE).event(_change(found("u", "1", "node-1")), NOW)

    assert "namespace" not in event.attributes
    assert event.data == b'{"kind":"Node","name":"node-1","apiVersion":"v1"}'


def test_the_subject_of_an_object_in_no_namespace_is_knatives() -> None:
    assert _subject(NODE) == "/apis/v1/namespaces//nodes/it"


@pytest.mark.parametrize(
    ("api_version", "kind", "plural"),
    [
        ("v1", "Pod", "pods"),
        ("v1", "Endpoints", "endpoints"),
        ("networking.k8s.io/v1", "Ingress", "ingresses"),
        ("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
        ("gateway.networking.k8s.io/v1", "Gateway", "gatewaies"),
        ("acme.example/v1", "Chassis", "chassises"),
    ],
)
def test_the_plural_in_the_subject_is_the_one_that_knative_guesses(
    api_version: str, kind: str, plural: str
) -> None:
    resource = Resource(api_version, kind, "as-discovered", is_namespaced=True)

    assert _subject(resource, "ns") == f"/apis/{api_version}/namespaces/ns/{plural}/it"


@pytest.mark.parametrize(
    ("resource", "about"), [(EVENT, "involvedObject"), (NEW_EVENT, "regarding")]
)
def test_an_event_of_either_group_tells_what_it_is_about(resource: Resource, about: str) -> None:
    mapper = Mapper(HOST, spec_of("Resource", names_events=True), resource)

    attributes = _attributes(_change({**pod("u", "1"), **WORDS, about: ABOUT}), mapper)

    assert {name: attributes[name] for name in EXTENSIONS} == EXTENSIONS


@pytest.mark.parametrize(
    ("change", "mode", "names_events", "resource"),
    [
        (_change({**pod("u", "1"), **WORDS}), "Resource", False, EVENT),
        (_change({**pod("u", "1"), **WORDS}), "Reference", True, EVENT),
        (_change({**pod("u", "1"), **WORDS}), "Resource", True, POD),
        (
            _change({**pod("u", "1"), **WORDS}),
            "Resource",
            True,
            Resource("acme.example/v1", "Event", "events", is_namespaced=True),
        ),
        (_change(pod("u", "1"), "delete", is_found=True, is_seen=False), "Resource", True, EVENT),
        (_change({**pod("u", "1"), "reason": "", "involvedObject": None}), "Resource", True, EVENT),
    ],
    ids=["not asked for", "by reference", "a pod", "another's Event", "not seen", "says nothing"],
)
def test_nothing_else_has_the_extensions_of_an_event(
    change: Change, mode: Mode, names_events: bool, resource: Resource
) -> None:
    mapper = Mapper(HOST, spec_of(mode, names_events=names_events), resource)

    assert not EXTENSIONS.keys() & _attributes(change, mapper).keys()


def test_filters_say_what_is_wanted() -> None:
    wanted = wanted_by(spec_of(filters=({"exact": {"name": "web"}}, {"prefix": {"kind": "P"}})))
    mapper = Mapper(HOST, spec_of(), POD)

    assert wanted(mapper.event(_change(pod("u", "1", "web")), NOW))
    assert not wanted(mapper.event(_change(pod("u", "1", "db")), NOW))


def test_without_filters_all_is_wanted() -> None:
    event = Mapper(HOST, spec_of(), POD).event(_change(pod("u", "1")), NOW)

    assert wanted_by(spec_of())(event)


_text = st.text(max_size=30) | st.text(min_size=1, max_size=3).map(lambda text: text * 700)
_host = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@given(_host, _text.filter(bool), _text, _text, st.sampled_from(["add", "delete"]))
def test_an_ingress_takes_whatever_names_and_words_there_are(
    host: str, name: str, namespace: str, words: str, verb: Verb
) -> None:
    whole = found("u", "1", name, namespace=namespace)
    about = {"kind": words, "name": words}
    whole |= {"reason": words, "type": words, "involvedObject": about}
    mapper = Mapper(host, spec_of("Resource", names_events=True), EVENT)
    change = _change(whole, verb, is_found=True, is_seen=verb == "add")

    event = mapper.event(change, NOW)
    lines, body = encode_binary(event)
    pairs = [tuple(line.split(b": ", 1)) for line in lines.split(b"\r\n")[:-1]]
    taken = decode_binary(pairs, body)  # type: ignore[arg-type]

    assert taken.attributes == event.attributes
    assert len(lines) < Bounds().max_header_bytes
