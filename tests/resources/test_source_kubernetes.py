"""ApiServerSource: fields in, specs or problems out."""

from pathlib import Path

import pytest

from poplin.resources.source_kubernetes import SKIPS_CHECK
from poplin.resources.source_models import ApiServerSpec, Owner, WatchedKind
from tests.resources.sources import API_SERVER, annotated, the_source, with_spec
from tests.resources.test_load import problem

POD = WatchedKind(api_version="v1", kind="Pod")


def watching(*resources: str, more: str = "") -> str:
    listed = ", ".join(f"{{{each}}}" for each in resources)
    return with_spec(API_SERVER, f"resources: [{listed}]\n{more}".rstrip("\n"))


def spec_of(folder: Path, document: str) -> ApiServerSpec:
    spec = the_source(folder, document).spec
    assert isinstance(spec, ApiServerSpec)
    return spec


def noted(name: str, text: str) -> str:
    return API_SERVER.replace("{name: x}", f"{{name: x, annotations: {{{name}: '{text}'}}}}")


def test_it_has_the_defaults_of_knative(tmp_path: Path) -> None:
    source = the_source(tmp_path, API_SERVER)

    assert source.key == "ApiServerSource/default/x"
    assert source.sink.uri == "http://sink/"
    assert source.spec == ApiServerSpec(
        resources=(POD,), mode="Reference", service_account="default", namespaces=None
    )
    assert (source.overrides, source.warnings) == ((), ())


def test_empty_texts_are_the_defaults_as_in_knative(tmp_path: Path) -> None:
    document = with_spec(
        API_SERVER, "mode: ''\nserviceAccountName: ''\nowner: {apiVersion: '', kind: Job}"
    )

    assert spec_of(tmp_path, document) == ApiServerSpec(resources=(POD,), owner=Owner(kind="Job"))


def test_every_field_counts(tmp_path: Path) -> None:
    document = watching(
        "apiVersion: v1, kind: Event, selector: {matchLabels: {app: shop}}",
        "apiVersion: apps/v1, kind: Deployment",
        "apiVersion: shop.example.com/v1alpha1, kind: Order",
        more="mode: Resource\n"
        "owner: {apiVersion: apps/v1, kind: ReplicaSet}\n"
        "serviceAccountName: robot.one\n"
        "namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}\n"
        "filters: [{prefix: {subject: /apis/v1}}]\n"
        "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}}\n"
        "ceOverrides: {extensions: {cluster: west}}",
    )

    source = the_source(tmp_path, annotated(document, initial_list="emit", event_extensions="true"))

    assert source.spec == ApiServerSpec(
        resources=(
            WatchedKind(api_version="v1", kind="Event", selector="app=shop"),
            WatchedKind(api_version="apps/v1", kind="Deployment"),
            WatchedKind(api_version="shop.example.com/v1alpha1", kind="Order"),
        ),
        mode="Resource",
        owner=Owner(api_version="apps/v1", kind="ReplicaSet"),
        service_account="robot.one",
        namespaces="team",
        filters=({"prefix": {"subject": "/apis/v1"}},),
        emits_existing=True,
        names_events=True,
    )
    assert source.overrides == (("cluster", "west"),)
    assert source.warnings == ()


@pytest.mark.parametrize(
    ("lines", "namespaces"),
    [
        ("namespaceSelector:", None),
        ("namespaceSelector: null", None),
        ("namespaceSelector: {}", ""),
        ("namespaceSelector: {matchLabels: {}}", ""),
        ("namespaceSelector: {matchLabels: {a: b}}", "a=b"),
    ],
)
def test_without_a_selector_it_is_the_sources_own_namespace_and_an_empty_one_is_all(
    tmp_path: Path, lines: str, namespaces: str | None
) -> None:
    assert spec_of(tmp_path, with_spec(API_SERVER, lines)).namespaces == namespaces


def test_a_resource_that_is_there_twice_is_watched_once(tmp_path: Path) -> None:
    pods = "apiVersion: v1, kind: Pod, selector: {matchLabels: {a: b, c: d}}"
    again = "apiVersion: v1, kind: Pod, selector: {matchLabels: {c: d, a: b}}"

    source = the_source(tmp_path, watching(pods, again))

    assert isinstance(source.spec, ApiServerSpec)
    assert source.spec.resources == (WatchedKind(api_version="v1", kind="Pod", selector="a=b,c=d"),)
    assert source.warnings == ()


@pytest.mark.parametrize(
    ("text", "is_checked"), [("true", False), ("false", True), ("True", True), ("", True)]
)
def test_permissions_are_checked_unless_knatives_annotation_is_true(
    tmp_path: Path, text: str, is_checked: bool
) -> None:
    assert spec_of(tmp_path, noted(SKIPS_CHECK, text)).checks_permissions is is_checked


def test_secrets_are_watched_where_it_is_asked_for(tmp_path: Path) -> None:
    document = watching("apiVersion: v1, kind: Secret")

    asked = spec_of(tmp_path, annotated(document, allow_secrets="true"))

    assert asked.resources == (WatchedKind(api_version="v1", kind="Secret"),)


@pytest.mark.parametrize("annotations", [{}, {"allow_secrets": "false"}])
def test_secrets_are_refused_unless_it_is_asked_for(
    tmp_path: Path, annotations: dict[str, str]
) -> None:
    document = watching("apiVersion: v1, kind: Pod", "apiVersion: v1, kind: Secret")

    said = problem(tmp_path, annotated(document, **annotations))

    assert said == (
        "6: ApiServerSource default/x: spec.resources[1].kind: what a Secret holds may go to the "
        'sink; if it is to, annotate this source with poplin.dev/allow-secrets: "true"'
    )


def test_a_secret_of_another_group_is_anybodys(tmp_path: Path) -> None:
    document = watching("apiVersion: vault.example.com/v1, kind: Secret")

    assert spec_of(tmp_path, document).resources[0].kind == "Secret"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("resources:", "5: ApiServerSource default/x: spec.resources: is missing; it is required"),
        ("resources: []", "6: ApiServerSource default/x: spec.resources: is empty; give at least one"),
        ("resources: v1", "spec.resources: 'v1' is not allowed; use a list"),
        ("resources: [v1]", "spec.resources[0]: 'v1' is not allowed; use a mapping"),
        ("resources: [{apiVersion: v1}]", "spec.resources[0].kind: is missing; it is required"),
        ("resources: [{kind: Pod}]", "spec.resources[0].apiVersion: is missing; it is required"),
        ("resources: [{apiVersion: apps, kind: Deployment}]", "spec.resources[0].apiVersion: 'apps' is not allowed; use v1, or a group and a version, as apps/v1"),
        ("resources: [{apiVersion: apps/, kind: Deployment}]", "'apps/' is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: /v1, kind: Pod}]", "'/v1' is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: a/b/v1, kind: Pod}]", "'a/b/v1' is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: 'v1?watch', kind: Pod}]", "'v1?watch' is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: '../v1', kind: Pod}]", "'../v1' is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: 1, kind: Pod}]", "1 is not allowed; use v1, or a group"),
        ("resources: [{apiVersion: v1, kind: ''}]", "spec.resources[0].kind: '' is not allowed; use a kind, as Pod"),
        ("resources: [{apiVersion: v1, kind: 7}]", "spec.resources[0].kind: 7 is not allowed; use a kind, as Pod"),
        ("resources: [{apiVersion: v1, kind: Pod/log}]", "'Pod/log' is not allowed; use a kind, as Pod"),
        ("resources: [{apiVersion: v1, kind: pods}]", "spec.resources[0].kind: 'pods' is not allowed; use Pod"),
        ("resources: [{apiVersion: v1, kind: POD}]", "'POD' is not allowed; use Pod"),
        ("resources: [{apiVersion: v1, kind: secrets}]", "'secrets' is not allowed; use Secret"),
        ("resources: [{apiVersion: v1, kind: deployment}]", "'deployment' is not allowed; use Deployment"),
        ("resources: [{apiVersion: apps/v1beta2, kind: Deployments}]", "'Deployments' is not allowed; use Deployment"),
        ("resources: [{apiVersion: networking.k8s.io/v1, kind: ingresses}]", "'ingresses' is not allowed; use Ingress"),
        ("resources: [{apiVersion: networking.k8s.io/v1, kind: networkpolicies}]", "'networkpolicies' is not allowed; use NetworkPolicy"),
        ("resources: [{apiVersion: v1, kind: Pod, labelSelector: {}}]", "spec.resources[0].labelSelector: unknown field; did you mean selector?"),
        ("resources: [{apiVersion: v1, kind: Pod, selector: a=b}]", "spec.resources[0].selector: 'a=b' is not allowed; use a mapping"),
        ("resources: [{apiVersion: v1, kind: Pod, selector: {matchLabels: {a: 'b c'}}}]", "spec.resources[0].selector.matchLabels.a: 'b c' is not allowed; use a label's value"),
        ("mode: Ref", "spec.mode: 'Ref' is not allowed; use Reference or Resource"),
        ("mode: [Resource]", "spec.mode: a list is not allowed; use Reference or Resource"),
        ("owner: ReplicaSet", "spec.owner: 'ReplicaSet' is not allowed; use a mapping"),
        ("owner: {apiVersion: apps/v1}", "spec.owner.kind: is missing; it is required"),
        ("owner: {apiVersion: apps, kind: ReplicaSet}", "spec.owner.apiVersion: 'apps' is not allowed; use v1, or a group"),
        ("owner: {apiVersion: apps/v1, kind: replicasets}", "spec.owner.kind: 'replicasets' is not allowed; use ReplicaSet"),
        ("owner: {kind: ReplicaSet, name: x}", "spec.owner.name: unknown field; known are apiVersion, kind"),
        ("serviceAccountName: A_b", "spec.serviceAccountName: 'A_b' is not allowed; use the name of a ServiceAccount"),
        ("serviceAccountName: 7", "spec.serviceAccountName: 7 is not allowed; use the name of a ServiceAccount"),
        ("serviceAccountName: 'a:b'", "spec.serviceAccountName: 'a:b' is not allowed"),
        ("namespaceSelector: default", "spec.namespaceSelector: 'default' is not allowed; use a mapping"),
        ("namespaceSelector: {matchExpressions: [{key: a, operator: In}]}", "spec.namespaceSelector.matchExpressions[0].values: operator In needs at least one value"),
        ("filters: {exact: {type: a}}", "spec.filters: a mapping is not allowed; use a list"),
        ("filters: [{exakt: {type: a}}]", "spec.filters[0].exakt: unknown dialect"),
        ("filters: [{cesql: 'type ='}]", "spec.filters[0].cesql: "),
        ("filter: {attributes: {type: a}}", "spec.filter: unknown field; did you mean filters?"),
        ("secretToken: {}", "spec.secretToken: unknown field"),
        ("sink:", "spec.sink: is missing; it is required"),
        ("ceOverrides: {extensions: {type: a}}", "type is an attribute of CloudEvents itself"),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_with_its_place(tmp_path: Path, lines: str, expected: str) -> None:
    assert expected in problem(tmp_path, with_spec(API_SERVER, lines))


def test_more_resources_than_a_source_may_watch_are_refused(tmp_path: Path) -> None:
    kinds = [f"apiVersion: a.example/v1, kind: K{number}" for number in range(101)]

    assert len(spec_of(tmp_path, watching(*kinds[:100])).resources) == 100
    assert "spec.resources: holds 101 resources; at most 100 are allowed" in problem(
        tmp_path, watching(*kinds)
    )


@pytest.mark.parametrize(
    ("resource", "warning"),
    [
        ("apiVersion: v1, kind: Deployment", "v1 has no Deployment that is known here; did you mean apps/v1?"),
        ("apiVersion: v1, kind: Ingress", "v1 has no Ingress that is known here; did you mean networking.k8s.io/v1?"),
        ("apiVersion: apps/v1, kind: HorizontalPodAutoscaler", "apps/v1 has no HorizontalPodAutoscaler that is known here; did you mean autoscaling/v2?"),
        ("apiVersion: v1, kind: Endpoint", "v1 has no Endpoint that is known here; did you mean Endpoints?"),
        ("apiVersion: apps/v1, kind: Deploymnet", "apps/v1 has no Deploymnet that is known here; did you mean Deployment?"),
        ("apiVersion: v1, kind: Zebra", "v1 has no Zebra that is known here"),
    ],
)  # fmt: skip
def test_a_kind_that_is_probably_not_there_is_a_warning(
    tmp_path: Path, resource: str, warning: str
) -> None:
    """The API server has the last word."""
    source = the_source(tmp_path, watching(resource))

    assert source.warnings == (f"spec.resources[0].kind: {warning}",)


@pytest.mark.parametrize(
    "resource",
    [
        "apiVersion: shop.example.com/v1, kind: Pods",
        "apiVersion: shop.example.com/v1, kind: order",
        "apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute",
        "apiVersion: apps/v1beta2, kind: Deployment",
        "apiVersion: batch/v2alpha1, kind: CronJob",
        "apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler",
        "apiVersion: events.k8s.io/v1, kind: Event",
        "apiVersion: v1, kind: Endpoints",
    ],
)
def test_a_kind_of_somebodys_own_is_taken_as_it_is(tmp_path: Path, resource: str) -> None:
    assert the_source(tmp_path, watching(resource)).warnings == ()


def test_selectors_of_one_kind_that_may_overlap_are_a_warning(tmp_path: Path) -> None:
    pods = "apiVersion: v1, kind: Pod, selector: {matchLabels: {app: %s}}"
    document = watching(pods % "a", "apiVersion: v1, kind: Service", pods % "b")

    assert the_source(tmp_path, document).warnings == (
        "spec.resources: v1 Pod is there with several selectors: of an object that more than one of "
        "them select, each change is sent as often",
    )


@pytest.mark.parametrize(
    ("resource", "mode", "is_vain"),
    [
        ("apiVersion: v1, kind: Event", "Resource", False),
        ("apiVersion: events.k8s.io/v1, kind: Event", "Resource", False),
        ("apiVersion: v1, kind: Event", "Reference", True),
        ("apiVersion: v1, kind: Pod", "Resource", True),
    ],
)
def test_extensions_of_events_that_never_come_are_a_warning(
    tmp_path: Path, resource: str, mode: str, is_vain: bool
) -> None:
    document = watching(resource, more=f"mode: {mode}")

    warnings = the_source(tmp_path, annotated(document, event_extensions="true")).warnings

    assert [each.startswith("spec: poplin.dev/event-extensions is") for each in warnings] == (
        [True] * is_vain
    )


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"initial_list": "true"}, "metadata.annotations.poplin.dev/initial-list: 'true' is not allowed; use none or emit"),
        ({"allow_secrets": "yes"}, "'yes' is not allowed; use true or false"),
        ({"catch_up": "all"}, "belongs on a PingSource, not on an ApiServerSource"),
        ({"initial_lst": "emit"}, "unknown annotation of an ApiServerSource; did you mean poplin.dev/initial-list?"),
    ],
)  # fmt: skip
def test_a_bad_annotation_is_refused(
    tmp_path: Path, annotations: dict[str, str], expected: str
) -> None:
    assert expected in problem(tmp_path, annotated(API_SERVER, **annotations))
