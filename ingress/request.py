"""One request for a broker, while it comes in and until it is answered."""

from ingress.answers import Answer

__all__ = ["Request", "last_words"]


class Request:
    """`refused` is its answer when it is not to reach the intake, whatever else comes of it."""

    __slots__ = (
        "_body",
        "awaits_continue",
        "broker",
        "completed",
        "headers",
        "is_probe",
        "keep_alive",
        "method",
        "refused",
        "size",
        "url",
    )

    def __init__(self, method: bytes, url: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.method = method
        self.url = url
        self.broker = ""
        """Whose memory its body takes."""
        self.headers = headers
        self.completed = 0.0
        """When its last byte came, by `perf_counter`."""
        self.size = 0
        """Bytes of the body that came, kept or not."""
        self.refused: Answer | None = None
        self.keep_alive = True
        self.awaits_continue = False
        self.is_probe = False
        self._body: bytes | bytearray = b""

    @property
    def held(self) -> int:
        """Bytes of the body that are kept."""
        return len(self._body)

    def keep(self, part: bytes) -> None:
        # Mostly the whole comes at once. Otherwise one buffer: a list of parts would cost a body in
        # chunks of two bytes thirty times its size.
        if not self._body:
            self._body = part
            return
        if isinstance(self._body, bytes):
            self._body = bytearray(self._body)
        self._body += part

    def release(self) -> None:
        self._body = b""

    def body(self) -> bytes:
        return bytes(self._body)


def last_words(answer: Answer, broker: str) -> Request:
    """What stands in for a request that was never whole, so that the answer waits its turn."""
    request = Request(b"", b"", [])
    request.broker = broker
    request.refused = answer
    request.keep_alive = False
    return request
