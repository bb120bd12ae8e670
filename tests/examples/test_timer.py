"""The example of a timer fires at night, and at once when it is told to as its first lines say."""

import asyncio
import re
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from poplin.resources import load
from poplin.resources.source_models import PingSpec
from poplin.schedule import parse_schedule
from tests.fabric import Fabric, subscriber

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "22-nightly-timer" / "timer.yaml"


def test_it_fires_once_each_night_when_clocks_are_changed_too() -> None:
    loaded = load([EXAMPLE])
    (source,) = loaded.sources

    assert not loaded.problems
    assert isinstance(source.spec, PingSpec)
    paris = ZoneInfo(source.spec.timezone)
    ticks = parse_schedule(source.spec.schedule, source.spec.timezone).after(
        datetime(2026, 1, 1, tzinfo=paris).astimezone(UTC)
    )
    nights = [each.astimezone(paris) for each in islice(ticks, 365)]
    assert {each.strftime("%H:%M") for each in nights} == {"04:30"}
    assert len({each.date() for each in nights}) == 365
    assert nights[-1].date() == date(2026, 12, 31)


async def test_with_another_schedule_it_fires_at_once(tmp_path: Path) -> None:
    (command,) = re.findall(r"^#     (sed .+)$", EXAMPLE.read_text(), re.MULTILINE)
    soon = await _printed(command.partition(" > ")[0])

    async with subscriber() as peer:
        yaml = soon.replace("http://127.0.0.1:9000", peer.url)
        async with Fabric.up(tmp_path, yaml, "--webhook-port", "0"):
            first, second, *_ = await peer.wait_for(2)

    at = [datetime.fromisoformat(each.headers["ce-id"]).timestamp() for each in (first, second)]
    assert at[1] - at[0] == 2
    assert {(each.path, each.data) for each in (first, second)} == {
        ("/backup", b'{"backup": "/var/lib/orchard"}')
    }


async def _printed(command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(20):
        out, _ = await process.communicate()
    return out.decode()
