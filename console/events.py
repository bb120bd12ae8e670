"""`/brokers/…/events`: a broker's events as they come, one JSON object a line."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from redis.asyncio import Redis

from console.event_view import event_view
from console.moments import moment_us, now_us
from console.problems import ProblemError
from console.queries import broker_of
from console.tail import Positions, Tail, newest
from poplin.catalog import BrokerRecord
from poplin.catalog.catalog import read
from poplin.errors import InvalidResourceError
from poplin.filters import Filter, compile_filters
from poplin.log import Entry, LogId
from poplin.operate import Place
from poplin.resources import check_filters

__all__ = ["POSITION", "event_routes"]

POSITION = "poplin-position"
"""The header that says behind which entries a stream began: what `after` takes, to go on."""

_MOST_STREAMS = 64
_BEHIND_ALL = 2**64 - 2  # the highest sequence within a millisecond that a Place may have


def event_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["brokers"])
    streams = _Streams()

    @routes.get(
        "/brokers/{namespace}/{name}/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"application/x-ndjson": {}}}},
    )
    async def events(
        namespace: str,
        name: str,
        since: Annotated[
            str, Query(max_length=100, description="A time, or how long ago; from now on if empty.")
        ] = "",
        filter_: Annotated[
            str, Query(alias="filter", description="A `filters` list of a Trigger, as JSON.")
        ] = "",
        after: Annotated[
            str, Query(max_length=4000, description="PARTITION:ID,…: go on behind these entries.")
        ] = "",
        follow: Annotated[bool, Query(description="False ends with what is there now.")] = True,
        limit: Annotated[int, Query(ge=0, description="The most events; 0 sets no limit.")] = 0,
    ) -> StreamingResponse:
        """Events as they are accepted, whoever gets them. An empty line is a sign of life. The
        header `poplin-position` says where it began.
        """
        wanted = _filter(filter_)
        streams.check()
        broker = broker_of(await read(redis), namespace, name)
        positions = await _start(redis, broker, since) | _positions(after)
        end = None if follow else await newest(redis, broker)
        lines = _lines(streams, broker, Tail(redis, broker, positions, wanted, end), limit)
        return StreamingResponse(
            lines,
            media_type="application/x-ndjson",
            headers={
                POSITION: ",".join(str(Place(*each)) for each in positions.items()),
                "cache-control": "no-store",
            },
        )

    return routes


class _Streams:
    """Counts those that are open: each asks the store ten times a second."""

    def __init__(self) -> None:
        self._open = 0

    def check(self) -> None:
        """Raises ProblemError."""
        if self._open >= _MOST_STREAMS:
            raise ProblemError(429, f"{_MOST_STREAMS} streams of events are open; end one first")

    @contextmanager
    def one(self) -> Iterator[None]:
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1


async def _lines(
    streams: _Streams, broker: BrokerRecord, tail: Tail, limit: int
) -> AsyncIterator[bytes]:
    count = 0
    with streams.one():
        async with aclosing(tail.events()) as events:
            async for found in events:
                yield b"\n" if found is None else _line(broker, *found)
                count += found is not None
                if count == limit and found is not None:
                    return


def _line(broker: BrokerRecord, place: Place, entry: Entry) -> bytes:
    view = event_view(broker.key, place, entry)
    return orjson.dumps(view.model_dump(by_alias=True)) + b"\n"


async def _start(redis: Redis, broker: BrokerRecord, since: str) -> Positions:
    if not since:
        return await newest(redis, broker)
    since_ms = moment_us("query since", since, await now_us(redis, broker)) // 1000
    before = f"{since_ms - 1}-{_BEHIND_ALL}" if since_ms > 0 else "0-0"
    return dict.fromkeys(range(broker.served), LogId(before.encode()))


def _positions(after: str) -> Positions:
    try:
        places = [Place.parse(text) for text in after.split(",")] if after else []
    except ValueError as error:
        raise ProblemError(400, f"query after: {error}") from error
    return {place.partition: place.id for place in places}


def _filter(text: str) -> Filter:
    if not text:
        return compile_filters(())
    try:
        return compile_filters(check_filters(orjson.loads(text), "query filter"))
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, f"query filter: not JSON: {error}") from error
    except InvalidResourceError as error:
        raise ProblemError(400, str(error)) from error
