"""One `poplin send`: where to, how often, and what is said of it."""

import asyncio
import itertools
import time
from contextlib import closing
from dataclasses import dataclass

import httpx
import orjson
import typer

from poplin.event import Event
from poplin_cli.client import Api
from poplin_cli.errors import ExitCode, InputError
from poplin_cli.options import full_name
from poplin_cli.progress import progress
from poplin_cli.send.events import Message, message, numbered
from poplin_cli.send.sending import Account, Pace, Refusal, send_all
from poplin_cli.show import printable

__all__ = ["Job", "run", "url_of"]

_FEW = 10
"""So many events have a line each; more have a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    events: tuple[Event, ...]
    count: int
    is_named: bool
    """Whether the ids are the user's own."""
    structured: bool
    rate: float | None
    connections: int
    as_json: bool

    @property
    def total(self) -> int:
        return self.count * len(self.events)


def url_of(to: str, namespace: str, api: str, token: str | None) -> str:
    """A URL as it is; a broker's as the fabric tells it. Raises CommandError."""
    if "://" in to:
        return _checked(to)
    name = full_name(to, namespace)
    with closing(Api(api, token)) as fabric:
        return str(fabric.get(f"/brokers/{name}")["url"])


def _checked(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InputError(f"{url!r} is not a URL to send to: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise InputError(f"{url!r} is not a URL to send to; use http://HOST:PORT/PATH")
    return url


def run(url: str, job: Job) -> ExitCode:
    """Send all of it and say what became of it; how to end."""
    messages = (
        message(event, structured=job.structured)
        for event in numbered(job.events, job.count, is_named=job.is_named)
    )
    pace = Pace(min(job.connections, job.total), job.rate, is_patient=job.total > 1)
    speaks = not job.as_json and job.total <= _FEW
    began = time.monotonic()
    ended = itertools.count(1)
    with progress("sent", job.total) as show:

        def on_end(sent: Message, refusal: Refusal | None) -> None:
            show(next(ended))
            if speaks and refusal is None:
                typer.echo(f"accepted {printable(sent.id)}")

        account = Account(on_end)
        try:
            asyncio.run(send_all(url, messages, pace, account))
        except KeyboardInterrupt:
            account.code = ExitCode.INTERRUPTED
    _say(account, job, time.monotonic() - began)
    return account.code


def _say(account: Account, job: Job, took_s: float) -> None:
    if job.as_json:
        typer.echo(orjson.dumps(_view(account, job, took_s)).decode())
    elif job.total > _FEW:
        ended = account.accepted + account.refused
        unsent = f", {job.total - ended} not sent" if ended < job.total else ""
        typer.echo(
            f"sent {ended} events in {took_s:.1f} s ({ended / took_s:.0f}/s): {account.accepted} "
            f"accepted, {account.refused} refused, {account.sent_again} times sent again{unsent}"
        )
    for refusal in account.refusals:
        status = "" if refusal.status is None else f" with {refusal.status}"
        typer.echo(
            f"poplin: event {printable(refusal.id)} was refused{status}: "
            f"{printable(refusal.detail)}",
            err=True,
        )


def _view(account: Account, job: Job, took_s: float) -> dict[str, object]:
    return {
        "accepted": account.accepted,
        "refused": account.refused,
        "notSent": job.total - account.accepted - account.refused,
        "sentAgain": account.sent_again,
        "seconds": round(took_s, 3),
        "refusals": [
            {"id": each.id, "status": each.status, "detail": each.detail}
            for each in account.refusals
        ],
    }
