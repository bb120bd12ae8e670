"""One connection, once it is open."""

from poplin.log import Log
from poplin.store import (
    connect,
)
from tests.resp import resp_server
from tests.waiting import until


async def test_what_nobody_asked_for_is_taken_for_no_answer() -> None:
    """A push (RESP3) comes amid the replies; taken for one, all that follow would be another's."""
    pushed = b">2\r\n+moving\r\n:7\r\n"
    numbers = iter(range(1, 4))

    def answered(_words: list[bytes]) -> bytes:
        return pushed + b":%d\r\n" % next(numbers)

    async with resp_server(answered) as port:
        redis = connect(f"redis://127.0.0.1:{port}", timeout_s=0.5)
        generations = [await Log(redis, "shop/orders").fence(1) for _ in range(3)]
        await redis.aclose()

    assert generations == [1, 2, 3]


async def test_a_connection_that_ended_while_idle_costs_no_call(store_url: str) -> None:
    redis, other = connect(store_url), connect(store_url)
    await Log(redis, "shop/idle").fence(1)
    (link,) = redis._topology._server._free  # type: ignore[attr-defined]
    await other.execute_command("CLIENT", "KILL", "TYPE", "normal")
    await until(lambda: not link.is_open)

    generation = await Log(redis, "shop/idle").fence(2)

    assert generation == 2
    await redis.aclose()
    await other.aclose()
