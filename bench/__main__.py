"""Runs the bench and prints a table and, as its last line, one JSON object."""

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.fabric import Fabric, free_port, triggers_yaml
from bench.load import Load
from bench.subscriber import Sink, counting_sink
from bench.yardstick import Bare, accepted, bare

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Round:
    events_per_s: float
    cpu_us_by_process: dict[str, float]
    bare_us: float

    @property
    def cpu_us(self) -> float:
        return sum(self.cpu_us_by_process.values())

    @property
    def ratio(self) -> float:
        return self.cpu_us / self.bare_us


def main() -> None:
    options = _options()
    with counting_sink() as sink, bare() as yardstick, tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "bench.yaml"
        files.write_text(triggers_yaml(options.triggers, options.matching, sink.port))
        with Fabric(
            files, Path(folder) / "data", free_port(), "--profile", options.profile
        ) as fabric:
            idle_rss = fabric.rss_mb()
            rounds = [_round(options, fabric, yardstick, sink, number) for number in range(_ROUNDS)]
            p50_ms, p99_ms = _latency(options, fabric, sink)
            busy_rss = fabric.rss_mb()
            start_s = fabric.start_s
    middle = sorted(rounds, key=lambda each: each.ratio)[_ROUNDS // 2]
    _print(
        {
            "events_per_s": round(middle.events_per_s),
            "cpu_us_per_event": round(middle.cpu_us, 1),
            "cpu_us_by_process": {
                role: round(us, 1) for role, us in middle.cpu_us_by_process.items()
            },
            "bare_asgi_us": round(middle.bare_us, 1),
            "ratio": round(middle.ratio, 2),
            "ratios": [round(each.ratio, 2) for each in rounds],
            "p50_ms": round(p50_ms, 2),
            "p99_ms": round(p99_ms, 2),
            "rss_mb": busy_rss,
            "idle_rss_mb": idle_rss,
            "start_s": round(start_s, 2),
            "profile": options.profile,
            "connections": options.connections,
            "size": options.size,
            "triggers": options.triggers,
            "matching": options.matching,
        }
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument(
        "--seconds", type=float, default=8.0, help="of load in each of three rounds"
    )
    parser.add_argument("--size", type=int, default=1024, help="bytes of an event's data")
    parser.add_argument("--triggers", type=int, default=1)
    parser.add_argument("--matching", type=int, default=1, help="triggers that want the events")
    parser.add_argument("--profile", choices=("durable", "fast"), default="durable")
    return parser.parse_args()


def _round(
    options: argparse.Namespace, fabric: Fabric, yardstick: Bare, sink: Sink, number: int
) -> Round:
    before = _bare_us(options, yardstick)
    received = sink.count()
    cpu, began = fabric.cpu_s(), time.monotonic()
    sent = accepted(_load(options, fabric, options.seconds, None, f"round{number}"))
    expected = received + sent * options.matching
    while sink.count() < expected:
        time.sleep(0.02)
    elapsed = time.monotonic() - began
    used = {role: (seconds - cpu[role]) / sent * 1e6 for role, seconds in fabric.cpu_s().items()}
    after = _bare_us(options, yardstick)
    return Round(sent / elapsed, used, (before + after) / 2)


def _bare_us(options: argparse.Namespace, yardstick: Bare) -> float:
    return yardstick.cpu_us(options.connections, max(1.0, options.seconds / 4), options.size)


def _load(
    options: argparse.Namespace, fabric: Fabric, seconds: float, rate: float | None, prefix: str
) -> Load:
    return Load(
        fabric.port, "/default/bench", options.connections, seconds, options.size, rate, prefix
    )


def _latency(options: argparse.Namespace, fabric: Fabric, sink: Sink) -> tuple[float, float]:
    """Send to receipt at 200 events a second: p50 and p99 in ms."""
    sink.ages_ms()
    expected = sink.count()
    sent = accepted(_load(options, fabric, 5.0, 200.0, "latency"))
    while sink.count() < expected + sent * options.matching:
        time.sleep(0.02)
    return sink.ages_ms()


def _print(result: dict[str, Any]) -> None:
    for name, value in result.items():
        print(f"{name:18} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
