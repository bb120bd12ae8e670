"""Dead letters, replays and pauses over HTTP."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
import structlog
from redis.asyncio import Redis

from poplin.catalog import Condition, Verdict, publish
from poplin.operate import parse_when
from tests.operate.scene import GRAVE, Scene

AUDIT = "/triggers/default/audit"
LETTERS = f"{AUDIT}/dead-letters"
REPLAY = "/brokers/default/main/replay"


async def _scene(redis: Redis, partitions: int = 1) -> Scene:
    scene = Scene(redis, partitions)
    await scene.publish()
    return scene


async def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = await client.post(path, json=body or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_dead_letters_are_listed_in_pages(redis: Redis, client: httpx.AsyncClient) -> None:
    scene = await _scene(redis, partitions=2)
    ids = [(1, each) for each in await scene.dead(3, 1)] + [
        (0, each) for each in await scene.dead(2)
    ]

    first = (await client.get(LETTERS, params={"limit": 3})).json()
    rest = (await client.get(LETTERS, params={"limit": 3, "continue": first["continue"]})).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == [
        f"{partition}:{log_id.decode()}" for partition, log_id in ids
    ]
    assert (first["remaining"], rest["remaining"], rest["continue"]) == (2, 0, "")
    letter = first["items"][0]
    assert letter["died"].endswith("Z")
    assert {name: letter[name] for name in ("eventId", "source", "type", "status", "attempts")} == {
        "eventId": "0", "source": "/s", "type": "t", "status": 400, "attempts": 3,
    }  # fmt: skip
    assert letter["event"] is None


async def test_only_older_letters_are_listed(redis: Redis, client: httpx.AsyncClient) -> None:
    scene = await _scene(redis)
    (old, _) = await scene.dead(2)
    await redis.zadd(scene.logs[0].keys.dead(scene.uid), {old: 1})

    found = [
        (await client.get(LETTERS, params={"olderThan": text})).json()["items"]
        for text in ("1h", "2026-01-01T00:00:00Z")
    ]

    assert [[each["eventId"] for each in items] for items in found] == [["0"], ["0"]]


async def test_a_letter_is_shown_with_its_event_and_the_whole_grave(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = await _scene(redis)
    (log_id,) = await scene.dead(1)

    letter = (await client.get(f"{LETTERS}/0:{log_id.decode()}")).json()

    assert letter["event"]["data"] == "data"
    assert letter["event"]["logId"] == letter["id"] == f"0:{log_id.decode()}"
    assert letter["event"]["attributes"]["wanted"] == "1"
    assert letter["grave"] == {
        "reason": GRAVE.reason, "status": 400, "destination": "http://s/", "attempts": 3,
        "first": "2023-11-14T22:13:20.000Z", "last": "2023-11-14T22:13:21.000Z",
        "body": "no", "bodyBase64": "bm8=", "sinkReason": "",
    }  # fmt: skip


async def test_slices_are_redriven_until_none_of_before_is_left(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = await _scene(redis)
    ids = await scene.dead(5)

    first = await _post(client, f"{LETTERS}/redrive", {"limit": 3})
    await scene.die_again()
    rest = await _post(client, f"{LETTERS}/redrive", {"before": first["before"]})

    assert (first["count"], first["remaining"]) == (3, 2)
    assert (rest["count"], rest["remaining"], rest["before"]) == (2, 0, first["before"])
    assert await scene.due() == ids[3:]


async def test_named_letters_are_purged(redis: Redis, client: httpx.AsyncClient) -> None:
    scene = await _scene(redis)
    ids = await scene.dead(3)

    done = await _post(client, f"{LETTERS}/purge", {"ids": [f"0:{ids[1].decode()}"]})

    left = (await client.get(LETTERS)).json()["items"]
    assert (done["count"], done["remaining"]) == (1, 2)
    assert [each["eventId"] for each in left] == ["0", "2"]


async def test_a_letter_that_is_not_there_is_named_and_nothing_is_done(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = await _scene(redis)
    (log_id,) = await scene.dead(1)
    known = f"0:{log_id.decode()}"
    wrong = known[:-1] + "9"

    answers = [
        await client.post(f"{LETTERS}/redrive", json={"ids": [known, wrong]}),
        await client.post(f"{LETTERS}/purge", json={"ids": [known, wrong]}),
        await client.get(f"{LETTERS}/{wrong}"),
    ]

    assert [each.status_code for each in answers] == [404] * 3
    assert [each.json()["nearest"] for each in answers] == [[known]] * 3
    assert await scene.due() == []
    assert len((await client.get(LETTERS)).json()["items"]) == 1


async def test_a_window_is_replayed_slice_by_slice(redis: Redis, client: httpx.AsyncClient) -> None:
    scene = await _scene(redis)
    await scene.settled(3, wanted="0")
    ids = await scene.settled(5)

    body: dict[str, Any] = {"trigger": "audit", "limit": 3}
    first = await _post(client, REPLAY, body)
    passed_on = {"after": first["next"], "until": first["until"], "replayId": first["replayId"]}
    rest = await _post(client, REPLAY, {**body, **passed_on})

    assert (first["scanned"], first["matched"], first["replayed"]) == (6, 3, 3)
    assert (rest["replayed"], rest["next"]) == (2, "")
    assert rest["until"] == first["until"]
    assert await scene.settle() == [(each, first["replayId"]) for each in ids]


async def test_a_replay_never_chases_live_traffic(redis: Redis, client: httpx.AsyncClient) -> None:
    """`until` is the time of the first call."""
    scene = await _scene(redis)
    await scene.settled(2)
    first = await _post(client, REPLAY, {"trigger": "audit", "limit": 1})
    while (await scene.logs[0].server_time_us()) // 1000 <= _ms(first["until"]):
        pass
    await scene.settled(2)

    rest = await _post(
        client, REPLAY, {"trigger": "audit", "after": first["next"], "until": first["until"]}
    )

    assert (first["replayed"], rest["replayed"], rest["next"]) == (1, 1, "")


def _ms(text: str) -> int:
    return parse_when(text, 0) // 1000


async def test_filters_of_every_dialect_narrow_a_replay(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = await _scene(redis)
    await scene.settled(2, subject="x")
    await scene.settled(3, subject="y")

    for filters in ([{"exact": {"subject": "y"}}], [{"not": {"cesql": "subject = 'x'"}}]):
        found = await _post(
            client, REPLAY, {"trigger": "default/audit", "filters": filters, "dryRun": True}
        )

        assert found["matched"] == 3
    assert await scene.due() == []


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/brokers/default/mian/replay", {"trigger": "audit"}, 404, "no broker 'default/mian'"),
        (REPLAY, {"trigger": "audti"}, 404, "no trigger 'default/audti'"),
        (REPLAY, {}, 400, "body trigger"),
        (REPLAY, {"trigger": "audit", "limit": 1001}, 400, "body limit"),
        (REPLAY, {"trigger": "audit", "since": "soon"}, 400, "body since: use a time such as"),
        (REPLAY, {"trigger": "audit", "since": "1h", "until": "2h"}, 400, "before since"),
        (REPLAY, {"trigger": "audit", "after": "x"}, 400, "body after: use PARTITION:ID"),
        (REPLAY, {"trigger": "audit", "replayId": "ä"}, 400, "body replayId"),
        (REPLAY, {"trigger": "audit", "filters": [{"exakt": {}}]}, 400, "body filters[0].exakt"),
        (REPLAY, {"trigger": "audit", "filters": [{"cesql": "1 +"}]}, 400, "filters[0].cesql"),
        (REPLAY, {"trigger": "audit", "unknown": 1}, 400, "unknown"),
        (f"{LETTERS}/redrive", {"before": "soon"}, 400, "body before"),
        (f"{LETTERS}/redrive", {"ids": ["1"]}, 400, "body ids: use PARTITION:ID"),
        (f"{LETTERS}/redrive", {"limit": 0}, 400, "body limit"),
        ("/triggers/default/audti/pause", {}, 404, "no trigger 'default/audti'"),
    ],
)
async def test_a_wrong_request_is_a_problem_that_names_the_field(
    redis: Redis,
    client: httpx.AsyncClient,
    path: str,
    body: dict[str, Any],
    status: int,
    says: str,
) -> None:
    scene = await _scene(redis)
    await scene.settled(1)
    await scene.dead(1)

    answer = await client.post(path, json=body)

    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert says in answer.json()["detail"]
    assert await scene.due() == []


async def test_a_replay_to_a_trigger_of_another_broker_is_refused(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = await _scene(redis)
    other = replace(scene.broker, name="other")
    ready = (Condition("Ready", "True"),)
    verdicts = [
        Verdict(kind=kind, namespace="default", name=name, conditions=ready)  # type: ignore[arg-type]
        for kind, name in (("Broker", "main"), ("Broker", "other"), ("Trigger", "audit"))
    ]
    await publish(redis, [scene.broker, other], [scene.trigger], verdicts)

    answer = await client.post("/brokers/default/other/replay", json={"trigger": "audit"})

    assert answer.status_code == 409
    assert "is of broker default/main" in answer.json()["detail"]


async def test_a_trigger_is_paused_and_resumed(redis: Redis, client: httpx.AsyncClient) -> None:
    await _scene(redis)

    answers = [
        await _post(client, f"{AUDIT}/{word}") for word in ("pause", "pause", "resume", "resume")
    ]

    assert [each["paused"] for each in answers] == [True, True, False, False]
    listed = (await client.get("/triggers")).json()["items"]
    assert [each["paused"] for each in listed] == [False]


async def test_what_its_annotation_says_is_paused_is_not_resumed(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = Scene(redis)
    await scene.publish(replace(scene.trigger, paused=True))

    refused = await client.post(f"{AUDIT}/resume")

    assert refused.status_code == 409
    assert "poplin.dev/paused; change the YAML" in refused.json()["detail"]
    assert (await client.get(AUDIT)).json()["paused"] is True


async def test_a_trigger_that_is_not_served_says_why(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    scene = Scene(redis)
    why = (Condition("Ready", "False", "SubscriberUnresolved", "no such service"),)
    broken = Verdict(kind="Trigger", namespace="default", name="audit", conditions=why)
    await publish(redis, [scene.broker], [], [broken])

    answer = await client.get(LETTERS)

    assert answer.status_code == 409
    assert "no such service" in answer.json()["detail"]


@pytest.mark.parametrize("is_broker_served", [True, False])
@pytest.mark.parametrize("broker", ["main", ""])
async def test_letters_of_a_trigger_that_is_not_served_now_are_shown_and_no_more(
    redis: Redis, client: httpx.AsyncClient, broker: str, is_broker_served: bool
) -> None:
    """Its document is there, and waits to be mended; a refused one names no broker."""
    scene = await _scene(redis, partitions=2)
    (log_id,) = await scene.dead(1, 1)
    why = (Condition("Ready", "False", "SubscriberUnresolved", "no such service"),)
    verdict = Verdict(
        kind="Trigger", namespace="default", name="audit", broker=broker, conditions=why
    )
    await publish(redis, [scene.broker] if is_broker_served else [], [], [verdict])
    letter_id = f"1:{log_id.decode()}"

    listed = await client.get(LETTERS, params={"olderThan": "0s"})
    shown = await client.get(f"{LETTERS}/{letter_id}")
    unknown = await client.get(f"{LETTERS}/1:1-0")
    purged = await client.post(f"{LETTERS}/purge", json={})

    assert [each["id"] for each in listed.json()["items"]] == [letter_id]
    assert shown.json()["event"]["data"] == "data"
    assert (unknown.status_code, purged.status_code) == (404, 409)
    assert "no such service" in purged.json()["detail"]


async def test_each_operation_is_a_line_in_the_log(redis: Redis, client: httpx.AsyncClient) -> None:
    """What is replayed was settled, dead or purged; all are old events."""
    scene = await _scene(redis)
    await scene.settled(3)
    await scene.dead(3)

    with structlog.testing.capture_logs() as lines:
        await _post(client, f"{LETTERS}/redrive", {"limit": 2})
        await _post(client, f"{LETTERS}/purge")
        await _post(client, REPLAY, {"trigger": "audit"})
        await _post(client, f"{AUDIT}/pause")
        await _post(client, f"{AUDIT}/resume")

    said = [(line["event"], line["trigger"], line["count"]) for line in lines]
    assert said == [
        ("dead letters purged", "default/audit", 1),
        ("events replayed", "default/audit", 4),
        ("trigger paused", "default/audit", 6),
        ("trigger resumed", "default/audit", 6),
    ]
