"""A stream of events that outlives the console: taken up again where it broke off."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from poplin_cli.client import Api
from poplin_cli.errors import NoAnswerError

__all__ = ["Following"]

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 3.0


class Following:
    """Iterates over events, each once. NoAnswerError is raised only if there never was an answer."""

    def __init__(
        self, api: Api, path: str, *, filters: str | None, since: str | None, follow: bool
    ) -> None:
        self._api = api
        self._path = path
        self._params = {"filter": filters, "follow": str(follow).lower()}
        self._follow = follow
        self._since = since
        self._positions: dict[str, str] = {}
        """Per partition the last entry that we had; empty until the first answer."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                for event in self._once():
                    pause_s = _FIRST_PAUSE_S
                    yield event
                if not self._follow:
                    return
            except NoAnswerError:
                if not self._positions:
                    raise
                if pause_s == _FIRST_PAUSE_S:
                    where = self._api.url
                    sys.stderr.write(f"poplin: {where} went away; going on when it is back\n")
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _once(self) -> Iterator[dict[str, Any]]:
        after = ",".join(f"{partition}:{log_id}" for partition, log_id in self._positions.items())
        where = {"after": after} if after else {"since": self._since}
        with self._api.stream(self._path, **self._params, **where) as (headers, events):
            for place in headers.get("poplin-position", "").split(","):
                self._keep(place)
            for event in events:
                self._keep(event["logId"])
                yield event

    def _keep(self, place: str) -> None:
        partition, _, log_id = place.partition(":")
        self._positions[partition] = log_id
