"""Checked documents in, records and verdicts out."""

from pathlib import Path

import pytest

from poplin.catalog import Verdict
from poplin.resources import resolve
from tests.resources.test_load import BROKER, GOOD, HEAD, loaded


@pytest.mark.parametrize(
    ("broker", "trigger", "expected"),
    [
        ("", "", (10, "exponential", 0.2, None)),
        (
            "spec: {delivery: {retry: 1, deadLetterSink: {uri: 'http://d/'}}}\n",
            "",
            (1, "exponential", 0.0, "http://d/"),
        ),
        (
            "spec: {delivery: {deadLetterSink: {uri: 'http://d/'}}}\n",
            "  delivery: {retry: 5}\n",
            (5, "exponential", 0.0, "http://d/"),
        ),
        (
            "",
            "  delivery: {retry: 2, backoffPolicy: linear, backoffDelay: PT1S}\n",
            (2, "linear", 1.0, None),
        ),
    ],
)
def test_delivery_is_defaulted_and_overridden_as_knative_does(
    tmp_path: Path, broker: str, trigger: str, expected: tuple[int, str, float, str | None]
) -> None:
    found = loaded(tmp_path, f"{BROKER}{broker}---\n{GOOD}{trigger}")

    (record,) = resolve(found, lambda _ns, _name: "uid", broker_url=lambda _ns, _name: "").triggers

    policy = record.delivery
    assert (
        policy.retry,
        policy.backoff_policy,
        policy.backoff_delay_s,
        policy.dead_letter_uri,
    ) == expected


def test_refs_resolve_to_services_and_brokers_of_the_files(tmp_path: Path) -> None:
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: ExternalName, externalName: localhost, ports: [{port: 9000}]}\n"
    ref = "  subscriber: {{ref: {{apiVersion: {}, kind: {}, name: {}}}, uri: {}}}\n"
    texts = [
        HEAD.replace("name: t", f"name: t{number}") + "  broker: b\n" + ref.format(*each)
        for number, each in enumerate(
            [
                ("v1", "Service", "s", "x/y"),
                ("eventing.knative.dev/v1", "Broker", "b", "''"),
                ("v1", "Service", "absent", "x"),
                ("serving.knative.dev/v1", "Service", "s", "x"),
                ("serving.knative.dev/v2", "Service", "s", "x"),
            ]
        )
    ]
    found = loaded(
        tmp_path, BROKER + service + "---\n" + "---\n".join(texts).replace(", uri: ''", "")
    )

    resolved = resolve(
        found,
        lambda key, _broker: key.partition("/")[2],
        broker_url=lambda ns, name: f"http://i/{ns}/{name}",
    )

    assert not found.problems
    assert [each.subscriber_uri for each in resolved.triggers] == [
        "http://localhost:9000/x/y",
        "http://i/default/b",
        "http://localhost:9000/x",
    ]
    assert [
        (each.name, each.ready, each.reason) for each in resolved.verdicts if not each.ready
    ] == [(name, False, "Unable to get the Subscriber's URI") for name in ("t2", "t4")]


def test_a_trigger_without_its_broker_is_not_ready(tmp_path: Path) -> None:
    resolved = resolve(
        loaded(tmp_path, GOOD), lambda _ns, _name: "u", broker_url=lambda _ns, _name: ""
    )

    assert not resolved.triggers
    assert resolved.verdicts[0].reason == "BrokerDoesNotExist"


def _verdicts(tmp_path: Path, text: str) -> list[Verdict]:
    return resolve(
        loaded(tmp_path, text),
        lambda key, _broker: key.partition("/")[2],
        broker_url=lambda _ns, _name: "",
    ).verdicts


def test_a_trigger_with_a_bad_expression_is_not_ready_and_says_where(tmp_path: Path) -> None:
    text = BROKER + "---\n" + GOOD + "  filters: [{cesql: \"type = 'x' AND\"}]\n"

    broker, trigger = _verdicts(tmp_path, text)

    assert (broker.ready, trigger.ready, trigger.reason) == (True, False, "Invalid")
    assert trigger.message.startswith("spec.filters[0].cesql: line 1, column 15: expected")


def test_a_warning_leaves_a_trigger_ready(tmp_path: Path) -> None:
    text = BROKER + "---\n" + GOOD + '  filters: [{cesql: "EXISTS a AND EXISTS b OR EXISTS c"}]\n'

    _, trigger = _verdicts(tmp_path, text)

    assert trigger.ready
    assert trigger.warnings[0].startswith("spec.filters[0].cesql: line 1, column 10: AND and OR")


def test_a_trigger_takes_over_the_annotations_of_its_broker(tmp_path: Path) -> None:
    broker = BROKER.replace(
        "{name: b}",
        "{name: b, annotations: {poplin.dev/reply-policy: strict, poplin.dev/retention: PT1H}}",
    )
    own = GOOD.replace("{name: t}", "{name: u, annotations: {poplin.dev/reply-policy: ignore}}")
    found = loaded(tmp_path, f"{broker}---\n{GOOD}---\n{own}")

    records = resolve(
        found, lambda key, _broker: key.partition("/")[2], broker_url=lambda _ns, _name: ""
    ).triggers

    assert [(each.name, each.reply_policy) for each in records] == [
        ("t", "strict"),
        ("u", "ignore"),
    ]


def test_a_broker_has_one_partition_unless_it_says_more(tmp_path: Path) -> None:
    wide = BROKER.replace("{name: b}", "{name: wide, annotations: {poplin.dev/partitions: '8'}}")
    found = loaded(tmp_path, f"{BROKER}---\n{wide}")

    records = resolve(
        found, lambda key, _broker: key.partition("/")[2], broker_url=lambda _ns, _name: ""
    ).brokers

    assert [(each.name, each.partitions) for each in records] == [("b", 1), ("wide", 8)]


def test_a_broker_has_a_rate_limit_only_when_it_asks_for_one(tmp_path: Path) -> None:
    limited = BROKER.replace("{name: b}", "{name: c, annotations: {poplin.dev/rate-limit: '50'}}")

    records = resolve(
        loaded(tmp_path, f"{BROKER}---\n{limited}"),
        lambda key, _broker: key.partition("/")[2],
        broker_url=lambda _ns, _name: "",
    ).brokers

    assert [(each.name, each.rate_limit) for each in records] == [("b", None), ("c", 50)]


def test_a_broker_drops_repeats_only_when_it_asks_for_it(tmp_path: Path) -> None:
    asking = BROKER.replace(
        "{name: b}", "{name: c, annotations: {poplin.dev/dedupe-window: PT10M}}"
    )

    records = resolve(
        loaded(tmp_path, f"{BROKER}---\n{asking}"),
        lambda key, _broker: key.partition("/")[2],
        broker_url=lambda _ns, _name: "",
    ).brokers

    assert [(each.name, each.dedupe_window_s) for each in records] == [("b", None), ("c", 600.0)]


def test_verdicts_are_brokers_then_triggers_as_they_stand_in_the_files(tmp_path: Path) -> None:
    refused = GOOD.replace("name: t}", "name: a}") + "  delivery: {retry: -1}\n"
    broken = BROKER.replace("name: b}", "name: z}") + "spec: {x: 1}\n"

    found = _verdicts(tmp_path, "---\n".join([GOOD, refused, broken, BROKER]))

    assert [each.name for each in found] == ["z", "b", "t", "a"]


def test_a_trigger_that_wants_order_has_its_brokers_events_spread_by_key(tmp_path: Path) -> None:
    other = BROKER.replace("{name: b}", "{name: other}")
    note = "{name: u, annotations: {poplin.dev/ordering: partitionkey}}"
    ordered = GOOD.replace("{name: t}", note)

    found = resolve(
        loaded(tmp_path, "---\n".join((BROKER, other, GOOD, ordered))),
        lambda key, _broker: key.partition("/")[2],
        broker_url=lambda _ns, _name: "",
    )

    assert [(each.name, each.ordering) for each in found.triggers] == [
        ("t", "none"),
        ("u", "partitionkey"),
    ]
    assert [(each.name, each.keyed) for each in found.brokers] == [("b", True), ("other", False)]
