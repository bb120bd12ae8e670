"""The ConfigMap config-br-defaults: what Brokers without delivery get."""

from pathlib import Path

import pytest

from poplin.resources import resolve
from tests.resources.test_load import BROKER, GOOD, loaded, problem

HEAD = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-br-defaults, namespace: eventing}\n"
)
TRIGGER = GOOD.replace("name: t}", "name: t, namespace: n}")
CLASS = "eventing.knative.dev/broker.class"


def config(text: str) -> str:
    """`text` as the block of the ConfigMap; its first line is line 6 of the document."""
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"{HEAD}data:\n  default-br-config: |\n{lines}"


def retry(folder: Path, config_map: str, broker_class: str = "", spec: str = "") -> int:
    """That of a Trigger of a Broker in the namespace n."""
    annotations = f", annotations: {{{CLASS}: {broker_class}}}" if broker_class else ""
    broker = BROKER.replace("{name: b}", f"{{name: b, namespace: n{annotations}}}")
    found = loaded(folder, f"{config_map}---\n{broker}{spec}---\n{TRIGGER}")
    assert not found.problems

    (record,) = resolve(found, lambda *_: "uid", broker_url=lambda *_: "http://i/").triggers
    return record.delivery.retry


CLUSTER = "clusterDefault: {brokerClass: C, delivery: {retry: 1}, brokerClasses: {Poplin: {delivery: {retry: 2}}}}\n"
OWN = "namespaceDefaults: {n: {brokerClass: D, delivery: {retry: 3}, brokerClasses: {Poplin: {delivery: {retry: 4}}}}}\n"
OTHER = "namespaceDefaults: {m: {brokerClass: D, delivery: {retry: 5}}}\n"


@pytest.mark.parametrize(
    ("text", "broker_class", "expected"),
    [
        (CLUSTER, "", 1),
        (CLUSTER, "C", 1),
        (CLUSTER, "Poplin", 2),
        (CLUSTER, "Else", 1),
        (CLUSTER + OTHER, "", 1),
        (CLUSTER + OWN, "", 3),
        (CLUSTER + OWN, "D", 3),
        (CLUSTER + OWN, "Poplin", 4),
        (CLUSTER + OWN, "C", 1),
        (OWN, "", 3),
        (OTHER, "", 0),
        (CLUSTER + "namespaceDefaults: {n: {brokerClass: Poplin}}\n", "", 2),
        (CLUSTER + "namespaceDefaults: {n: {delivery: {retry: 6}}}\n", "", 6),
        (CLUSTER + "namespaceDefaults: {n: {apiVersion: v1, kind: ConfigMap, name: c}}\n", "", 0),
        ("clusterDefault: {apiVersion: v1, kind: ConfigMap, name: c}\n", "", 0),
    ],
)
def test_a_broker_without_delivery_has_that_of_its_namespace_class_or_cluster(
    tmp_path: Path, text: str, broker_class: str, expected: int
) -> None:
    assert retry(tmp_path, config(text), broker_class) == expected


def test_without_the_config_map_a_broker_has_what_knative_ships(tmp_path: Path) -> None:
    other = HEAD.replace("config-br-defaults", "config-features") + "data: {x: y}\n"

    assert retry(tmp_path, other) == 10


def test_a_broker_with_any_delivery_has_none_of_the_defaults(tmp_path: Path) -> None:
    spec = "spec: {delivery: {timeout: PT1S}}\n"

    assert retry(tmp_path, config(CLUSTER), spec=spec) == 0


def test_only_what_knative_copies_is_taken_over_and_the_rest_is_noted(tmp_path: Path) -> None:
    text = config(
        "clusterDefault:\n  delivery:\n    retry: 7\n    backoffPolicy: linear\n"
        "    backoffDelay: PT3S\n    timeout: PT9S\n    deadLetterSink:\n"
        "      ref: {apiVersion: v1, kind: Service, name: dead}\n"
    )
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: dead, namespace: n}\nspec: {type: ExternalName, externalName: h}\n"
    broker = BROKER.replace("{name: b}", "{name: b, namespace: n}")

    found = loaded(tmp_path, f"{text}---\n{service}---\n{broker}---\n{TRIGGER}")
    resolved = resolve(found, lambda *_: "uid", broker_url=lambda *_: "http://i/")

    policy = resolved.triggers[0].delivery
    assert (policy.retry, policy.backoff_policy, policy.backoff_delay_s) == (7, "linear", 3.0)
    assert (policy.timeout_s, policy.dead_letter_uri) == (30.0, "http://h/")
    assert resolved.verdicts[0].dead_letter_sink_uri == "http://h/"
    assert "delivery.timeout: is not taken over by Brokers" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            config("clusterDefault:\n  delivery:\n    retry: -1\n"),
            "8: ConfigMap eventing/config-br-defaults: data.default-br-config: "
            "clusterDefault.delivery.retry: -1 is not allowed; use a whole number",
        ),
        (config("# why\n\nclusterDefault:\n  deliverie: {}\n"), "9: ConfigMap eventing/config-br-"),
        (config("clusterDefault: {deliverie: {}}\n"), "unknown field; did you mean delivery?"),
        (config("clusterDefaults: {}\n"), "6: ConfigMap eventing/config-br-defaults: data.default"),
        (
            config("clusterDefault:\n  a: [\n"),
            "8: ConfigMap eventing/config-br-defaults: data.defa",
        ),
        (config("clusterDefault: []\n"), "clusterDefault: a list is not allowed; use a mapping"),
        (
            config("clusterDefault: {kind: X, apiVersion: v1}\n"),
            "clusterDefault.name: is missing; it is required",
        ),
        (config("clusterDefault: {brokerClass: 1}\n"), "1 is not allowed; use a non-empty string"),
        (
            config("clusterDefault: {disallowDifferentNamespaceConfig: x}\n"),
            "'x' is not allowed; use true or false",
        ),
        (config("namespaceDefaults: {A_: {}}\n"), "is no name of a namespace"),
        (config("namespaceDefaults: {a: x}\n"), "'x' is not allowed; use a mapping"),
        (config("clusterDefault: {brokerClasses: {P: {retry: 1}}}\n"), "P.retry: unknown field"),
        (config("# nothing\n"), "use YAML in a block (|)"),
        (HEAD + "data: {default-br-config: 'a: ['}\n", "4: ConfigMap eventing/config-br-defaults"),
        (HEAD + "data: {default-br-confg: ''}\n", "data.default-br-config: is missing"),
        (HEAD + "data: {default-br-config: 1}\n", "1 is not allowed; use a non-empty string"),
        (HEAD, "data: is missing; it is required"),
        (
            f"{config('{}')}---\n{config('{}').replace('eventing', 'other')}",
            "8: ConfigMap config-br-defaults: is there twice; the first is at",
        ),
    ],
)
def test_a_bad_default_is_refused_with_the_line_within_the_text(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in problem(tmp_path, text)
