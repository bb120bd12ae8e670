"""The journal: what is written is read again, whole and once, however it is cut into chunks."""

from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from poplin.log import Log, LogId
from poplin.log.journal import (
    Kind,
    Line,
    Shared,
    checksum,
    encode_outcomes,
    encode_routed,
    outcomes_in,
    routed_in,
)
from poplin.log.look import Look, Place
from tests.log.helpers import accepted, journal

IDS = st.builds(
    lambda ms, sequence: LogId(b"%d-%d" % (ms, sequence)),
    st.integers(0, 2**44),
    st.integers(0, 2**20),
)
KINDS: tuple[Kind, ...] = ("s", "d", "g", "b")
SHARED = st.tuples(
    st.sampled_from(KINDS),
    st.text(),
    st.integers(1, 2**31),
    st.integers(0, 999),
    st.text(max_size=300),
    st.booleans(),
)
TEXTS = [b"0" * 99 + b"%03d\n" % number for number in (31, 57)]
TIMED = st.lists(st.tuples(IDS, st.integers(0, 2**31)), min_size=1)


# Its text


@given(st.dictionaries(SHARED, TIMED))
def test_outcomes_are_read_as_they_were_written(
    batch: dict[Shared, list[tuple[LogId, int]]],
) -> None:
    groups = {
        shared: ([log_id for log_id, _ in timed], [ms for _, ms in timed])
        for shared, timed in batch.items()
    }

    text = b"@1763739420123\n" + encode_outcomes(groups)

    assert list(outcomes_in(text)) == [
        Line(1763739420123000, log_id, ms, *shared)
        for shared, timed in batch.items()
        for log_id, ms in timed
    ]


@given(st.lists(st.tuples(IDS, st.sampled_from(["", "a", "ä", "x" * 99])), min_size=1))
def test_routed_entries_are_found_by_the_ids_of_their_events(
    events: list[tuple[LogId, str]],
) -> None:
    text = encode_routed([log_id for log_id, _ in events], [event for _, event in events])

    for wanted in ("", "a", "ä", "x" * 99, "y"):
        found = list(routed_in(text, checksum(wanted)))

        assert found == [log_id for log_id, event in events if event == wanted]


def test_only_the_lines_of_some_entries_are_read() -> None:
    shared: Shared = ("s", "u", 1, 202, "", False)
    text = encode_outcomes({shared: ([LogId(b"1-1"), LogId(b"1-10")], [3, 4])})

    assert [line.log_id for line in outcomes_in(text, {LogId(b"1-1")})] == [b"1-1"]


def test_a_note_is_cut_rather_than_kept_for_ever() -> None:
    shared: Shared = ("b", "u", 1, 500, "x" * 100_000, False)

    assert len(encode_outcomes({shared: ([LogId(b"1-1")], [3])})) < 400


def test_lines_of_another_release_are_passed_over() -> None:
    text = b'@1\n[["1-1","u",1,"settled"]]\n["z",{"new":[]}] 1-1\n' + encode_outcomes(
        {("s", "u", 1, 202, "", False): ([LogId(b"1-1")], [3])}
    )

    assert [line.kind for line in outcomes_in(text)] == ["s"]
    assert list(routed_in(text, checksum("e"))) == []


# In the store


async def test_a_batch_tells_when_it_was_written(log: Log, redis: Redis) -> None:
    before = await log.server_time_us()

    await log.defer([], encode_outcomes({("s", "u", 1, 202, "", False): ([LogId(b"1-1")], [3])}))

    after = await log.server_time_us()
    (chunk,) = (await Look(redis, log.keys).journal(Place())).chunks
    (line,) = outcomes_in(chunk.lines)
    assert before // 1000 <= line.time_us // 1000 <= after // 1000


async def test_routing_is_told_with_the_cursor_or_not_at_all(log: Log, redis: Redis) -> None:
    ids = await accepted(log, 3)
    position = await log.position()

    assert (await log.route(position, ids[1], 2, {}, b"two\n")).token is not None
    assert (await log.route(position, ids[2], 3, {}, b"stale\n")).token is None

    assert await journal(redis, log) == [b"two"]


async def test_many_small_batches_make_few_chunks(log: Log, redis: Redis) -> None:
    for number in range(500):
        await log.defer([], b"%050d\n" % number)

    assert 5 <= await redis.xlen(log.keys.journal) <= 9
    assert await journal(redis, log) == [b"%050d" % number for number in range(500)]


async def test_a_reader_that_comes_again_and_again_has_each_line_once(
    log: Log, redis: Redis
) -> None:
    """Also of a tail that became a chunk meanwhile, and whatever it looks for."""
    look = Look(redis, log.keys)
    everything, some = Place(), Place()
    found, found_some = b"", b""
    for number in range(60):
        await log.defer([], b"%0500d\n" % number)
        if number % 7 == 0:
            chunks, everything, is_end = await look.journal(everything)
            assert is_end
            found += b"".join(chunk.lines for chunk in chunks)
        if number % 11 == 0:
            chunks, some, _ = await look.journal(some, TEXTS)
            found_some += b"".join(chunk.lines for chunk in chunks)
    found += b"".join(chunk.lines for chunk in (await look.journal(everything)).chunks)
    found_some += b"".join(chunk.lines for chunk in (await look.journal(some, TEXTS)).chunks)

    lines = [line for line in found.split(b"\n") if line and not line.startswith(b"@")]
    assert lines == [b"%0500d" % number for number in range(60)]
    assert [found_some.count(text) for text in TEXTS] == [1, 1]
    assert len(found_some) < len(found)


async def test_it_is_read_in_pages(log: Log, redis: Redis) -> None:
    look, place, sizes = Look(redis, log.keys), Place(), []
    for number in range(5):
        await log.defer([], b"%d" % number * 5000)

    is_end = False
    while not is_end:
        chunks, place, is_end = await look.journal(place, chunks=2)
        sizes.append(len(chunks))

    assert sizes == [2, 2, 1]


async def test_a_chunk_that_was_found_can_be_read_on_from(log: Log, redis: Redis) -> None:
    look = Look(redis, log.keys)
    for number in range(5):
        await log.defer([], b"%d" % number * 5000)
    await log.defer([], b"tail")

    (chunk,) = (await look.journal(Place(), [b"33333"])).chunks
    (tail,) = (await look.journal(Place(), [b"tail"])).chunks

    assert [each.lines[-1:] for each in (await look.journal(chunk.place)).chunks] == [
        b"3",
        b"4",
        b"l",
    ]
    assert (await look.journal(tail.place)).chunks == [tail]
