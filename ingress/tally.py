"""What the ingress counts: events that are kept, requests that are refused, and the time taken."""

from time import perf_counter

from ingress.answers import Answer
from ingress.request import Request
from poplin.metrics import Counts
from poplin.metrics.families import ACCEPTED, INGRESS_DURATION, REFUSED, REPEATED

__all__ = ["Tally"]

_UNKNOWN = "/"
"""Stands for neither namespace nor name: what clients invent must make no series."""


class Tally:
    """Shared by all connections. A request is refused once, however many events it holds: they
    may not even have been read.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def accepted(self, broker: str, events: int) -> None:
        self._counts.add((ACCEPTED, broker), events)

    def repeated(self, broker: str, events: int) -> None:
        """Of the accepted ones: dropped, because they were there already."""
        self._counts.add((REPEATED, broker), events)

    def answered(self, request: Request, answer: Answer) -> None:
        if answer.reason is not None:
            self._counts.add((REFUSED, request.broker or _UNKNOWN, answer.reason))
        elif answer.status == 202 and request.broker:
            seconds = perf_counter() - request.completed
            self._counts.observe((INGRESS_DURATION, request.broker), seconds)
