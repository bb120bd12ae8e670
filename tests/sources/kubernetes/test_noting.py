"""What is kept in mind of an object, and whose it is."""

from typing import Any

import pytest

from poplin.resources.source_models import Owner
from sources.kubernetes.noting import noting
from sources.kubernetes.values import Noted
from tests.sources.kubernetes.objects import found, pod

REPLICA_SET = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}


def _owned(*references: dict[str, Any]) -> dict[str, Any]:
    return found("u", "1", ownerReferences=list(references))


def test_it_is_noted_where_the_object_is_and_as_of_when() -> None:
    assert noting(None)(pod("u", "7")) == Noted("test", "unit", "7", is_owned=True)
    assert noting(None)(found("u", "7", "node")) == Noted("", "node", "7", is_owned=True)


@pytest.mark.parametrize(
    ("owner", "is_owned"),
    [
        (None, True),
        (Owner(), True),
        (Owner(kind="ReplicaSet"), True),
        (Owner(api_version="apps/v1"), True),
        (Owner(api_version="apps/v1", kind="ReplicaSet"), True),
        (Owner(kind="Job"), False),
        (Owner(api_version="batch/v1"), False),
        (Owner(api_version="batch/v1", kind="ReplicaSet"), False),
    ],
)
def test_what_is_left_empty_of_an_owner_may_be_anything(
    owner: Owner | None, is_owned: bool
) -> None:
    other = {"apiVersion": "batch/v1", "kind": "Job", "name": "j", "controller": False}

    assert noting(owner)(_owned(other, REPLICA_SET)).is_owned is is_owned


@pytest.mark.parametrize(
    "whole",
    [
        found("u", "1"),
        found("u", "1", ownerReferences=None),
        _owned(),
        _owned({**REPLICA_SET, "controller": False}),
        _owned({key: value for key, value in REPLICA_SET.items() if key != "controller"}),
    ],
)
def test_an_owner_that_is_not_the_controller_does_not_count(whole: dict[str, Any]) -> None:
    assert not noting(Owner())(whole).is_owned
    assert not noting(Owner(kind="ReplicaSet"))(whole).is_owned
    assert noting(None)(whole).is_owned


def test_objects_of_a_namespace_share_its_name() -> None:
    first, second = (pod("u", "1", namespace="".join(["sh", "op"])) for _ in range(2))

    assert noting(None)(first).namespace is noting(None)(second).namespace
