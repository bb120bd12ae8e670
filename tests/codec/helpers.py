"""Messages to decode: header pairs and a body."""

import json
from typing import Any

__all__ = ["REQUIRED", "batch", "binary", "message", "pairs", "structured"]


REQUIRED = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


def binary(**more: str) -> list[tuple[bytes, bytes]]:
    pairs = {**{f"ce-{name}": value for name, value in REQUIRED.items()}, **more}
    return [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()]


def structured(**members: Any) -> tuple[list[tuple[bytes, bytes]], bytes]:
    body = json.dumps({**REQUIRED, **members}).encode()
    return [(b"content-type", b"application/cloudevents+json; charset=utf-8")], body


def batch(*elements: object) -> tuple[list[tuple[bytes, bytes]], bytes]:
    headers = [(b"content-type", b"application/cloudevents-batch+json; charset=utf-8")]
    return headers, json.dumps(elements).encode()


def message(encoded: tuple[bytes, bytes]) -> tuple[list[tuple[bytes, bytes]], bytes]:
    return pairs(encoded[0]), encoded[1]


def pairs(lines: bytes) -> list[tuple[bytes, bytes]]:
    pairs = [line.split(b": ", 1) for line in lines.split(b"\r\n")[:-1]]
    return [(name, value) for name, value in pairs]
