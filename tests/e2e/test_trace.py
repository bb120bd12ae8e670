"""Where did my event go? Through the whole fabric, as its dispatcher tells it."""

from pathlib import Path

from poplin.catalog.catalog import read
from poplin.store import connect
from poplin.trace import EventTrace, trace
from tests.fabric import Fabric, Received, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.hostile.subscriber_stage import store_of
from tests.waiting import until


def _answer(received: Received) -> tuple[int, str, bytes]:
    status = {"/ok": 202, "/sink": 200}.get(received.path, 503)
    return status, "", b""


async def test_every_way_of_an_event_is_told(tmp_path: Path) -> None:
    async with subscriber() as peer:
        peer.answer = _answer
        slowly = "  delivery: {retry: 5, backoffPolicy: linear, backoffDelay: PT60S}\n"
        sunk = f"  delivery: {{retry: 0, deadLetterSink: {{uri: '{peer.url}/sink'}}}}\n"
        yaml = broker_yaml() + "".join(
            [
                trigger_yaml("delivered", f"{peer.url}/ok"),
                trigger_yaml("filtered", f"{peer.url}/ok", kind="other"),
                trigger_yaml("retrying", f"{peer.url}/down", more=slowly),
                trigger_yaml("dead", f"{peer.url}/down"),
                trigger_yaml("sunk", f"{peer.url}/down", more=sunk),
            ]
        )
        async with Fabric.up(tmp_path, yaml) as fabric:
            await fabric.post("/default/main", event_headers("e1"))
            await fabric.post("/default/main", event_headers("e2", "nobody's"))
            redis = connect(store_of(fabric))
            catalog = await read(redis)

            async def event(event_id: str) -> EventTrace:
                return (await trace(redis, catalog, event_id, "/test", "default/main")).events[0]

            async def is_over() -> bool:
                dead = [each for each in (await event("e1")).matches if each.outcome == "dead"]
                return len(dead) == 2 and all(each.attempts for each in dead)

            await until(is_over)
            first, second = await event("e1"), await event("e2")
            await redis.aclose()

    told = {
        match.trigger.partition("/")[2]: (
            match.outcome,
            [(each.attempt, each.to, each.status, each.outcome) for each in match.attempts],
        )
        for match in first.matches
    }
    assert told == {
        "delivered": ("delivered", [(1, "subscriber", 202, "delivered")]),
        "filtered": ("filtered", []),
        "retrying": ("retrying", [(1, "subscriber", 503, "retrying")]),
        "dead": (
            "dead",
            [
                (1, "subscriber", 503, "retrying"),
                (2, "subscriber", 503, "retrying"),
                (3, "subscriber", 503, "dead"),
            ],
        ),
        "sunk": (
            "dead",
            [(1, "subscriber", 503, "dead"), (1, "dead-letter sink", 200, "delivered")],
        ),
    }
    assert {match.outcome for match in second.matches} == {"filtered"}
