"""A hook whose source is gone: deleted, or its owner told to do it by hand."""

import asyncio

import structlog

from sources.github.answers import (
    GitHubError,
    MissingError,
    RateLimitedError,
    UnreachableError,
)
from sources.github.care import Hands, growing_s
from sources.github.client import GitHub
from sources.github.hooks import same_url
from sources.github.look import delete, list_hooks
from sources.github.memory import KeptHook

__all__ = ["let_go", "remove"]


async def remove(hands: Hands, kept: KeptHook) -> None:
    """Deletes it after a while, unless cancelled: an editor may save in two steps.

    GitHub is asked until it answers. A hook that it does not let us delete is told of once, and
    forgotten.
    """
    await asyncio.sleep(hands.removed_kept_s)
    failures = 0
    while True:
        try:
            await _delete(hands, kept, hands.token(kept.token))
        except (RateLimitedError, UnreachableError) as error:
            failures += 1
            if failures == 1:
                _log(kept).warning("hook not removed yet", reason=str(error))
            limit_s = error.wait_s if isinstance(error, RateLimitedError) else 0.0
            await asyncio.sleep(max(limit_s, growing_s(failures, hands.every_s)))
        else:
            await hands.memory.forget(hands.held, kept)
            return


async def let_go(hands: Hands, kept: KeptHook) -> None:
    """Its source stays and has no accessToken any more: the hook is its owner's from now on."""
    await hands.memory.forget(hands.held, kept)
    _log(kept).info("hook no longer kept: its source has no accessToken; it stays at GitHub")


async def _delete(hands: Hands, kept: KeptHook, token: str | None) -> None:
    if token is None:
        where = f"Secret {kept.token.namespace}/{kept.token.name}, key {kept.token.key}"
        _by_hand(kept, f"its token, {where}, is not there any more")
        return
    github = hands.github(kept.place.api_url, token)
    try:
        await _delete_at(github, kept)
    except (RateLimitedError, UnreachableError):
        raise
    except MissingError:
        pass  # of the whole repository
    except GitHubError as error:
        _by_hand(kept, str(error))
        return
    _log(kept).info("hook removed: its source is gone", hook=kept.hook_id)


async def _delete_at(github: GitHub, kept: KeptHook) -> None:
    if kept.hook_id is not None:
        await delete(github, kept.place.hook(kept.hook_id))
        return
    # We died, or were cut off, while it was made: if it is there, it has our URL.
    for hook in await list_hooks(github, kept.place.hooks):
        if same_url(hook.url, kept.url):
            await delete(github, kept.place.hook(hook.id))


def _by_hand(kept: KeptHook, reason: str) -> None:
    if kept.hook_id is not None:
        _log(kept).warning(
            "remove this hook by hand, on the Webhooks page of its settings at GitHub",
            hook=kept.hook_id,
            url=kept.url,
            reason=reason,
        )


def _log(kept: KeptHook) -> structlog.typing.FilteringBoundLogger:
    log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return log.bind(source=kept.source, at=kept.place.name)
