"""A process that serves one source, until SIGTERM: its sink, its store and its name are told."""

import asyncio
import sys

from poplin.process import set_on_signal
from poplin.store import connect
from tests.fabric import Subscriber
from tests.sources.active.world import World, source

__all__ = ["serve"]


async def serve(store_url: str, sink_port: int, name: str) -> None:
    stop, redis = asyncio.Event(), connect(store_url)
    set_on_signal(stop)
    world = World(redis, Subscriber(sink_port))
    world.save(source())
    async with world.process(name):
        await stop.wait()
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
