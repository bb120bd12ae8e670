"""Producers whose connection is cut after every n-th byte of a request."""

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from tests.faults import results
from tests.faults.ledger import digest_of
from tests.faults.store import running
from tests.faults.system import System, system
from tests.faults.trial import run_trial

_FORMS = ("content-length: 300\r\n", "transfer-encoding: chunked\r\n")


def _request(event: str, data: bytes, form: str) -> bytes:
    head = (
        "POST /default/main HTTP/1.1\r\nhost: test\r\nce-specversion: 1.0\r\n"
        f"ce-id: {event}\r\nce-source: /faults\r\nce-type: test.wanted\r\n{form}\r\n"
    )
    body = (
        data
        if "length" in form
        else b"96\r\n%b\r\n96\r\n%b\r\n0\r\n\r\n" % (data[:150], data[150:])
    )
    return head.encode() + body


def _event(form: str, after: int) -> str:
    return f"cut-{_FORMS.index(form)}-{after:03}"


def _length(form: str) -> int:
    return len(_request(_event(form, 0), bytes(300), form))


async def _cut(under_test: System, event: str, form: str, after: int) -> None:
    """Send so many bytes, then close: even ones in order, odd ones by a reset."""
    data = event.ljust(300, "x").encode()
    under_test.ledger.sent[event] = digest_of(data)
    request = _request(event, data, form)
    under_test.ledger.unknown.add(event)
    _, writer = await asyncio.open_connection("127.0.0.1", under_test.port)
    if after % 2:
        raw: socket.socket = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.write(request[:after])
    await writer.drain()
    writer.close()


@pytest.mark.timeout(300)
async def test_a_request_cut_anywhere_is_no_event(tmp_path: Path) -> None:
    async with running(tmp_path / "store") as store, system(tmp_path, store, seed=4) as under_test:

        async def disturb(_: "asyncio.Task[None]") -> str:
            count = 0
            for form in _FORMS:
                for after in range(1, _length(form) + 1):
                    await _cut(under_test, _event(form, after), form, after)
                    count += 1
            return f"{count} requests cut"

        await run_trial(
            "client sockets cut after every n-th byte",
            under_test,
            disturb,
            events=results.events(4_000, 20_000),
        )

    arrived = {event for counts in under_test.ledger.arrivals.values() for event in counts}
    whole = {_event(form, _length(form)) for form in _FORMS}
    assert {event for event in arrived if event.startswith("cut-")} <= whole
