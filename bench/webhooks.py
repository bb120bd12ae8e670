"""The webhook receiver: signed GitHub webhooks of 1 KB, verified and emitted into the fabric beside it.

Prints a table and, as its last line, one JSON object.
"""

import hashlib
import hmac
import json
import tempfile
import time
from functools import lru_cache
from pathlib import Path

from bench.fabric import Fabric, free_port, triggers_yaml
from bench.load import Load
from bench.subscriber import Sink, counting_sink
from bench.yardstick import ran

__all__ = ["main"]

_SECRET = "not-a-real-secret"  # noqa: S105 - nothing is guarded by it
_SIZE = 1024
_CONNECTIONS = 32
_SECONDS = 10.0
_RATE = 1000.0
_SOURCE = f"""---
apiVersion: v1
kind: Secret
metadata: {{name: github}}
stringData: {{secret: {_SECRET}}}
---
apiVersion: sources.knative.dev/v1alpha1
kind: GitHubSource
metadata: {{name: bench}}
spec:
  ownerAndRepository: poplin/orchard
  eventTypes: [push]
  secretToken: {{secretKeyRef: {{name: github, key: secret}}}}
  sink: {{ref: {{apiVersion: eventing.knative.dev/v1, kind: Broker, name: bench}}}}
"""


def main() -> None:
    port = free_port()
    with counting_sink() as sink, tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "bench.yaml"
        yaml = triggers_yaml(1, 1, sink.port).replace(
            "bench.wanted", "dev.knative.source.github.push"
        )
        files.write_text(yaml + _SOURCE)
        with Fabric(
            files, Path(folder) / "data", free_port(), "--webhook-port", str(port)
        ) as fabric:
            full_rate, cpu_us, _ = _measure(fabric, sink, port, None)
            rate, _, p99_ms = _measure(fabric, sink, port, _RATE)
    result = {
        "webhooks_per_s": round(full_rate),
        "cpu_us_by_process": {role: round(us, 1) for role, us in cpu_us.items()},
        "asked_per_s": _RATE,
        "delivered_per_s": round(rate),
        "answer_p99_ms": round(p99_ms, 2),
        "connections": _CONNECTIONS,
        "size": _SIZE,
    }
    for name, value in result.items():
        print(f"{name:18} {value}")
    print(json.dumps(result))


def _measure(
    fabric: Fabric, sink: Sink, port: int, rate: float | None
) -> tuple[float, dict[str, float], float]:
    """Webhooks a second until the last one was delivered, CPU of each, and p99 of the answers."""
    expected, cpu, began = sink.count(), fabric.cpu_s(), time.monotonic()
    load = Load(
        port, "/default/bench", _CONNECTIONS, _SECONDS, _SIZE, rate, f"{rate}", message=_webhook
    )
    sent = ran(load)
    expected += sent.accepted
    while sink.count() < expected:
        time.sleep(0.02)
    elapsed = time.monotonic() - began
    used = {
        role: (seconds - cpu[role]) / sent.accepted * 1e6
        for role, seconds in fabric.cpu_s().items()
    }
    return sent.accepted / elapsed, used, sent.p99_ms


def _webhook(load: Load, event_id: str, data: bytes) -> bytes:
    head = (
        f"POST {load.path} HTTP/1.1\r\nhost: bench\r\nuser-agent: GitHub-Hookshot/bench\r\n"
        f"x-github-event: push\r\nx-github-delivery: {event_id}\r\n"
        f"x-hub-signature-256: sha256={_signature(data)}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


@lru_cache
def _signature(data: bytes) -> str:
    return hmac.new(_SECRET.encode(), data, hashlib.sha256).hexdigest()


if __name__ == "__main__":
    main()
