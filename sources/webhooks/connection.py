"""A client's connection within bounds: anybody on the internet may have one."""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poplin.upgrade import without_upgrade

__all__ = ["Connection"]

_HEAD_S = 10.0
_MOST_HEAD_BYTES = 32 * 1024
_MOST_CONNECTIONS = 4000
_MOST_PIPELINED = 16


class _FloodError(Exception):
    """Stops the parser amid its data."""


class Connection(HttpToolsProtocol):
    """uvicorn's, which waits for ever for the end of a head, however long that is, and loses the body
    of a request that would rather go on in another protocol.
    """

    def __init__(self, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._timer: asyncio.TimerHandle | None = None
        self._has_advanced = False
        """By the data that came last: to a body or to its end."""
        self._gathered = 0
        """Bytes since then: the parser gathers an endless line silently."""
        self._in_head = True
        self._is_upgrade = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MOST_CONNECTIONS:
            transport.abort()
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_timer()

    def data_received(self, data: bytes) -> None:
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._start_timer()  # also for the rest of a body that was refused
        self._has_advanced = False
        self._feed(data)
        self._gathered = 0 if self._has_advanced else self._gathered + len(data)
        if self._gathered > _MOST_HEAD_BYTES:
            self.transport.abort()

    def _feed(self, data: bytes) -> None:
        """As uvicorn's data_received, but that an Upgrade is passed over."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._is_upgrade:  # not for CONNECT
                self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if not self.transport.is_closing():
                self.send_400_response("Invalid HTTP request received.")

    def _go_on_without_upgrade(self, data: bytes) -> None:
        version, method = self.parser.get_http_version(), self.parser.get_method()
        head = without_upgrade(version, method, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._feed(head + data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # a trailer is no header: a proxy may have let it pass unseen
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= _MOST_PIPELINED:
            # uvicorn reads on after each answer, and a request of 20 bytes waits in 1,500.
            self.transport.abort()
            raise _FloodError
        self._has_advanced = True
        self._in_head = False
        self._is_upgrade = any(name == b"upgrade" for name, _ in self.headers) and (
            self.parser.should_upgrade()
        )
        if self._is_upgrade:
            return
        if not self.flow.write_paused:
            self._stop_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_advanced = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self._has_advanced = True
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not read its answers."""
        super().pause_writing()
        self._start_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_timer()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(_HEAD_S, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
