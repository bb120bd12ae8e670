"""A watch is another one when it may see other objects, or other owners of them."""

import pytest

from poplin.resources.source_models import Owner, WatchedKind
from sources.kubernetes.watch_id import watch_id
from tests.sources.kubernetes.objects import PODS


def test_it_stays_the_same() -> None:
    """Else an upgrade would forget everything: a change is one of what is remembered."""
    assert watch_id(PODS, None) == "e3031ee48b3764da"


@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        (WatchedKind(api_version="v2", kind="Pod"), None),
        (WatchedKind(api_version="v1", kind="Event"), None),
        (WatchedKind(api_version="v1", kind="Pod", selector="a=b"), None),
        (PODS, Owner()),
        (PODS, Owner(kind="Job")),
        (PODS, Owner(api_version="Job")),
    ],
)
def test_each_part_of_it_makes_another(kind: WatchedKind, owner: Owner | None) -> None:
    assert watch_id(kind, owner) != watch_id(PODS, None)


def test_owners_differ_by_each_part() -> None:
    owners = (Owner(), Owner(kind="Job"), Owner(api_version="Job"))

    assert len({watch_id(PODS, owner) for owner in owners}) == 3
