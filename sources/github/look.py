"""One look at a hook: found, made or repaired."""

from dataclasses import dataclass, replace
from typing import Any

import structlog

from sources.github.answers import MissingError, UnreachableError
from sources.github.client import GitHub
from sources.github.hooks import Hook, Wanted, chosen, differing, read_hook, repeats
from sources.github.memory import KeptHook
from sources.github.wishes import Wish

__all__ = ["Found", "delete", "list_hooks", "look"]


@dataclass(frozen=True, slots=True)
class Found:
    hook: Hook
    answered: tuple[Wanted, Hook] | None
    """What GitHub made of what we wrote last. Where that is something else than was asked for, it
    is not asked for again.
    """


async def look(
    github: GitHub, wish: Wish, known: KeptHook, answered: tuple[Wanted, Hook] | None
) -> Found:
    """Raises GitHubError. Dying on any line is harmless: the next look finds by its URL what this
    one made, and goes on.
    """
    log = structlog.get_logger().bind(source=wish.source, at=wish.place.name)
    hooks = await list_hooks(github, wish.place.hooks)
    hook = chosen(hooks, wish.wanted.url, known.hook_id)
    if hook is None:
        hook = await _write(github, "POST", wish.place.hooks, wish.wanted)
        log.info("hook created", hook=hook.id)
        return Found(hook, (wish.wanted, hook))
    for each in repeats(hooks, hook):
        # Before a repair: GitHub takes no two with the same URL and events.
        await delete(github, wish.place.hook(each.id))
        log.warning("hook removed that brought everything twice", hook=each.id, kept=hook.id)
    knows_secret = known.hook_id == hook.id and known.secret_digest == wish.digest
    names = differing(hook, wish.wanted, knows_secret=knows_secret)
    if not names or (knows_secret and _is_answer(hook, wish.wanted, answered)):
        return Found(hook, answered)
    hook = await _write(github, "PATCH", wish.place.hook(hook.id), wish.wanted)
    log.info("hook repaired", hook=hook.id, differed=", ".join(names))
    return Found(hook, (wish.wanted, hook))


async def list_hooks(github: GitHub, path: str) -> list[Hook]:
    found: list[Hook] = []
    async for page in github.pages(f"{path}?per_page=100"):
        hooks = (read_hook(raw) for raw in _listed(page.body))
        found += [hook for hook in hooks if hook is not None]
    return found


async def delete(github: GitHub, path: str) -> None:
    """One that is not there any more is deleted."""
    try:
        await github.call("DELETE", path)
    except MissingError:
        return


def _is_answer(hook: Hook, wanted: Wanted, answered: tuple[Wanted, Hook] | None) -> bool:
    """Is it still what GitHub made of the same wish?"""
    if answered is None or answered[0] != wanted:
        return False
    return replace(answered[1], updated_s=0.0) == replace(hook, updated_s=0.0)


async def _write(github: GitHub, method: str, path: str, wanted: Wanted) -> Hook:
    hook = read_hook((await github.call(method, path, wanted.body())).body)
    if hook is None:
        raise UnreachableError("GitHub's answer shows no hook; is githubAPIURL that of an API?")
    return hook


def _listed(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise UnreachableError("GitHub's answer is no list; is githubAPIURL that of an API?")
    return body
