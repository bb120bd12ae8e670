"""`/triggers/…/dead-letters`: look at them, redrive them, purge them."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field
from redis.asyncio import Redis

from console.audit import Audit
from console.event_view import EventView, event_view
from console.grave_view import GraveView, grave_view
from console.moments import moment_us, now_us
from console.operated import Kept, kept, operated
from console.paging import ContinueParam, LimitParam, Page, token_of, value_of
from console.problems import ProblemError
from console.view import View, time_text
from poplin.catalog import BrokerRecord, TriggerRecord
from poplin.catalog.catalog import logs
from poplin.log import entry_at
from poplin.metrics import add_totals
from poplin.metrics.families import REDRIVEN
from poplin.operate import (
    DeadLetter,
    Place,
    Selection,
    SliceDone,
    UnknownLetterError,
    find_letter,
    list_letters,
    purge,
    redrive,
    unknown_letter,
    when_text,
)

__all__ = ["DeadLetterView", "SliceAnswer", "SliceBody", "letter_routes"]

_Act = Callable[[Redis, BrokerRecord, TriggerRecord, Selection], Awaitable[SliceDone]]
_LETTERS = "/triggers/{namespace}/{name}/dead-letters"


class DeadLetterView(View):
    """`event` and `grave` only of one that is asked for by its id."""

    id: str
    event_id: str
    source: str
    type: str
    died: str
    reason: str
    status: int
    attempts: int
    destination: str
    sink_reason: str
    event: EventView | None = None
    grave: GraveView | None = None


class SliceBody(View):
    """Either `ids`, all or none of them, or the `limit` oldest that died until `before`: a time,
    or how long ago; now, when it is left out.
    """

    model_config = ConfigDict(**View.model_config, extra="forbid")

    ids: list[str] = Field(default=[], max_length=1000)
    before: str = Field(default="", max_length=100)
    limit: int = Field(default=1000, ge=1, le=1000)


class SliceAnswer(View):
    """Pass `before` with the next call: what dies again meanwhile is left alone then."""

    count: int
    remaining: int
    before: str


def letter_routes(redis: Redis, audit: Audit) -> APIRouter:
    routes = APIRouter(tags=["dead letters"])

    @routes.get(_LETTERS)
    async def letters(
        namespace: str,
        name: str,
        older_than: Annotated[
            str, Query(alias="olderThan", description="A time, or how long ago: 1h, 7d.")
        ] = "",
        limit: LimitParam = 100,
        continue_: ContinueParam = "",
    ) -> Page[DeadLetterView]:
        """Oldest first, over all partitions."""
        uid, broker = await kept(redis, namespace, name)
        before_us = None
        if older_than:
            now = await now_us(redis, broker)
            before_us = moment_us("query olderThan", older_than, now)
        page = await list_letters(
            redis, broker, uid, limit, before_us=before_us, after=_last(continue_)
        )
        token = _token(page.letters[-1]) if page.remaining else ""
        items = [_view(letter) for letter in page.letters]
        return Page(items=items, token=token, remaining=page.remaining)

    @routes.get(_LETTERS + "/{letter_id}")
    async def letter(namespace: str, name: str, letter_id: str) -> DeadLetterView:
        """With the event, data too, and the whole grave."""
        target = await kept(redis, namespace, name)
        found = await _find(redis, target, letter_id)
        log = logs(redis, target.broker)[found.place.partition]
        entry = await entry_at(redis, log.keys, found.place.id)
        event = event_view(target.broker.key, found.place, entry) if entry else None
        return _view(found).model_copy(update={"event": event, "grave": grave_view(found.grave)})

    async def act(what: str, act: _Act, namespace: str, name: str, body: SliceBody) -> SliceAnswer:
        target = await operated(redis, namespace, name)
        trigger, broker = target
        selection = await _selection(redis, broker, body)
        try:
            done = await act(redis, broker, trigger, selection)
        except UnknownLetterError as error:
            raise _unknown(error) from error
        before = when_text(done.before_us)
        is_done = bool(body.ids) or not done.count or not done.remaining
        audit.did(what, trigger.key, done.count, operation=before, is_done=is_done)
        if act is redrive:
            await add_totals(redis, (REDRIVEN, target.labels), done.count)
        return SliceAnswer(count=done.count, remaining=done.remaining, before=before)

    @routes.post(_LETTERS + "/redrive")
    async def redrive_slice(namespace: str, name: str, body: SliceBody) -> SliceAnswer:
        """Back into the queue, as if never tried. Call again while `count` is above zero."""
        return await act("dead letters redriven", redrive, namespace, name, body)

    @routes.post(_LETTERS + "/purge")
    async def purge_slice(namespace: str, name: str, body: SliceBody) -> SliceAnswer:
        """Gone for good. Call again while `count` is above zero."""
        return await act("dead letters purged", purge, namespace, name, body)

    return routes


async def _selection(redis: Redis, broker: BrokerRecord, body: SliceBody) -> Selection:
    before_us = None
    if body.before:
        before_us = moment_us("body before", body.before, await now_us(redis, broker))
    try:
        places = tuple(map(Place.parse, body.ids))
    except ValueError as error:
        raise ProblemError(400, f"body ids: {error}") from error
    return Selection(body.limit, before_us, places)


async def _find(redis: Redis, target: Kept, letter_id: str) -> DeadLetter:
    uid, broker = target
    try:
        place = Place.parse(letter_id)
    except ValueError as error:
        raise ProblemError(404, f"{letter_id[:60]!r} is no id of a dead letter; {error}") from error
    letter = await find_letter(redis, broker, uid, place)
    if letter is None:
        raise _unknown(await unknown_letter(redis, broker, uid, place))
    return letter


def _unknown(error: UnknownLetterError) -> ProblemError:
    return ProblemError(404, str(error), error.nearest)


def _token(letter: DeadLetter) -> str:
    return token_of(f"{letter.died_us}/{letter.place}")


def _last(token: str) -> tuple[int, Place] | None:
    if not token:
        return None
    died_us, _, place = value_of(token).partition("/")
    try:
        return int(died_us), Place.parse(place)
    except ValueError as error:
        raise ProblemError(
            400, "query continue: not a token of ours; take `continue` of the answer before"
        ) from error


def _view(letter: DeadLetter) -> DeadLetterView:
    grave, event = letter.grave, letter.attributes
    return DeadLetterView(
        id=str(letter.place),
        event_id=str(event.get("id", "")),
        source=str(event.get("source", "")),
        type=str(event.get("type", "")),
        died=time_text(letter.died_us),
        reason=grave.reason,
        status=grave.status,
        attempts=grave.attempts,
        destination=grave.destination,
        sink_reason=grave.sink_reason,
    )
