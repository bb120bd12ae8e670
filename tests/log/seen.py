"""What a partition remembers for the sake of repeats, and how to make it older."""

from typing import Any

from redis.asyncio import Redis

from poplin.log import Log, LogId

__all__ = ["HOUR_MS", "age", "forget", "remembered"]

HOUR_MS = 3_600_000

_AGE = """
local buckets = {}
for i, key in ipairs(KEYS) do
  local expires = redis.call('PEXPIRETIME', key)
  if expires >= 0 then buckets[i] = {expires, redis.call('HGETALL', key)} end
  redis.call('DEL', key)
end
for i, bucket in pairs(buckets) do
  local key, fields = KEYS[(i + ARGV[2]) % 3 + 1], bucket[2]
  for j = 2, #fields, 2 do
    local ms, seq = string.match(fields[j], '^(%d+)-(%d+)$')
    fields[j] = string.format('%.0f-%s', ms - ARGV[1], seq)
  end
  redis.call('HSET', key, unpack(fields))
  redis.call('PEXPIREAT', key, string.format('%.0f', bucket[1] - ARGV[1]))
end
"""


async def age(redis: Redis, log: Log, ms: int, turns: int = 0) -> None:
    """As if so much time had passed since everything that is remembered; it is another bucket's
    turn then.
    """
    await redis.execute_command("EVAL", _AGE, 3, *log.keys.seen, ms, turns)


async def remembered(redis: Redis, log: Log) -> dict[bytes, LogId]:
    """By digest."""
    found: dict[bytes, LogId] = {}
    for key in log.keys.seen:
        bucket: Any = await redis.hgetall(key)
        found |= bucket
    return found


async def forget(redis: Redis, log: Log, *digests: bytes) -> None:
    """As a replica that is behind has not heard of them."""
    for key in log.keys.seen:
        await redis.hdel(key, *digests)
