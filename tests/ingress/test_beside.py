"""The ingress is ready when what is started beside it was ready once."""

import asyncio

from ingress.beside import nothing_beside, ready_beside


async def test_an_ingress_that_stands_alone_waits_for_nobody() -> None:
    assert await nothing_beside() is None  # type: ignore[func-returns-value]


async def test_what_stands_beside_is_waited_for_until_it_was_ready_once() -> None:
    statuses = [503, 200]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"GET /readyz ")
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 0\r\n\r\n" % statuses.pop(0))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    why_not = ready_beside(f"http://127.0.0.1:{port}/readyz")
    first, second = await why_not(), await why_not()
    server.close()
    await server.wait_closed()

    assert first is not None
    assert "/readyz has not answered 200 yet" in first
    assert (second, await why_not()) == (None, None)


async def test_what_does_not_answer_is_waited_for() -> None:
    assert await ready_beside("http://127.0.0.1:1/readyz")() is not None
