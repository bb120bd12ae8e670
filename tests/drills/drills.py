"""What is broken, where, and which test must not let it pass."""

from dataclasses import dataclass

__all__ = ["DRILLS", "Drill"]


@dataclass(frozen=True, slots=True)
class Drill:
    """`old` must occur exactly once in the file: code that moved needs its drill looked after."""

    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    events: int = 4000
    says: str = "AssertionError: accepted "
    """What the tests say then; of a trial, that its balance is wrong. Red for another reason, the
    drill did not take place.
    """


_KILLED = "tests/faults/test_processes.py::test_dispatchers_are_killed"
_PAUSED = "tests/faults/test_processes.py::test_a_dispatcher_holds_still_for_longer_than_its_leases"
_STORE = "tests/faults/test_store.py::test_the_store_is_killed[kill-15-valkey]"
_ORDER = "tests/faults/test_order.py"
_DEAD = "tests/faults/test_dead_letters.py"
_LOST_LEASE = "tests/log/test_lost_lease.py"
_REPEATS = "tests/ingress/test_repeats.py"

DRILLS = (
    Drill(
        "202 before the append",
        "poplin/log/appender.py",
        "            failure = await self._append([entry for entries, _ in batch for entry in entries])\n"
        "            if isinstance(failure, StoreUnavailableError):\n",
        "            for _, done in batch:\n"
        "                tell(done, None)\n"
        "            await self._append([entry for entries, _ in batch for entry in entries])\n"
        "            failure = None\n"
        "            batch = []\n"
        "            if isinstance(failure, StoreUnavailableError):\n",
        (_STORE,),
    ),
    Drill(
        "a trim ignores references",
        "poplin/log/scripts/trim.lua",
        "  if redis.call('HEXISTS', refs, entry[1]) == 0 then\n",
        "  if true then\n",
        (_PAUSED,),
    ),
    Drill(
        "settle without the token",
        "poplin/log/scripts/common.lua",
        "    if scores[i] and not seen[ids[i]] and tonumber(scores[i]) == tonumber(token) then\n",
        "    if not seen[ids[i]] then\n",
        (_LOST_LEASE,),
        # A row may go by in which the one that wakes has nothing to settle.
        says="assert [1] == [False]",
    ),
    Drill(
        "a dead letter is dropped when the sink is down",
        "dispatcher/attempt.py",
        "            grave = replace(parse_grave(delivery.grave), sink_reason=failure.reason)\n"
        "            return Buried(grave.to_json(), False, failure.status, failure.reason)\n",
        "            return Settled(failure.status)  # type: ignore[return-value]\n",
        (_DEAD,),
    ),
    Drill(
        "the cursor advances before the matches are due",
        "dispatcher/reader.py",
        "            routed = await self._log.route(\n"
        "                Position(position.cursor, triggers.generation),\n"
        "                stretch.last,\n"
        "                len(stretch.entries),\n"
        "                stretch.matches,\n"
        "                stretch.journal,\n"
        "            )\n",
        "            last = stretch.last\n"
        "            await self._log.route(Position(position.cursor, triggers.generation), last, 1, {})\n"
        "            await asyncio.sleep(0.2)\n"
        "            position = Position(last, triggers.generation)\n"
        "            routed = await self._log.route(position, last, 1, stretch.matches)\n",
        (_KILLED,),
    ),
    Drill(
        "a lease never runs out",
        "poplin/log/scripts/lease.lua",
        "redis.call('ZRANGEBYSCORE', due, text(-now), text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])",
        "redis.call('ZRANGEBYSCORE', due, '0', text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])",
        (_KILLED,),
    ),
    Drill(
        "an ordered trigger parks nothing",
        "poplin/log/scripts/common.lua",
        "  return is_alone and now or PARKED\n",
        "  return now\n",
        (_ORDER,),
    ),
    Drill(
        "who looks for a repeat and who remembers are two calls",
        "poplin/log/once.py",
        "        appended = await self._log.append_once(entries, digests, self._window_ms)\n",
        "        from poplin.log.values import Appended\n"
        "        redis, bucket = self._log._redis, self._log.keys.seen[0]\n"
        "        fresh = {}\n"
        "        for entry, digest in zip(entries, digests):\n"
        "            if not await redis.hexists(bucket, digest):\n"
        "                fresh[digest] = entry\n"
        "        ids = await self._log.append(list(fresh.values())) or []\n"
        "        for digest, log_id in zip(fresh, ids):\n"
        "            await redis.hset(bucket, digest, log_id)\n"
        "        appended = Appended(ids, len(entries) - len(ids))\n",
        (_REPEATS,),
        says="AssertionError: stored more than once",
    ),
)
