"""Where refs lead: to documents of the files, and to what --resolve says."""

from pathlib import Path

import pytest

from poplin.errors import ConfigurationError
from poplin.resources import read_services, resolve
from tests.resources.test_load import BROKER, GOOD, HEAD, loaded

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: orders}\nspec: {type: ExternalName, externalName: h, ports: [{port: 81}]}\n"
CLUSTER_IP = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: orders}\nspec: {ports: [{port: 81}]}\n"
)
GIVEN = {"default/orders": "http://127.0.0.1:9000/base"}


def trigger(version: str, more: str = "") -> str:
    ref = f"{{apiVersion: {version}, kind: Service, name: orders}}"
    return HEAD + f"  broker: b\n  subscriber: {{ref: {ref}{more}}}\n"


@pytest.mark.parametrize("version", ["v1", "serving.knative.dev/v1"])
@pytest.mark.parametrize(
    ("service", "given", "more", "expected"),
    [
        (SERVICE, {}, "", "http://h:81/"),
        (SERVICE, GIVEN, "", "http://127.0.0.1:9000/base"),
        (CLUSTER_IP, GIVEN, ", uri: 'x?y'", "http://127.0.0.1:9000/x?y"),
        (BROKER.replace("name: b", "name: orders"), GIVEN, "", "http://127.0.0.1:9000/base"),
    ],
)
def test_a_ref_to_a_service_leads_where_the_option_or_a_document_says(
    tmp_path: Path, version: str, service: str, given: dict[str, str], more: str, expected: str
) -> None:
    text = "---\n".join([BROKER, service, trigger(version, more)])

    resolved = resolve(
        loaded(tmp_path, text), lambda *_: "uid", broker_url=lambda *_: "http://i/", services=given
    )

    assert [each.subscriber_uri for each in resolved.triggers] == [expected]


@pytest.mark.parametrize("version", ["v1", "serving.knative.dev/v1"])
def test_a_service_that_is_nowhere_names_the_option_with_its_value(
    tmp_path: Path, version: str
) -> None:
    sink = f"{{deadLetterSink: {{ref: {{apiVersion: {version}, kind: Service, name: dead}}}}}}"
    dead = GOOD.replace("name: t}", "name: u}") + f"  delivery: {sink}\n"
    text = "---\n".join([BROKER, CLUSTER_IP, trigger(version), dead])

    resolved = resolve(loaded(tmp_path, text), lambda *_: "", broker_url=lambda *_: "http://i/")

    _, lost, deadly = resolved.verdicts
    subscriber = lost.condition("SubscriberResolved")
    assert (subscriber.status, subscriber.reason) == ("False", "Unable to get the Subscriber's URI")
    assert " --resolve default/orders=http://127.0.0.1:9000," in subscriber.message
    assert " --resolve default/dead=http://127.0.0.1:9000," in deadly.message
    assert not resolved.triggers


def test_the_option_is_read_into_urls() -> None:
    read = read_services(["n/a=http://h:1/x?y=z", "n/a.b=https://h/", "n/a=http://h:1/x?y=z"])

    assert read == {"n/a": "http://h:1/x?y=z", "n/a.b": "https://h/"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            ["orders=http://h/"],
            "--resolve 'orders=http://h/' is not allowed; use NAMESPACE/NAME=URL",
        ),
        (["n/a"], "such as default/orders=http://127.0.0.1:9000"),
        (["N/a=http://h/"], "use NAMESPACE/NAME=URL"),
        (["n/a/b=http://h/"], "use NAMESPACE/NAME=URL"),
        (
            ["n/a=h:9000"],
            "--resolve n/a: URL 'h:9000' cannot be sent to: it must begin with http://",
        ),
        (["n/a="], "--resolve n/a: URL '' cannot be sent to"),
        (["n/a=http://h/", "n/a=http://i/"], "--resolve n/a is given twice"),
        (["n/a=http://me:pa55@h/"], "credentials in a URL are not allowed"),
        (["a=http://me:pa55@h/"], "--resolve '…@h/' is not allowed"),
    ],
)
def test_a_bad_option_is_refused_by_its_name(options: list[str], expected: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_services(options)

    assert expected in str(refused.value)
    assert "pa55" not in str(refused.value)
