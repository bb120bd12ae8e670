"""The name under which a watch is remembered."""

from hashlib import sha256

import msgspec

from poplin.resources.source_models import Owner, WatchedKind

__all__ = ["watch_id"]

_FORM = 1
"""Of what is remembered: a version of Poplin that writes another has watches of its own, so that
none reads what it does not understand.
"""


def watch_id(kind: WatchedKind, owner: Owner | None) -> str:
    """An edit of a source that leaves these as they are leaves what is remembered in force."""
    asked = None if owner is None else [owner.api_version, owner.kind]
    words = [_FORM, kind.api_version, kind.kind, kind.selector, asked]
    return sha256(msgspec.json.encode(words)).hexdigest()[:16]
