"""Whatever comes to the receiver, from whomever, is answered within bounds."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog

from tests.fabric import Received, Subscriber, subscriber
from tests.sources.stage import GOOD, KEY, Stage, counted, sent, stage

BODY = b'{"id": "1"}'


async def test_a_verified_webhook_is_answered_when_its_sink_has_the_event(
    receiver: Stage, sink: Subscriber, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)

    (got,) = sink.received
    assert (answer.status_code, answer.json()) == (202, {"status": 202, "detail": "accepted"})
    assert (got.headers["ce-id"], got.headers["ce-team"], got.data) == ("1", "billing", BODY)
    assert counted(receiver.counts) == {f"received_total/{KEY}": 1, f"emitted_total/{KEY}": 1}


async def test_no_answer_comes_before_the_sink_has_the_event(
    receiver: Stage, sink: Subscriber, client: httpx.AsyncClient
) -> None:
    """The first three times it does not."""
    seen: list[bool] = []

    def answer(_: Received) -> tuple[int, str, bytes]:
        seen.append(posting.done())
        return (503 if len(seen) < 4 else 202), "", b""

    sink.answer = answer
    posting = asyncio.create_task(
        client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)
    )

    assert (await posting).status_code == 202
    assert seen == [False] * 4


REFUSED = [
    ("POST", "/default/shop", {}, BODY, 401, "bad_signature"),
    ("POST", "/default/shop", GOOD, b"{", 400, "invalid"),
    ("GET", "/default/shop", {}, b"", 405, "not_allowed"),
    ("OPTIONS", "/default/shop", {}, b"", 405, "not_allowed"),
    ("HEAD", "/default/shop", {}, b"", 405, "not_allowed"),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status", "reason"), REFUSED)
async def test_what_is_not_taken_is_answered_and_counted(
    receiver: Stage,
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    reason: str,
) -> None:
    answer = await client.request(method, receiver.url + path, headers=headers, content=body)

    assert answer.status_code == status
    assert counted(receiver.counts)[f"refused_total/{KEY}/{reason}"] == 1
    assert method == "HEAD" or answer.json()["status"] == status
    assert (status == 405) == (answer.headers.get("allow") == "POST")


@pytest.mark.parametrize(
    "path", ["/", "/default", "/default/other", "/default/shop/x", "/%2e%2e/a"]
)
async def test_a_path_of_no_source_is_told_nothing(
    receiver: Stage, client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.post(receiver.url + path, content=BODY, headers=GOOD)

    assert answer.status_code == 404
    assert "shop" not in answer.text
    assert counted(receiver.counts) == {"refused_total////unknown_source": 1}


async def test_a_query_and_a_last_slash_change_nothing(
    receiver: Stage, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"{receiver.url}/default/shop/?a=b", content=BODY, headers=GOOD)

    assert answer.status_code == 202


async def test_a_ping_is_answered_without_an_event(
    receiver: Stage, sink: Subscriber, client: httpx.AsyncClient
) -> None:
    answer = await client.post(f"{receiver.url}/default/shop", content=b'{"ping":1}', headers=GOOD)

    (received,) = receiver.standing.conditions()
    assert (answer.status_code, answer.text) == (200, "pong")
    assert received.message.endswith("UTC: ping of hook 42")
    assert sink.received == []


@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [(403, 502, "sink_refuses"), (301, 502, "sink_refuses"), (413, 413, "too_large")],
)
async def test_what_the_sink_refuses_is_not_accepted(
    receiver: Stage,
    sink: Subscriber,
    client: httpx.AsyncClient,
    said: int,
    status: int,
    reason: str,
) -> None:
    sink.answer = lambda _: (said, "", b"")

    answer = await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)

    accepted = receiver.standing.conditions()[-1]
    assert answer.status_code == status
    assert counted(receiver.counts)[f"refused_total/{KEY}/{reason}"] == 1
    assert (accepted.type, accepted.status) == ("EventsAccepted", "False")


async def test_a_sink_that_is_away_is_answered_503_with_a_time_and_nothing_of_the_sink(
    sink: Subscriber, client: httpx.AsyncClient
) -> None:
    sink.answer = lambda _: (503, "", b"private")
    async with stage(sink.url, emit_timeout_s=0.3) as receiver:
        answer = await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)
        found = counted(receiver.counts)
        failed_at_s = receiver.standing.failed_at_s

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "private" not in answer.text
    assert str(sink.port) not in answer.text
    assert found[f"refused_total/{KEY}/sink_away"] == 1
    assert found[f"sink_failures_total/{KEY}/5xx"] >= 2
    assert failed_at_s is not None


async def test_a_fault_of_ours_is_answered_500_and_logged_without_the_payload(
    receiver: Stage, client: httpx.AsyncClient
) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await client.post(
            f"{receiver.url}/default/shop", content=b'{"bug":"private"}', headers=GOOD
        )

    (line,) = lines
    assert answer.status_code == 500
    assert "private" not in answer.text
    assert (line["source"], line["why"], line["log_level"]) == (KEY, "KeyError", "error")
    assert "private" not in str(line)


async def test_a_body_over_the_limit_is_refused_before_it_is_read(
    sink: Subscriber, client: httpx.AsyncClient
) -> None:
    async with stage(sink.url, most_bytes=1000) as receiver:
        fits = b'{"id": "%s"}' % (b"x" * 990)
        accepted = await client.post(f"{receiver.url}/default/shop", content=fits, headers=GOOD)
        refused = await client.post(
            f"{receiver.url}/default/shop", content=fits + b" ", headers=GOOD
        )

    assert len(fits) == 1000
    assert (accepted.status_code, refused.status_code) == (202, 413)
    assert refused.json()["detail"] == (
        "the body is larger than 1000 bytes; start the receiver with a larger --max-webhook-bytes"
    )


async def test_a_body_that_does_not_say_its_length_is_counted(
    sink: Subscriber, client: httpx.AsyncClient
) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100

    async with stage(sink.url, most_bytes=1000) as receiver:
        answer = await client.post(f"{receiver.url}/default/shop", content=parts(), headers=GOOD)

    assert answer.status_code == 413


async def test_who_waits_to_send_too_much_is_told_at_once_and_not_heard_again(
    sink: Subscriber,
) -> None:
    async with stage(sink.url, most_bytes=1000) as receiver:
        answer = await sent(
            receiver.url,
            b"POST /default/shop HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            b"content-length: 2000\r\n\r\n",
        )

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close\r\n" in answer


async def test_a_body_that_does_not_come_is_answered_408_and_closed(sink: Subscriber) -> None:
    async with stage(sink.url, body_timeout_s=0.2) as receiver:
        answer = await sent(
            receiver.url, b"POST /default/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{"
        )

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close\r\n" in answer


async def test_a_client_that_leaves_amid_its_body_costs_nothing(
    receiver: Stage, client: httpx.AsyncClient
) -> None:
    host, _, port = receiver.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /default/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
    await writer.drain()
    writer.close()
    answer = await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)

    assert answer.status_code == 202
    assert not any("refused" in name for name in counted(receiver.counts))


async def test_bodies_are_held_up_to_a_bound_and_one_source_leaves_room_for_others(
    sink: Subscriber, client: httpx.AsyncClient
) -> None:
    """What is under way for a sink that hangs holds its bodies."""
    hung: list[asyncio.StreamWriter] = []
    large = b'{"id": "%s"}' % (b"x" * 4000)
    silent = await asyncio.start_server(lambda _, writer: hung.append(writer), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    async with silent, stage(None, max_held_bytes=10_000, emit_timeout_s=1) as receiver:
        receiver.serve(shop=url, other=sink.url)
        one, two = (
            asyncio.create_task(
                client.post(f"{receiver.url}/default/shop", content=large, headers=GOOD)
            )
            for _ in range(2)
        )
        done, _ = await asyncio.wait({one, two}, return_when=asyncio.FIRST_COMPLETED)
        busy = done.pop().result()
        other = await client.post(f"{receiver.url}/default/other", content=large, headers=GOOD)
        await asyncio.wait({one, two})
        held = receiver.receiver._budget.held
        for writer in hung:
            writer.close()

    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert "too many webhooks" in busy.json()["detail"]
    assert other.status_code == 202
    assert held == 0


async def test_a_delivery_under_way_ends_with_the_hook_it_began_with(
    sink: Subscriber, client: httpx.AsyncClient
) -> None:
    async with subscriber() as second, stage(sink.url) as receiver:
        began = asyncio.Event()

        def answer(_: Received) -> tuple[int, str, bytes]:
            began.set()
            return (202 if len(sink.received) > 1 else 503), "", b""

        sink.answer = answer
        first = asyncio.create_task(
            client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD)
        )
        await began.wait()
        receiver.serve(shop=second.url)
        later = await client.post(
            f"{receiver.url}/default/shop", content=b'{"id": "2"}', headers=GOOD
        )
        answers = [(await first).status_code, later.status_code]

    assert answers == [202, 202]
    assert [each.headers["ce-id"] for each in sink.received] == ["1", "1"]
    assert [each.headers["ce-id"] for each in second.received] == ["2"]


async def test_before_the_files_are_read_nothing_is_unknown(client: httpx.AsyncClient) -> None:
    async with stage(None) as receiver:
        before = [
            await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD),
            await client.get(f"{receiver.url}/livez"),
            await client.get(f"{receiver.url}/readyz"),
        ]
        receiver.serve()
        after = [
            await client.post(f"{receiver.url}/default/shop", content=BODY, headers=GOOD),
            await client.get(f"{receiver.url}/readyz"),
            await client.post(f"{receiver.url}/readyz"),
        ]

    assert [each.status_code for each in before] == [503, 200, 503]
    assert [each.status_code for each in after] == [404, 200, 405]
    assert after[-1].headers["allow"] == "GET"


async def test_a_compressed_body_stays_as_it_is(receiver: Stage, client: httpx.AsyncClient) -> None:
    """It is what was signed; nobody unpacks a bomb."""
    answer = await client.post(
        f"{receiver.url}/default/shop",
        content=gzip.compress(BODY),
        headers={**GOOD, "content-encoding": "gzip"},
    )

    assert answer.status_code == 400


async def test_a_header_that_is_there_twice_is_joined(
    receiver: Stage, client: httpx.AsyncClient
) -> None:
    """So that a good one beside a bad one proves nothing."""
    headers = [("x-token", "good"), ("x-token", "bad")]

    answer = await client.post(f"{receiver.url}/default/shop", content=BODY, headers=headers)

    assert answer.status_code == 401
