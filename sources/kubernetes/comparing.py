"""What happened to objects: told by a watch, or found where a list is not what is remembered.

A resourceVersion says whether an object is another one, never which is the newer: they are compared
for equality alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sources.kubernetes.values import Change, Noted, Verb, WatchEvent

__all__ = ["Note", "announced", "found_by_comparing", "seen"]

_NONE_YET = ""

Note = Callable[[dict[str, Any]], Noted]


def found_by_comparing(
    listed: Mapping[str, dict[str, Any]], remembered: Mapping[str, Noted], note: Note
) -> list[Change]:
    """Both by uid, and of one scope: what is remembered and not listed is gone.

    Deletes come first: an object that was made anew has the name of the one that is gone.
    """
    gone = [
        Change("delete", uid, noted, None, is_found=True)
        for uid, noted in remembered.items()
        if uid not in listed
    ]
    changed = (
        _changed(uid, found, remembered.get(uid), note(found), is_found=True)
        for uid, found in listed.items()
    )
    return gone + [each for each in changed if each is not None]


def seen(event: WatchEvent, remembered: Mapping[str, Noted], note: Note) -> Change | None:
    """None where nothing happened: a bookmark, or an object as it is remembered, which a watch
    that begins anew tells again.

    A delete is told whatever is remembered: what a batch brought before it may not be yet.
    """
    if event.type == "BOOKMARK":
        return None
    uid, noted = event.object["metadata"]["uid"], note(event.object)
    if event.type == "DELETED":
        return Change("delete", uid, noted, event.object)
    # MODIFIED is one of an object that was there before: it is an update even where it was forgotten.
    before = remembered.get(uid)
    unknown: Verb = "add" if event.type == "ADDED" else "update"
    return _changed(uid, event.object, before, noted, unknown=unknown)


def announced(unknown: Iterable[Change]) -> dict[str, Noted]:
    """What to remember before changes of objects that are not remembered are emitted: they are
    there, in no version yet.

    If we die with an add emitted and not remembered, and the object goes, and so does the history
    that tells of it, then its delete is found all the same.
    """
    return {
        each.uid: replace(each.noted, resource_version=_NONE_YET)
        for each in unknown
        if each.verb != "delete"
    }


def _changed(
    uid: str,
    found: dict[str, Any],
    before: Noted | None,
    noted: Noted,
    *,
    unknown: Verb = "add",
    is_found: bool = False,
) -> Change | None:
    """`unknown` is what happened to one that is not remembered, or only announced."""
    if before is None or before.resource_version == _NONE_YET:
        return Change(unknown, uid, noted, found, is_found)
    if before.resource_version == noted.resource_version:
        return None
    return Change("update", uid, noted, found, is_found)
