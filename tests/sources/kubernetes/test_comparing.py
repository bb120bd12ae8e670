"""Whatever was missed, comparing finds it, and nothing else."""

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.kubernetes.comparing import announced, found_by_comparing, seen
from sources.kubernetes.noting import noting
from sources.kubernetes.values import Change, Noted, WatchEvent
from tests.sources.kubernetes.objects import pod

NOTE = noting(None)
TOLD = {"a": NOTE(pod("a", "1"))}

# uid → resourceVersion. These come again after others: nothing says which is the newer.
_states = st.lists(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["1", "2", "10"])), max_size=6
)


def _listed(state: Mapping[str, str]) -> dict[str, dict[str, object]]:
    return {uid: pod(uid, version) for uid, version in state.items()}


def _versions(remembered: Mapping[str, Noted]) -> dict[str, str]:
    return {uid: noted.resource_version for uid, noted in remembered.items()}


def _apply(changes: Iterable[Change], remembered: dict[str, Noted]) -> None:
    for change in changes:
        if change.verb == "delete":
            del remembered[change.uid]
        else:
            remembered[change.uid] = change.noted


@given(_states)
def test_the_changes_lead_from_what_is_remembered_to_what_is_listed(
    states: list[dict[str, str]],
) -> None:
    remembered: dict[str, Noted] = {}
    for state in states:
        _apply(found_by_comparing(_listed(state), remembered, NOTE), remembered)

        assert _versions(remembered) == state
        assert found_by_comparing(_listed(state), remembered, NOTE) == []


@given(_states, _states)
def test_each_change_is_found_once_and_by_its_name(
    before: list[dict[str, str]], after: list[dict[str, str]]
) -> None:
    old, new = before[-1] if before else {}, after[-1] if after else {}
    remembered = {uid: NOTE(each) for uid, each in _listed(old).items()}

    found = found_by_comparing(_listed(new), remembered, NOTE)

    assert [(each.verb, each.uid) for each in found] == [
        *(("delete", uid) for uid in old if uid not in new),
        *(
            ("update" if uid in old else "add", uid)
            for uid in new
            if uid not in old or old[uid] != new[uid]
        ),
    ]
    assert all(each.is_found for each in found)


def test_what_was_found_has_the_object_and_a_delete_its_last_state() -> None:
    gone, new = found_by_comparing({"b": pod("b", "2")}, TOLD, NOTE)

    assert (gone.noted, gone.object) == (TOLD["a"], None)
    assert (new.noted, new.object) == (NOTE(pod("b", "2")), pod("b", "2"))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), max_size=12))
def test_what_a_watch_tells_leads_to_the_same_state_and_nothing_is_told_twice(
    steps: list[tuple[str, int]],
) -> None:
    """A step puts an object, or removes it with 0."""
    state: dict[str, str] = {}
    remembered: dict[str, Noted] = {}
    for number, (uid, kind) in enumerate(steps, 1):
        version = str(number)
        if kind:
            event = WatchEvent("MODIFIED" if uid in state else "ADDED", pod(uid, version))
            state[uid] = version
        elif state.pop(uid, None):
            event = WatchEvent("DELETED", pod(uid, version))
        else:
            continue
        change = seen(event, remembered, NOTE)
        assert change is not None
        assert change.object is event.object
        assert not change.is_found
        _apply([change], remembered)

        assert _versions(remembered) == state
        assert event.type == "DELETED" or seen(event, remembered, NOTE) is None


@pytest.mark.parametrize(
    ("event", "verb"),
    [
        (WatchEvent("ADDED", pod("b", "1")), "add"),
        (WatchEvent("ADDED", pod("a", "2")), "update"),
        (WatchEvent("ADDED", pod("a", "1")), None),
        (WatchEvent("MODIFIED", pod("a", "2")), "update"),
        (WatchEvent("MODIFIED", pod("b", "1")), "update"),
        (WatchEvent("MODIFIED", pod("a", "1")), None),
        (WatchEvent("DELETED", pod("a", "2")), "delete"),
        (WatchEvent("DELETED", pod("a", "1")), "delete"),
        (WatchEvent("DELETED", pod("b", "2")), "delete"),
        (WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": "9"}}), None),
    ],
)
def test_what_happened_is_told_by_what_is_remembered(event: WatchEvent, verb: str | None) -> None:
    change = seen(event, TOLD, NOTE)

    assert (change and change.verb) == verb


def test_what_is_announced_is_new_until_it_is_remembered_in_a_version() -> None:
    add = seen(WatchEvent("ADDED", pod("b", "1")), TOLD, NOTE)
    assert add is not None
    remembered = {**TOLD, **announced([add])}

    assert seen(WatchEvent("ADDED", pod("b", "1")), remembered, NOTE) == add
    found = found_by_comparing({"a": pod("a", "1"), "b": pod("b", "2")}, remembered, NOTE)
    assert [(each.verb, each.uid) for each in found] == [("add", "b")]


def test_the_end_of_what_was_announced_is_found() -> None:
    add = seen(WatchEvent("ADDED", pod("b", "1")), {}, NOTE)
    assert add is not None

    (found,) = found_by_comparing({}, announced([add]), NOTE)

    assert (found.verb, found.uid, found.noted.name) == ("delete", "b", "unit")


def test_what_is_gone_is_not_announced() -> None:
    changes = [
        Change("update", "b", NOTE(pod("b", "2")), None),
        Change("delete", "c", NOTE(pod("c", "2")), None),
    ]

    assert announced(changes).keys() == {"b"}
