"""The kind of source that timers are."""

from datetime import UTC, datetime
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.metrics import Counts
from poplin.resources.source_models import PingSpec
from sources.standing import Standing
from sources.tally import Tally
from sources.timers.kind import PingKind
from sources.timers.memory import TICKS, Memory, Progress
from sources.turn import TurnLostError
from tests.sources.stage import resolved as a_webhook
from tests.sources.timers.stage import KEY, Hold

PROGRESS = Progress(last=datetime(2026, 3, 1, tzinfo=UTC), schedule="abc")


async def test_of_a_timer_that_is_gone_nothing_is_kept(redis: Redis) -> None:
    held = await Hold(redis).give()
    await Memory(redis, KEY).put(held, PROGRESS)
    await Memory(redis, "PingSource/default/other").put(held, PROGRESS)

    await PingKind(redis, Tally(Counts())).forget(redis, KEY)

    assert await redis.hkeys(TICKS) == [b"PingSource/default/other"]


async def test_who_lost_the_turn_remembers_nothing(redis: Redis) -> None:
    held = Hold(redis)
    await redis.set(held.key, "another's")

    with pytest.raises(TurnLostError):
        await Memory(redis, KEY).put(held, PROGRESS)

    assert await Memory(redis, KEY).read() is None


async def test_another_kind_of_source_is_no_timer(redis: Redis) -> None:
    outlet: Any = None

    with pytest.raises(TypeError, match="WebhookSource/default/shop is no timer"):
        PingKind(redis, Tally(Counts())).worker(a_webhook(), Standing(), outlet)


def test_a_timer_has_knatives_defaults() -> None:
    assert (PingSpec().schedule, PingSpec().timezone) == ("* * * * *", "UTC")
