"""A Redis client that does less: redis-py's connections and parsers without its per-call machinery.

redis-py takes about 100 µs for a call with its pool, retries, timers and event hooks, none of
which Poplin uses: it never repeats a command, and bounds each one as a whole.
"""

import asyncio
from typing import Any

import hiredis
from redis import exceptions
from redis.asyncio import BlockingConnectionPool, Redis

__all__ = ["LeanRedis"]

_OFTEN = frozenset({"EVALSHA", "XREAD"})
"""The commands of the hot path; the others go the ordinary way, with the pool's own timeout."""


class LeanRedis(Redis):
    """Frequent commands take turns on at most `most` connections; each is bounded by `timeout_s`.

    A command that is cancelled or times out costs its connection, so that no late answer is
    taken for another's. Whether it was carried out is then unknown.
    """

    def __init__(self, pool: BlockingConnectionPool, *, most: int, timeout_s: float) -> None:
        super().__init__(connection_pool=pool)
        self._pool = pool
        self._timeout_s = timeout_s
        self._turns = asyncio.Semaphore(most)
        self._free: list[Any] = []

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        if args[0] not in _OFTEN:
            ordinary: Any = super().execute_command
            return await ordinary(*args, **options)
        answer = await self._call(args)
        callback = self.response_callbacks.get(args[0])
        return answer if callback is None else callback(answer)

    async def aclose(self, _close_connection_pool: bool | None = None) -> None:
        while self._free:
            await self._free.pop().disconnect()
        await super().aclose(close_connection_pool=True)

    def _new_connection(self) -> Any:
        connection: Any = self._pool.make_connection()
        connection.socket_timeout = None  # a call is bounded as a whole
        return connection

    async def _call(self, args: tuple[Any, ...]) -> Any:
        async with self._turns:
            connection = self._free.pop() if self._free else self._new_connection()
            try:
                async with asyncio.timeout(self._timeout_s):
                    await connection.send_packed_command(hiredis.pack_command(args), False)
                    return await connection.read_response()
            except exceptions.ResponseError:
                raise
            except TimeoutError as error:
                await connection.disconnect(nowait=True)
                raise exceptions.TimeoutError(f"no answer within {self._timeout_s:g} s") from error
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
            finally:
                self._free.append(connection)
