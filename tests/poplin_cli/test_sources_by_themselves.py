"""What `poplin` shows of sources to which nobody sends: ApiServerSource and PingSource."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition, SourceStatus, write_sources
from poplin.metrics import Counts, Flusher
from poplin.resources.source_models import SOURCE_KINDS, WEBHOOK_KINDS
from poplin_cli.source_hints import source_hints
from sources.tally import Tally
from tests.console.helpers import a_source
from tests.console.server import Console
from tests.poplin_cli.conftest import Poplin
from tests.poplin_cli.test_completion import completed
from tests.poplin_cli.test_sources import COUNTS

READY = Condition("Ready", "True")
MISSED = Condition("OnTime", "False", "TicksMissed", "3 from 02:00 to 04:00")


def watcher(*conditions: Condition, **more: Any) -> SourceStatus:
    fields: dict[str, Any] = {
        "api_version": "sources.knative.dev/v1",
        "url": None,
        "conditions": conditions or (READY,),
        "ce_attributes": (("dev.knative.apiserver.ref.add", ""),),
        "settings": (("Resources", "v1 Pod"), ("Namespaces", "those with team=a")),
        "namespaces": ("shop", "web"),
    }
    return a_source("pods", "ApiServerSource", **(fields | more))


def timer(*conditions: Condition) -> SourceStatus:
    return a_source("night", "PingSource", url=None, conditions=conditions or (READY,))


async def test_the_list_has_no_url_for_them(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [watcher(), timer(READY, MISSED)])

    _, ticks, pods = poplin("get", "sources").output.splitlines()

    assert pods.split() == ["pods", "ApiServerSource", "http://127.0.0.1:8080/default/main", "True"]
    assert ticks.split()[3:] == ["True", "TicksMissed"]


async def test_a_watcher_is_told_with_its_namespaces_and_without_webhooks(
    redis: Redis, poplin: Poplin
) -> None:
    status = watcher(lag_s=0.5)
    await write_sources(redis, [status])
    counts = Counts()
    tally = Tally(counts)
    tally.received(status.key)
    tally.emitted(status.key, 0.1)
    tally.relisted(status.key)
    tally.found(status.key, 7)
    await Flusher(redis, counts).flush()

    text = poplin("describe", "source", "pods").output

    for line in (
        "Source:     default/pods\n",
        "Kind:       ApiServerSource (sources.knative.dev/v1)\n",
        "Sink:       http://127.0.0.1:8080/default/main\n",
        "Namespaces: shop, web\n",
        "  Namespaces: those with team=a\n",
        "  dev.knative.apiserver.ref.add\n",
        "Changes:\n  Received:             1\n  Found by comparing:   7\n  Relists:              1\n"
        "  Emitted:              1\n",
        "  nothing: it is Ready; events that its sink has taken: 1\n",
    ):
        assert line in text
    for word in ("ebhook", "Refused", "Secret", "Missed"):
        assert word not in text


@pytest.mark.parametrize(
    ("namespaces", "text"),
    [
        (("",), "all"),
        (tuple(f"n{number}" for number in range(12)), ", ".join(f"n{n}" for n in range(10)) + " and 2 more"),
    ],
)  # fmt: skip
async def test_many_namespaces_are_counted(
    redis: Redis, poplin: Poplin, namespaces: tuple[str, ...], text: str
) -> None:
    await write_sources(redis, [watcher(namespaces=namespaces)])

    assert f"Namespaces: {text}\n" in poplin("describe", "source", "pods").output


async def test_what_the_sink_refused_of_a_watcher_is_counted(redis: Redis, poplin: Poplin) -> None:
    status = watcher()
    await write_sources(redis, [status])
    counts = Counts()
    Tally(counts).refused(status.key, "sink_refuses")
    await Flusher(redis, counts).flush()

    assert (
        "  Refused:              1: 1 sink_refuses\n" in poplin("describe", "source", "pods").output
    )


async def test_a_timer_is_told_with_its_ticks(redis: Redis, poplin: Poplin) -> None:
    status = timer(READY, MISSED)
    await write_sources(redis, [status])
    counts = Counts()
    Tally(counts).missed(status.key, 3)
    await Flusher(redis, counts).flush()

    text = poplin("describe", "source", "night").output

    assert "  OnTime: False, TicksMissed: 3 from 02:00 to 04:00\n" in text
    assert "Ticks:\n  Received:             0\n  Missed:               3\n  Emitted:" in text
    assert "Webhook" not in text
    assert "comparing" not in text


async def test_two_of_one_name_ask_for_the_kind(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [watcher(), a_source("pods")])

    either = poplin("describe", "source", "pods")
    one = poplin("describe", "source", "pods", "--kind", "ApiServerSource")

    assert either.exit_code == 2
    assert "ApiServerSource and GitHubSource have the name default/pods" in either.stderr
    assert "--kind ApiServerSource" in either.stderr
    assert "Kind:       ApiServerSource" in one.output


async def test_a_shell_completes_a_name_that_two_have_once(redis: Redis, console: Console) -> None:
    await write_sources(redis, [watcher(), a_source("pods")])

    found = await asyncio.to_thread(completed, "poplin describe source ", console.url)

    assert found == ["pods", "default/pods"]


def hints(kind: str = "ApiServerSource", received: int = 1, **more: Any) -> list[str]:
    conditions = [
        {"type": name, "status": status, "reason": reason}
        for name, (status, reason) in more.pop("conditions", {}).items()
    ]
    view = {
        "kind": kind, "ready": "True", "reason": "", "url": "", "sinkUri": "http://s/",
        "settings": {"Missed ticks": "reported"}, "counts": {**COUNTS, "received": received},
        "status": {"conditions": conditions}, **more,
    }  # fmt: skip
    return list(source_hints(view))


@pytest.mark.parametrize("kind", sorted(set(SOURCE_KINDS) - WEBHOOK_KINDS))
def test_one_that_has_emitted_nothing_yet_is_not_told_of_providers(kind: str) -> None:
    (hint,) = hints(kind, received=0)

    assert hint.startswith(("nothing that it sends has happened yet", "no tick has come yet"))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"ResourcesFound": ("False", "NotFound")}, ["mend the apiVersion and kind that"]),
        (
            {
                "ResourcesFound": ("Unknown", "NotAskedYet"),
                "SufficientPermissions": ("False", "Missing"),
            },
            ["allow what SufficientPermissions names"],
        ),
        ({"SufficientPermissions": ("False", "Forbidden")}, ["allow what SufficientPermissions"]),
        (
            {"SufficientPermissions": ("False", "Forbidden"), "Deployed": ("False", "Failed")},
            ["allow what SufficientPermissions"],
        ),
        ({"Deployed": ("Unknown", "NotYetStarted")}, ["wait: a process begins with it"]),
        ({"Deployed": ("Unknown", "CatchingUp")}, ["wait: the API server is being asked"]),
        ({"Deployed": ("False", "ApiServerUnavailable")}, ["see whether the API server answers"]),
        ({"Deployed": ("False", "Failed")}, ["do what Deployed says"]),
        (
            {"SinkProvided": ("False", "NotFound"), "Deployed": ("Unknown", "NotYetStarted")},
            ["add the sink that it names"],
        ),
        ({"Surprise": ("False", "")}, ["mend what the first condition"]),
    ],
)
def test_one_that_is_not_ready_says_what_to_mend(
    conditions: dict[str, tuple[str, str]], expected: list[str]
) -> None:
    found = hints(ready="False", conditions=conditions)

    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("conditions", "start"),
    [
        ({"EventsAccepted": ("False", "EventTooLarge")}, "some were too large and are not sent"),
        ({"EventsAccepted": ("False", "SinkAway")}, "its sink does not take its events"),
        ({"OnTime": ("False", "TicksMissed")}, "ticks were missed; poplin.dev/catch-up"),
        ({"OnTime": ("True", ""), "EventsAccepted": ("True", "")}, "nothing: it is Ready"),
    ],
)
def test_one_that_is_ready_says_what_goes_wrong_all_the_same(
    conditions: dict[str, tuple[str, str]], start: str
) -> None:
    (hint,) = hints("PingSource", conditions=conditions)

    assert hint.startswith(start)


def test_ticks_that_are_caught_up_ask_for_nothing() -> None:
    (hint,) = hints(
        "PingSource",
        conditions={"OnTime": ("False", "TicksMissed")},
        settings={"Missed ticks": "reported and fired"},
    )

    assert hint.startswith("nothing: it is Ready")
