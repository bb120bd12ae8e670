"""What has begun is brought to its end."""

import asyncio

import pytest

from sources.finishing import finished


async def test_it_gives_what_the_work_gives() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await finished(work()) == 7


async def test_it_raises_what_the_work_raises() -> None:
    async def work() -> None:
        raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        await finished(work())


@pytest.mark.parametrize("raises", [False, True], ids=["returns", "raises"])
async def test_who_is_cancelled_is_so_after_the_work_has_ended(raises: bool) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()
        ended.set()
        if raises:
            raise ValueError("nobody is there to hear it")

    waiting = asyncio.create_task(finished(work(), within_s=60))
    await begun.wait()
    waiting.cancel()
    asyncio.get_running_loop().call_later(0.01, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert ended.is_set()


@pytest.mark.parametrize("times", [1, 2])
async def test_work_that_does_not_end_is_cancelled_too(times: int) -> None:
    """After a while, or when who waits is cancelled once more."""
    begun, was_cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    waiting = asyncio.create_task(finished(work(), within_s=0.01 if times == 1 else 60))
    await begun.wait()
    for _ in range(times):
        waiting.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert was_cancelled.is_set()
