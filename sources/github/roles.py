"""What is to become of each hook: kept, removed, let go, or left as it is for now."""

from collections.abc import Iterable, Mapping
from typing import Literal

from poplin.resources.source_models import GitHubSpec
from sources.github.memory import KeptHook, hook_field
from sources.github.wishes import Kept, Wish, place_of, wish_or_reason

__all__ = ["Role", "roles"]

Role = Wish | Literal["remove", "let go"]


def roles(sources: Iterable[Kept], remembered: Mapping[str, KeptHook]) -> dict[str, Role]:
    """By the field under which a hook is remembered. Not among them, and left alone: those whose
    source cannot be read now, has lost a Secret, or has no public URL.
    """
    found: dict[str, Role] = {}
    resting: set[str] = set()
    unmanaged: set[str] = set()
    for each in sources:
        wish = wish_or_reason(each)
        source = each.resolved.source
        if isinstance(wish, Wish):
            found[hook_field(wish.source, wish.place)] = wish
        elif source is None:
            resting.update(field for field, kept in remembered.items() if kept.source == each.key)
        elif isinstance(source.spec, GitHubSpec) and source.spec.access_token is None:
            unmanaged.add(each.key)
        elif isinstance(source.spec, GitHubSpec):
            resting.add(hook_field(each.key, place_of(source.spec)))
    for field, kept in remembered.items():
        if field not in found and field not in resting:
            found[field] = "let go" if kept.source in unmanaged else "remove"
    return found
