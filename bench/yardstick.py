"""What everything is measured against, in the same run: CPU per request of the bare application."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bench.bare import run_bare
from bench.load import Load, Sent, run_load

__all__ = ["Bare", "accepted", "bare", "processes", "ran"]

processes = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Bare:
    port: int
    process: psutil.Process

    def cpu_us(self, connections: int, seconds: float, size: int) -> float:
        """Of one request, under as much load as is answered."""
        times = self.process.cpu_times()
        sent = accepted(Load(self.port, "/", connections, seconds, size, None, "bare"))
        now = self.process.cpu_times()
        return (now.user + now.system - times.user - times.system) / sent * 1e6


def accepted(load: Load) -> int:
    """Run a load to its end; how many events were accepted."""
    return ran(load).accepted


def ran(load: Load) -> Sent:
    """Run a load to its end, in a process of its own."""
    receiver, sender = processes.Pipe(duplex=False)
    process = processes.Process(target=run_load, args=(load, sender))
    process.start()
    sent: Sent = receiver.recv()
    process.join()
    if sent.refused:
        raise SystemExit(f"bench: {sent.refused} events were refused")
    return sent


@contextmanager
def bare() -> Iterator[Bare]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        process = processes.Process(target=run_bare, args=(listener,))
        process.start()
        time.sleep(1.0)
        yield Bare(listener.getsockname()[1], psutil.Process(process.pid))
        process.terminate()
        process.join()
