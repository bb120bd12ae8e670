"""`spec` of an ApiServerSource: which objects it watches, and what of them it sends."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from poplin.names import is_name
from poplin.resources.fields import Checker, Fields
from poplin.resources.filter_fields import read_filters
from poplin.resources.kubernetes_kinds import doubt, is_api_version, is_kind, meant
from poplin.resources.label_selector import read_selector
from poplin.resources.source_models import ApiServerSpec, Mode, Owner, WatchedKind
from poplin.resources.values import Value

__all__ = ["SKIPS_CHECK", "read_api_server"]

SKIPS_CHECK = "features.knative.dev/apiserversource-skip-permissions-check"
"""Knative's annotation, of which "true" alone counts."""

_MOST_RESOURCES = 100
"""Each is a watch of its own, or as many as there are namespaces."""


def read_api_server(checker: Checker, fields: Fields, notes: dict[str, Any]) -> ApiServerSpec:
    resources, mode, owner = (fields.need("resources"), fields.take("mode"), fields.take("owner"))
    account, namespaces = fields.take("serviceAccountName"), fields.take("namespaceSelector")
    filters = fields.take("filters")
    spec = ApiServerSpec(
        resources=_resources(checker, resources, notes) if resources else (),
        mode=_mode(checker, mode),
        owner=_owner(checker, owner) if owner else None,
        service_account=_account(checker, account),
        namespaces=read_selector(checker, namespaces) if namespaces else None,
        filters=read_filters(checker, filters, None),
        emits_existing=notes.get("initial-list") == "emit",
        names_events=notes.get("event-extensions", False),
        checks_permissions=notes.get(SKIPS_CHECK) != "true",
    )
    _warn_of_vain_extensions(checker, fields.value, spec)
    return spec


def _resources(checker: Checker, value: Value, notes: dict[str, Any]) -> tuple[WatchedKind, ...]:
    items = checker.items(value)
    if items == []:
        checker.refuse(value, "is empty; give at least one")
    if len(items or ()) > _MOST_RESOURCES:
        words = f"holds {len(items or ())} resources; at most {_MOST_RESOURCES} are allowed"
        checker.refuse(value, f"{words}; write several sources")
        return ()
    read = (_resource(checker, each, notes) for each in items or ())
    found = tuple(dict.fromkeys(each for each in read if each))
    _warn_of_overlaps(checker, value, found)
    return found


def _resource(checker: Checker, value: Value, notes: dict[str, Any]) -> WatchedKind | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    version, kind = fields.need("apiVersion"), fields.need("kind")
    selector = fields.take("selector")
    fields.refuse_unknown()
    api_version = _api_version(checker, version) if version else ""
    name = _kind(checker, kind, api_version) if kind else ""
    if kind and (api_version, name) == ("v1", "Secret") and not notes.get("allow-secrets"):
        words = "what a Secret holds may go to the sink; if it is to, annotate this source with"
        checker.refuse(kind, f'{words} poplin.dev/allow-secrets: "true"')
    text = read_selector(checker, selector) if selector else ""
    return WatchedKind(api_version=api_version, kind=name, selector=text)


def _owner(checker: Checker, value: Value) -> Owner | None:
    """As Knative's admission, it wants the kind and not the apiVersion."""
    fields = checker.fields(value)
    if fields is None:
        return None
    version, kind = fields.take("apiVersion"), fields.need("kind")
    fields.refuse_unknown()
    api_version = _api_version(checker, version) if version and version.data != "" else ""
    return Owner(api_version=api_version, kind=_kind(checker, kind, api_version) if kind else "")


def _api_version(checker: Checker, value: Value) -> str:
    if isinstance(value.data, str) and is_api_version(value.data):
        return value.data
    checker.bad(value, "v1, or a group and a version, as apps/v1")
    return ""


def _kind(checker: Checker, value: Value, api_version: str) -> str:
    kind = value.data
    if not isinstance(kind, str) or not is_kind(kind):
        checker.bad(value, "a kind, as Pod")
        return ""
    if right := meant(api_version, kind):
        checker.bad(value, right)
    elif words := doubt(api_version, kind):
        checker.warn(value, words)
    return kind


def _mode(checker: Checker, value: Value | None) -> Mode:
    is_written = value is not None and value.data != ""
    found = checker.one_of(value, "Reference", "Resource") if value and is_written else None
    return "Resource" if found == "Resource" else "Reference"


def _account(checker: Checker, value: Value | None) -> str:
    if value is None or value.data == "":
        return "default"
    if isinstance(value.data, str) and is_name(value.data):
        return value.data
    checker.bad(value, "the name of a ServiceAccount: lower-case letters, digits, '-' and '.'")
    return ""


def _warn_of_overlaps(checker: Checker, value: Value, found: Sequence[WatchedKind]) -> None:
    def kind(each: WatchedKind) -> tuple[str, str]:
        return each.api_version, each.kind

    for (version, name), same in groupby(sorted(found, key=kind), kind):
        if len(list(same)) > 1:
            words = f"{version} {name} is there with several selectors: of an object that more than"
            checker.warn(value, f"{words} one of them select, each change is sent as often")


def _warn_of_vain_extensions(checker: Checker, value: Value, spec: ApiServerSpec) -> None:
    sees_events = any(
        each.kind == "Event" and each.api_version in ("v1", "events.k8s.io/v1")
        for each in spec.resources
    )
    if spec.names_events and not (sees_events and spec.mode == "Resource"):
        words = "poplin.dev/event-extensions is for mode Resource and resources of kind Event"
        checker.warn(value, f"{words}; here it does nothing")
