"""Documents name ports that may be in use here: each is exchanged for a free one."""

import random
import re
import socket
from contextlib import ExitStack, suppress

__all__ = ["ADMIN", "Ports"]

INGRESS, ADMIN, DISPLAY, WEBHOOK = 8080, 8081, 8082, 8082
_ALWAYS = (INGRESS, ADMIN, DISPLAY, WEBHOOK, 9000)
"""What commands and examples take when no port is given."""

_NEVER_GIVEN = (20_000, 32_000)
"""Below those that the system chooses from (ip_local_port_range)."""

_NAMED = re.compile(r"(?:(?:127\.0\.0\.1|localhost):|port[= ]|subscriber\.py )(\d{4,5})\b")
_FABRIC = f"--port {INGRESS} --admin-port {ADMIN}"
_DEFAULTS = {
    "up": f"{_FABRIC} --webhook-port {WEBHOOK}",
    "doctor": _FABRIC,
    "ingress": f"--port {INGRESS}",
    "console": f"--port {ADMIN}",
    "display": f"--port {DISPLAY}",
}


class Ports:
    """Of one page."""

    def __init__(self, text: str) -> None:
        named = sorted({*_ALWAYS, *map(int, _NAMED.findall(text))})
        self._free = dict(zip(map(str, named), map(str, _free_ports(len(named))), strict=True))
        self._shown = {free: named for named, free in self._free.items()}

    def freed(self, text: str) -> str:
        """A file, or a command: where it takes the usual port, with an option that says another."""
        return _exchanged(text, self._free)

    def command(self, text: str) -> str:
        with_options = re.sub(
            r"\bpoplin (\w+)\b",
            lambda match: f"{match[0]} {_DEFAULTS.get(match[1], '')}".rstrip(),
            text,
        )
        return self.freed(with_options)

    def shown(self, printed: str) -> str:
        """As if the documents' ports had been used."""
        return _exchanged(printed, self._shown)


def _exchanged(text: str, ports: dict[str, str]) -> str:
    return re.sub(r"(?<![\d.])\d{4,5}(?![\d.]*\d)", lambda each: ports.get(each[0], each[0]), text)


def _free_ports(count: int) -> list[int]:
    """They are free until a command takes them: nobody who asks for any port is given these."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            port = random.randrange(*_NEVER_GIVEN)
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                found.append(port)
    return found
