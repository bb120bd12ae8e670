"""A lane's timer, on the loop that the services run on."""

import asyncio

import uvloop

from dispatcher.lane import Lane
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import TriggerRecord

RECORD = TriggerRecord(
    uid="u", namespace="default", name="t", broker="b", subscriber_uri="http://127.0.0.1:1/"
)


def test_entries_that_fall_due_at_once_wake_the_lane_once() -> None:
    """uvloop gives a timer of no time another kind of handle, which tells no time."""
    woken: list[Lane] = []

    async def wake_twice() -> None:
        lane = Lane(ServedTrigger(RECORD, Budget(0)), woken.append)
        lane.wake_in(0.0)
        lane.wake_in(0.0)
        await asyncio.sleep(0.01)

    uvloop.run(wake_twice())

    assert len(woken) == 1


def test_the_earliest_wish_counts() -> None:
    woken: list[Lane] = []

    async def wake() -> None:
        lane = Lane(ServedTrigger(RECORD, Budget(0)), woken.append)
        lane.wake_in(60.0)
        lane.wake_in(0.001)
        lane.wake_in(30.0)
        await asyncio.sleep(0.05)
        lane.close()

    uvloop.run(wake())

    assert len(woken) == 1
