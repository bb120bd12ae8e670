"""Files in, checked documents and problems out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.resources import Loaded, load
from tests.quick import cpu_s

HEAD = "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: t}\nspec:\n"
GOOD = HEAD + "  broker: b\n  subscriber: {uri: 'http://s/'}\n"
BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: b}\n"


def loaded(tmp_path: Path, text: str) -> Loaded:
    file = tmp_path / "f.yaml"
    file.write_text(text)
    return load([file])


def problem(tmp_path: Path, text: str) -> str:
    """The only problem, from the line number on."""
    found = loaded(tmp_path, text)
    assert len(found.problems) == 1, found.problems
    return str(found.problems[0]).partition("f.yaml:")[2]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("  brokr: b", "5: Trigger default/t: spec.brokr: unknown field; did you mean broker?"),
        (
            "  delivery: {retry: -1}",
            "7: Trigger default/t: spec.delivery.retry: -1 is not allowed; use a whole number from 0 to 2147483647",
        ),
        ("  delivery: {retry: true}", "spec.delivery.retry: true is not allowed"),
        (
            "  delivery: {backoffPolicy: Linear}",
            "spec.delivery.backoffPolicy: 'Linear' is not allowed; use linear or exponential",
        ),
        (
            "  delivery: {backoffDelay: 1s}",
            "spec.delivery.backoffDelay: '1s' is not allowed; use an ISO 8601 duration",
        ),
        (
            "  delivery: {timeout: PT0S}",
            "spec.delivery.timeout: 'PT0S' is not allowed; use a duration above zero",
        ),
        (
            "  delivery: {format: JSON}",
            "spec.delivery.format: 'JSON' is not allowed; use json or binary",
        ),
        (
            "  delivery: {deadLetterSink: {}}",
            "spec.delivery.deadLetterSink: expected at least one of ref and uri",
        ),
        (
            "  delivery: {deadLetterSink: {uri: /x}}",
            "spec.delivery.deadLetterSink.uri: '/x' is not allowed; use an absolute http:// or https:// URI",
        ),
        ("  filter: {attributes: {Type: x}}", "attribute name 'Type' is not allowed"),
        (
            "  filter: {attributes: {type: 1}}",
            "spec.filter.attributes.type: 1 is not allowed; use a string (quote",
        ),
        (
            "  filters: [{exact: {type: x}, prefix: {type: y}}]",
            "spec.filters[0]: has exact, prefix; an element has exactly one of",
        ),
        ("  filters: [{}]", "spec.filters[0]: has no dialect; an element has exactly one of"),
        (
            "  filters: [{exact: {type: ''}}]",
            "spec.filters[0].exact.type: '' is not allowed; use a non-empty string",
        ),
        ("  filters: [{any: []}]", "spec.filters[0].any: is empty; give at least one element"),
        (
            "  filters: [{cesql: 'a = '}]",
            "spec.filters[0].cesql: line 1, column 5: expected an attribute",
        ),
        (
            "  filters: [{not: {sql: 'F(1)'}}]",
            "spec.filters[0].not.sql: line 1, column 1: there is no function F",
        ),
        (
            "  filters: [{cesql: ''}]",
            "spec.filters[0].cesql: '' is not allowed; use a non-empty string",
        ),
        ("  filters: [{exakt: {}}]", "spec.filters[0].exakt: unknown dialect"),
    ],
)
def test_a_bad_field_is_refused_with_its_place(tmp_path: Path, lines: str, expected: str) -> None:
    text = (
        GOOD + lines + "\n"
        if not lines.startswith("  brokr")
        else HEAD + lines + "\n  broker: b\n  subscriber: {uri: 'http://s/'}\n"
    )

    assert expected in problem(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Broker\n", "1: apiVersion: is missing; it is required"),
        (
            BROKER.replace("/v1", "/v1beta1"),
            "'eventing.knative.dev/v1beta1' is not allowed; use eventing.knative.dev/v1",
        ),
        (BROKER.replace("name: b", "name: B_"), "3: Broker: metadata.name: 'B_' is not allowed"),
        (BROKER + "---\n" + BROKER, "5: Broker default/b: is there twice; the first is at"),
        (BROKER + "spec: {}\nspec: {}\n", "the field 'spec' is there twice"),
        (
            BROKER.replace("{name: b}", "{name: b, annotations: {poplin.dev/retentoin: PT1H}}"),
            "unknown annotation of a Broker; did you mean poplin.dev/retention?",
        ),
        (
            BROKER.replace("{name: b}", "{name: b, annotations: {poplin.dev/retention: PT0S}}"),
            "use a duration above zero",
        ),
        (
            BROKER.replace("{name: b}", "{name: b, annotations: {poplin.dev/partitions: '65'}}"),
            "use a whole number from 1 to 64, in quotes",
        ),
        (
            GOOD.replace("{name: t}", "{name: t, annotations: {poplin.dev/partitions: '2'}}"),
            "belongs on a Broker, not on a Trigger",
        ),
        (
            GOOD.replace("{name: t}", "{name: t, annotations: {poplin.dev/max-in-flight: '0'}}"),
            "use a whole number from 1 to 10000",
        ),
        (
            BROKER.replace("{name: b}", "{name: b, annotations: {poplin.dev/rate-limit: '0.5'}}"),
            "use a whole number from 1 to 1000000, in quotes",
        ),
        *(
            (
                BROKER.replace(
                    "{name: b}", f"{{name: b, annotations: {{poplin.dev/dedupe-window: '{text}'}}}}"
                ),
                "use a duration from PT1S to P7D",
            )
            for text in ("PT0.9S", "P7DT1S", "10m", "")
        ),
        (HEAD + "  broker: b\n", "spec.subscriber: is missing; it is required"),
        (HEAD + "  subscriber: {uri: 'http://s/'}\n", "spec.broker: is missing; it is required"),
        (
            HEAD
            + "  broker: b\n  subscriber: {ref: {kind: Service, name: s, apiVersion: v1}, uri: 'http://x/'}\n",
            "an absolute URI is not allowed together with ref",
        ),
        ("a: [\n", "this is not YAML"),
        ("a: !!python/object:os.system x\n", "is not allowed; use plain YAML"),
        ("a: \x00\n", "this is not YAML"),
        ("- 1\n", "is not allowed; use a mapping"),
        ("[" * 3000, "the document is nested more than 64 deep"),
        (
            "a: &a [1]\n"
            + "".join(
                f"x{n}: &x{n} [{', '.join([f'*x{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9)
            ),
            "the document holds more than 100000 values; split it",
        ),
        ("a: &a [*a]\n", "the document is nested more than 64 deep"),
        ("a: !!bool foo\n", "1: 'foo' is not of type bool"),
        ("a: !!int ''\n", "1: '' is not of type int"),
        (f"a: 0x{'f' * 100_000}\n", "is too large a number"),
        ("a: !!set {b}\n", "the tag 'tag:yaml.org,2002:set' is not allowed"),
        ("!!python/name:os.system a: b\n", "is not allowed; use plain YAML"),
        ('a: "\\uD800"\n', "holds half a surrogate pair"),
        ("kind: Broker\napiVersion: v1\n--- \na: [\n", "this is not YAML"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problem(tmp_path, text)


def test_one_bad_document_does_not_stop_the_good_ones(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        f"{BROKER}---\na: [\n---\n# only a comment\n---\n{GOOD}---\nkind: ConfigMap\napiVersion: v1\n",
    )

    assert [broker.name for broker in found.brokers] == ["b"]
    assert [trigger.name for trigger in found.triggers] == ["t"]
    assert [str(each).partition("f.yaml:")[2].split(":")[0] for each in found.problems] == ["6"]
    assert "ConfigMap (v1) is not ours; skipped" in found.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        f"{BROKER}...\n---\n{GOOD}",
        f"%YAML 1.1\n---\n{BROKER}---\n{GOOD}",
        f"{BROKER}---\n{GOOD}".replace("\n", "\r"),
        f"\ufeff{BROKER}--- # the trigger\n{GOOD}",
    ],
)
def test_every_way_to_part_documents_is_read(tmp_path: Path, text: str) -> None:
    found = loaded(tmp_path, text)

    assert not found.problems
    assert (len(found.brokers), len(found.triggers)) == (1, 1)


def test_credentials_and_control_characters_stay_out_of_messages(tmp_path: Path) -> None:
    secret = loaded(tmp_path, GOOD.replace("http://s/", "http://user:pa55@s/"))
    control = loaded(tmp_path, GOOD.replace("'http://s/'", '"http://s/\\e[2J"'))

    assert "pa55" not in str(secret.problems[0])
    assert "credentials in a URI are not allowed" in str(secret.problems[0])
    assert str(control.problems[0]).isprintable()


@pytest.mark.parametrize("text", ["---\n" * 200_000, "a: [" * 200_000, "- " * 1_000_000])
def test_a_hostile_file_is_soon_given_up(tmp_path: Path, text: str) -> None:
    found = Loaded()

    def read() -> None:
        nonlocal found
        found = loaded(tmp_path, text)

    assert cpu_s(read, 5) < 5
    assert found.problems


def test_an_external_name_must_be_a_host(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: ExternalName, externalName: 'http://x'}\n"

    assert "spec.externalName: 'http://x' is not allowed; use a host name" in problem(
        tmp_path, text
    )


def test_status_and_what_servers_set_are_ignored(tmp_path: Path) -> None:
    text = BROKER.replace(
        "{name: b}", "{name: b, uid: x, resourceVersion: '1', managedFields: [], labels: {a: b}}"
    )

    found = loaded(tmp_path, text + "status: {anything: 1}\n")

    assert not found.problems
    assert len(found.brokers) == 1


def test_a_broker_of_another_class_is_served_and_says_so(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        BROKER.replace(
            "{name: b}", "{name: b, annotations: {eventing.knative.dev/broker.class: Kafka}}"
        )
        + "spec: {config: {apiVersion: v1, kind: ConfigMap, name: c}}\n",
    )

    assert len(found.brokers) == 1
    assert found.notes == [
        "Broker default/b: class Kafka and spec.config are not used; Poplin serves every Broker in the files"
    ]


def test_what_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"\xe9")

    found = load([tmp_path / "absent.yaml", tmp_path / "empty", tmp_path / "latin.yaml"])

    assert [str(each.message) for each in found.problems] == [
        "cannot be read: No such file or directory",
        "the folder holds no .yaml, .yml or .json file",
        "it is not UTF-8; save it as UTF-8",
    ]


@given(st.text(max_size=200))
def test_no_text_makes_loading_raise(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, errors="ignore")

    found = load([file])

    assert all("\n" not in str(each) for each in found.problems)


@pytest.mark.parametrize("name", ["reply-policy", "header-encoding", "ordering"])
def test_a_choice_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    text = GOOD.replace("{name: t}", f"{{name: t, annotations: {{poplin.dev/{name}: yes-please}}}}")

    assert "'yes-please' is not allowed; use " in problem(tmp_path, text)
