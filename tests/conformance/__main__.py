"""python -m tests.conformance URL --callback-port PORT --folder DIR [-- COMMAND …]"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from tests.conformance import checks
from tests.conformance.callbacks import Callbacks
from tests.conformance.command import EndedError, running
from tests.conformance.ingress import Ingress
from tests.conformance.kit import CHECKS, Check, Kit, Result
from tests.conformance.readiness import declare_ready, find_unready
from tests.conformance.report import has_failed, to_json, to_table
from tests.conformance.resources import Resources
from tests.conformance.runner import declare, run_all
from tests.conformance.settling import declare_settling

__all__ = ["main"]


def main() -> None:
    """Exit code 1 when a MUST or a SHOULD fails, 2 when there is nothing to check."""
    ours, command = _split(sys.argv[1:])
    try:
        raise SystemExit(asyncio.run(_main(_options(ours), command)))
    except asyncio.CancelledError:
        raise SystemExit(128 + signal.SIGTERM) from None


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
    parser.add_argument("--metrics", help="URL of Prometheus metrics, for item 72")
    parser.add_argument("--only", type=_numbers, help="items, such as 37,40-44")
    parser.add_argument("--ready-s", type=float, default=60.0, help="how long to wait at first")
    parser.add_argument("--json", type=Path, help="write the results there too")
    return parser.parse_args(words)


def _numbers(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


async def _main(options: argparse.Namespace, words: list[str]) -> int:
    _end_tidily_on_sigterm()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
            ingress = Ingress(client, options.url, options.namespace, options.metrics)
            results = await _results(ingress, options, words)
    except (EndedError, OSError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    print(to_table(results))
    if options.json is not None:
        options.json.write_text(to_json(results))
    return 1 if has_failed(results) else 0


def _end_tidily_on_sigterm() -> None:
    """So that the command ends with us."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _results(
    ingress: Ingress, options: argparse.Namespace, words: list[str]
) -> Sequence[Result]:
    callbacks = Callbacks(options.host, options.callback_port)
    resources = Resources(options.namespace, options.broker_class)
    declared = declare(_chosen(options.only), ingress, callbacks, resources)
    settle = declare_settling(Kit("settle", ingress, callbacks, resources))
    ready = declare_ready(resources, callbacks)
    resources.write(options.folder)

    async with callbacks.serving(), running(words) as command:
        asking = find_unready(ingress, resources.brokers, ready, options.ready_s)
        unready = await command.outlives(asking)
        if unready == set(resources.brokers):
            raise TimeoutError(f"no broker at {ingress.url} delivered in {options.ready_s:g} s")
        return await run_all(declared, unready=unready, settle=settle)


def _chosen(only: set[int] | None) -> list[Check]:
    checks.load()
    ordered = sorted(CHECKS, key=lambda check: check.number)
    return [check for check in ordered if only is None or check.number in only]


if __name__ == "__main__":
    main()
