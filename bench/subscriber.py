"""The sink as a process of its own, and what it has counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bench.sink import run_sink
from bench.yardstick import processes

__all__ = ["Sink", "counting_sink"]


class Sink:
    def __init__(self, control: Connection) -> None:
        self._control = control
        self.port: int = control.recv()

    def count(self) -> int:
        """Events received so far."""
        self._control.send("count")
        received: int = self._control.recv()
        return received

    def ages_ms(self) -> tuple[float, float]:
        """Median and 99th percentile since the last call."""
        self._control.send("ages")
        median, late = self._control.recv()
        return median, late


@contextmanager
def counting_sink() -> Iterator[Sink]:
    ours, theirs = processes.Pipe()
    process = processes.Process(target=run_sink, args=(theirs,))
    process.start()
    yield Sink(ours)
    ours.send("stop")
    process.join()
