"""An edit that is refused costs nothing: the version before it goes on being served."""

from dataclasses import replace
from pathlib import PurePath

from poplin.resources.models import (
    Broker,
    Document,
    Identity,
    Loaded,
    Problem,
    Refused,
    Source,
    Trigger,
    one_line,
)
from poplin.resources.source_models import rivals

__all__ = ["keep_good"]


def keep_good(before: Loaded, after: Loaded) -> Loaded:
    """`after`, where what is refused now, or stands where nothing can be read, is as in `before`.

    Brokers, Triggers and sources that are kept say which edit is refused. What is really gone is
    gone: from a file that can be read, or with its file, or because another source has its path.
    """
    hiding = [each for each in after.problems if each.hides]
    documents = dict(after.documents)
    for identity, good in before.documents.items():
        now = documents.get(identity)
        if now is not None and (isinstance(good, Refused) or not isinstance(now, Refused)):
            continue
        words = _hidden(good, hiding) if now is None else _refusal(now)
        if words and not _is_displaced(identity, after):
            documents[identity] = _kept(good, words)
    return replace(after, documents=documents)


def _is_displaced(identity: Identity, after: Loaded) -> bool:
    return any(each in after.documents for each in rivals(*identity) if each != identity)


def _refusal(now: Refused) -> str:
    return f"the edit at {now.place} is refused: {now.message}"


def _hidden(good: Document, hiding: list[Problem]) -> str:
    """Why it is not known whether it is still there; empty when it is gone."""
    for each in hiding:
        if PurePath(good.place.file).is_relative_to(each.file):
            place = f"{each.file}:{each.line}" if each.line else each.file
            return f"the edit at {place} is refused: {each.message}"
    return ""


def _kept(good: Document, words: str) -> Document:
    if isinstance(good, Broker | Trigger | Source):
        return replace(good, refused_edit=one_line(f"{words}; the version before it is served"))
    return good
