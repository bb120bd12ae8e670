"""python -m tests.conformance URL --callback-port PORT --folder DIR [-- COMMAND …]"""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.conformance import checks
from tests.conformance.callbacks import PROBE_TYPE, Callbacks
from tests.conformance.ingress import Ingress
from tests.conformance.kit import CHECKS, Check
from tests.conformance.report import has_failed, to_json, to_table
from tests.conformance.resources import Resources
from tests.conformance.runner import declare, run_all, wait_until_ready

__all__ = ["main"]

_GRACE_S = 15.0


def main() -> None:
    """Exit code 1 when a MUST or a SHOULD fails, 2 when the broker never serves."""
    ours, command = _split(sys.argv[1:])
    raise SystemExit(asyncio.run(_main(_options(ours), command)))


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description="Checks items 37-93 of Knative's contract against the ingress at URL. What "
        "stands after -- is started once the YAML is written, and ended at the end.",
    )
    parser.add_argument("url", help="of the ingress; events go to URL/<namespace>/<broker>")
    parser.add_argument("--callback-port", type=int, required=True, help="for our subscribers")
    parser.add_argument("--host", default="127.0.0.1", help="at which those are reached")
    parser.add_argument("--folder", type=Path, required=True, help="for Broker and Trigger YAML")
    parser.add_argument("--namespace", default="conformance")
    parser.add_argument("--broker-class", help="written on every Broker")
    parser.add_argument("--only", help="items, such as 37,40-44")
    parser.add_argument("--ready-s", type=float, default=60.0, help="how long to wait at first")
    parser.add_argument("--json", type=Path, help="write the results there too")
    return parser.parse_args(words)


async def _main(options: argparse.Namespace, command: list[str]) -> int:
    callbacks = Callbacks(options.host, options.callback_port)
    resources = Resources(options.namespace, options.broker_class)
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30.0) as client,
        callbacks.serving(),
    ):
        ingress = Ingress(client, options.url, options.namespace)
        declared = declare(_chosen(options.only), ingress, callbacks, resources)
        ready = callbacks.receiver("ready", takes_probes=True)
        for broker in resources.brokers:
            resources.trigger(
                f"{broker}-ready",
                broker,
                {
                    "subscriber": {"uri": ready.url},
                    "filter": {"attributes": {"type": f"{PROBE_TYPE}.ready"}},
                },
                None,
            )
        resources.write(options.folder)
        async with _running(command):
            try:
                await wait_until_ready(ingress, resources.brokers, ready, options.ready_s)
            except TimeoutError as error:
                print(f"conformance: {error}", file=sys.stderr)
                return 2
            results = await run_all(declared)
    print(to_table(results))
    if options.json is not None:
        options.json.write_text(to_json(results))
    return 1 if has_failed(results) else 0


def _chosen(only: str | None) -> list[Check]:
    checks.load()
    ordered = sorted(CHECKS, key=lambda check: check.number)
    if only is None:
        return ordered
    wanted: set[int] = set()
    for part in only.split(","):
        first, _, last = part.partition("-")
        wanted |= set(range(int(first), int(last or first) + 1))
    return [check for check in ordered if check.number in wanted]


@asynccontextmanager
async def _running(command: list[str]) -> AsyncIterator[None]:
    """The command's output goes to standard error, so that the table stands alone."""
    if not command:
        yield
        return
    process = await asyncio.create_subprocess_exec(*command, stdout=sys.stderr)
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _GRACE_S)
            except TimeoutError:
                process.kill()
                await process.wait()


if __name__ == "__main__":
    main()
