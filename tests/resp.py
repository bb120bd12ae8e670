"""A tiny server that speaks Redis's protocol and answers what a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

__all__ = ["CLOSE", "Answer", "array", "resp_server"]

Words = list[bytes]
Answer = Callable[[Words], bytes]
"""What a command is answered, byte for byte; CLOSE closes the connection."""

CLOSE = b"close"


def array(*words: str) -> bytes:
    """An array of bulk strings."""
    bulks = (b"$%d\r\n%b\r\n" % (len(word.encode()), word.encode()) for word in words)
    return b"*%d\r\n%b" % (len(words), b"".join(bulks))


@asynccontextmanager
async def resp_server(answer: Answer) -> AsyncIterator[int]:
    """Gives the port. What a client says of itself when it connects is answered OK."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                words = [await _word(reader) for _ in range(int(line[1:]))]
                said = b"+OK\r\n" if words[0].upper() == b"CLIENT" else answer(words)
                if said == CLOSE:
                    break
                writer.write(said)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def _word(reader: asyncio.StreamReader) -> bytes:
    length = int((await reader.readline())[1:])
    return (await reader.readexactly(length + 2))[:-2]
