"""`poplin get sources` and `poplin describe source`."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis

from poplin.catalog import Condition, leave_sources, write_sources
from poplin.catalog.sources import SOURCES
from poplin.metrics import Counts, Flusher
from poplin.metrics.families import SOURCE_RECEIVED
from poplin_cli.source_hints import source_hints
from sources.tally import Tally
from tests.console.helpers import a_source
from tests.console.server import Console
from tests.poplin_cli.conftest import Poplin
from tests.poplin_cli.terminal import plain, shown
from tests.poplin_cli.test_completion import completed

WIDTHS = (40, 60, 80, 200)
MISSING = (
    Condition("Ready", "False", "SecretNotFound", "Secret default/hub is not there"),
    Condition("SecretsProvided", "False", "SecretNotFound", "Secret default/hub is not there"),
)


async def test_a_pipe_gets_every_column_in_full(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [a_source("hub"), a_source("shop", conditions=MISSING)])

    heading, first, second = poplin("get", "sources").output.splitlines()

    assert heading.split() == ["NAME", "KIND", "SINK", "READY", "REASON", "URL"]
    assert first.split() == [
        "hub", "GitHubSource", "http://127.0.0.1:8080/default/main", "True",
        "http://127.0.0.1:8082/default/hub",
    ]  # fmt: skip
    assert second.split()[3:5] == ["False", "SecretNotFound"]


async def test_one_that_is_ready_tells_why_its_deliveries_fail(
    redis: Redis, poplin: Poplin
) -> None:
    large = Condition("EventsAccepted", "False", "EventTooLarge", "give --max-event-bytes")
    await write_sources(redis, [a_source("hub", conditions=(Condition("Ready", "True"), large))])

    _, row = poplin("get", "sources").output.splitlines()

    assert row.split()[3:5] == ["True", "EventTooLarge"]


def test_files_that_are_not_there_are_said_before_anything_is_served(poplin: Poplin) -> None:
    found = poplin("sources", "--redis", "redis://127.0.0.1:1", "-f", "nix")

    assert found.exit_code == 2
    assert "-f nix: there is no such file or folder" in found.stderr


async def test_a_narrow_terminal_keeps_the_name_and_whether_it_is_ready(
    redis: Redis, console: Console
) -> None:
    await write_sources(redis, [a_source("hub"), a_source("shop", conditions=MISSING)])

    async def lines(width: int) -> list[str]:
        text = await asyncio.to_thread(shown, "get", "sources", width=width, url=console.url)
        return [line for line in plain(text).splitlines() if not line.startswith("(no room")]

    found = await asyncio.gather(*map(lines, WIDTHS))

    assert [each[0].split() for each in found] == [
        ["NAME", "READY", "REASON"],
        ["NAME", "KIND", "READY", "REASON"],
        ["NAME", "KIND", "READY", "REASON"],
        ["NAME", "KIND", "SINK", "READY", "REASON", "URL"],
    ]
    assert all(
        len(line) <= width for width, each in zip(WIDTHS, found, strict=True) for line in each
    )


async def test_machines_get_what_the_api_says(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [a_source("hub"), a_source("shop", "WebhookSource", "x")])

    every = json.loads(poplin("get", "sources", "-A", "-o", "json").output)
    one = json.loads(poplin("describe", "source", "hub", "-o", "json").output)

    assert every[0] == one
    assert one["status"]["conditions"][0] == {"type": "Ready", "status": "True"}
    assert poplin("get", "sources", "-A", "-o", "name").output == "default/hub\nx/shop\n"
    assert poplin("get", "sources", "-o", "name").output == "default/hub\n"
    assert poplin("get", "source", "x/shop", "-o", "name").output == "x/shop\n"
    of_kind = poplin("get", "sources", "-A", "--kind", "WebhookSource", "-o", "name")
    assert of_kind.output == "x/shop\n"


async def test_an_unknown_name_or_kind_says_what_there_is(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [a_source("hub")])

    name = poplin("describe", "source", "hbu")
    kind = poplin("describe", "source", "hub", "--kind", "githubsource")

    assert (name.exit_code, kind.exit_code) == (2, 2)
    assert "there is no source 'default/hbu'; did you mean default/hub?" in name.stderr
    assert "'GitHubSource'" in kind.stderr


async def test_watching_shows_them_again_when_one_changes_and_not_for_its_counts(
    redis: Redis, console: Console, poplin: Poplin, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, mended = a_source("hub", conditions=MISSING), a_source("hub")
    await write_sources(redis, [broken])
    store = SyncRedis.from_url(console.store_url)
    count = f"{SOURCE_RECEIVED}/{broken.key}"
    changes = [
        lambda: store.hincrby("{poplin:metrics}", count, 1),
        lambda: store.hset(SOURCES, mended.key, msgspec.json.encode(mended)),
    ]

    def between(_seconds: float) -> None:
        if not changes:
            raise KeyboardInterrupt
        changes.pop(0)()

    monkeypatch.setattr("poplin_cli.get.time.sleep", between)
    result = poplin("get", "sources", "-w")
    store.close()

    ready = [line.split()[3] for line in result.output.splitlines()]
    assert ready == ["READY", "False", "READY", "True"]
    assert result.exit_code == 130


async def test_a_source_is_told_with_the_url_for_its_provider(redis: Redis, poplin: Poplin) -> None:
    status = a_source("hub", webhook_id="42", lag_s=0.123456, warnings=("beware\x1b[2J",))
    await write_sources(redis, [status])
    counts = Counts()
    tally = Tally(counts)
    tally.received(status.key)
    tally.refused(status.key, "bad_signature")
    tally.emitted(status.key, 0.1)
    await Flusher(redis, counts).flush()

    result = poplin("describe", "source", "hub")

    assert result.exit_code == 0
    for line in (
        "Source:               default/hub\n",
        "Kind:                 GitHubSource (sources.knative.dev/v1alpha1)\n",
        "Webhook URL:          http://127.0.0.1:8082/default/hub\n",
        "Sink:                 http://127.0.0.1:8080/default/main\n",
        "Hook at the provider: 42\n",
        "  Ready: True\n",
        "  Repository: o/r\n",
        "  dev.knative.source.github.push from https://github.com/o/r\n",
        "  Received:             1\n",
        "  Refused:              1: 1 bad_signature\n",
        "  Lag of the newest:    0.123 s\n",
        "  beware\\x1b[2J\n",
        "  1 had no valid signature: ",
    ):
        assert line in result.output
    assert "\x1b" not in result.output


async def test_a_source_that_has_seen_nothing_says_what_to_paste_where(
    redis: Redis, poplin: Poplin
) -> None:
    await write_sources(redis, [a_source("hub", url="https://hooks.example.com/default/hub")])

    text = poplin("describe", "source", "hub").output

    assert (
        "  at GitHub: Settings, Webhooks, Add webhook: Payload URL https://hooks.example.com/"
        in text
    )
    assert "as Secret the value of Secret hub/token\n" in text
    assert "  Refused:              0\n" in text
    assert "nothing is emitted yet" in text


@pytest.mark.parametrize(
    ("lag_s", "text"),
    [(59.96, "60 s"), (95_300_000.0, "1103d"), (None, "nothing is emitted since it began anew")],
)
async def test_a_lag_is_told_as_people_tell_times(
    redis: Redis, poplin: Poplin, lag_s: float | None, text: str
) -> None:
    status = a_source("hub", lag_s=lag_s)
    await write_sources(redis, [status])
    counts = Counts()
    Tally(counts).emitted(status.key, 0.1)
    await Flusher(redis, counts).flush()

    assert f"  Lag of the newest:    {text}" in poplin("describe", "source", "hub").output


async def test_one_that_is_refused_has_no_url_and_no_settings(redis: Redis, poplin: Poplin) -> None:
    invalid = (Condition("Ready", "False", "Invalid", "spec.sink is missing; add it"),)
    bare = a_source(
        "hub", url=None, sink_uri=None, ce_attributes=(), settings=(), conditions=invalid
    )
    await write_sources(redis, [bare])

    text = poplin("describe", "source", "hub").output

    assert "Webhook URL: none; it is not served\nSink:        not resolved\n" in text
    assert "Ready: False, Invalid: spec.sink is missing; add it" in text
    assert "  Refused:              0\n" in text
    assert "Settings" not in text
    assert "Events:" not in text
    assert "poplin check -f PATH" in text


async def test_one_whose_service_is_gone_says_how_to_start_it(redis: Redis, poplin: Poplin) -> None:
    await write_sources(redis, [a_source("hub")])
    await leave_sources(redis)

    text = poplin("describe", "source", "hub").output

    assert "  Ready: Unknown, NotServed: no sources service answers" in text
    assert text.endswith("poplin up -f PATH, or poplin sources --redis URL -f PATH\n")


async def test_a_shell_completes_their_names(redis: Redis, console: Console) -> None:
    await write_sources(redis, [a_source("hub"), a_source("shop", namespace="x")])

    found = [
        await asyncio.to_thread(completed, f"poplin {command} ", console.url)
        for command in ("describe source", "get sources")
    ]

    assert found == [["hub", "default/hub", "x/shop"]] * 2


COUNTS: dict[str, Any] = {
    "received": 1, "refused": 0, "refusedFor": {}, "emitted": 1, "sinkFailures": 0,
    "relists": 0, "found": 0, "ticksMissed": 0,
}  # fmt: skip
VIEW: dict[str, Any] = {
    "kind": "GitHubSource", "ready": "True", "reason": "", "url": "https://h.example/n/s",
    "sinkUri": "http://127.0.0.1:8080/n/main", "settings": {}, "counts": COUNTS,
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}  # fmt: skip


def counts(**more: Any) -> dict[str, Any]:
    return {"counts": {**COUNTS, **more}}


def no_sink(reason: str) -> dict[str, Any]:
    condition = {"type": "EventsAccepted", "status": "False", "reason": reason}
    return {"status": {"conditions": [{"type": "Ready", "status": "True"}, condition]}}


def not_true(*conditions: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": each, "status": "False"} for each in conditions]}}


NONE = counts(received=0, emitted=0)


@pytest.mark.parametrize(
    ("facts", "hints"),
    [
        ({}, ["nothing: it is Ready; events that its sink has taken: 1"]),
        ({"ready": "Unknown", "reason": "NotServed"}, ["start its service"]),
        ({"ready": "False", "reason": "Invalid"}, ["mend its document"]),
        ({"ready": "False", **not_true("Ready", "SinkProvided")}, ["add the sink"]),
        ({"ready": "False", **not_true("Ready", "SecretsProvided")}, ["add the Secret"]),
        ({"ready": "False", **not_true("Ready", "WebhookConfigured")}, ["do what WebhookConfigured"]),
        (
            {"ready": "False", **not_true("Ready", "SinkProvided", "SecretsProvided")},
            ["add the sink", "add the Secret"],
        ),
        ({"ready": "False", **not_true("Ready", "DeliveryReceived")}, ["mend what the first"]),
        (NONE, ["at GitHub: "]),
        ({**NONE, "url": "http://127.0.0.1:8082/n/s"}, ["no provider elsewhere", "at GitHub: "]),
        ({**NONE, "url": "http://[::1]:8082/n/s"}, ["no provider elsewhere", "at GitHub: "]),
        ({**NONE, "url": "http://localhost:8082/n/s"}, ["no provider elsewhere", "at GitHub: "]),
        (
            {**NONE, "status": {"conditions": [], "webhookIDKey": "42"}},
            ["the webhook is set up"],
        ),
        (counts(received=0, refusedFor={"bad_signature": 2}), ["2 came and none had a valid"]),
        (counts(refusedFor={"bad_signature": 2}), ["2 had no valid signature: strangers"]),
        (counts(refusedFor={"too_old": 2}), ["some were signed too far"]),
        (counts(refusedFor={"too_large": 1}), ["some were too large: raise --max-webhook-bytes"]),
        (
            {**counts(refusedFor={"too_large": 1}), **no_sink("EventTooLarge")},
            ["some were too large: raise --max-webhook-bytes"],
        ),
        (no_sink("SinkAway"), ["its sink does not take its events"]),
        (counts(sinkFailures=2), ["nothing: it is Ready"]),
    ],
)  # fmt: skip
def test_the_hints_follow_the_facts(facts: dict[str, Any], hints: list[str]) -> None:
    found = list(source_hints({**VIEW, **facts}))

    assert len(found) == len(hints)
    assert all(text.startswith(hint) for text, hint in zip(found, hints, strict=True))


@pytest.mark.parametrize(
    ("kind", "preset", "place"),
    [
        ("GitHubSource", "", "at GitHub"),
        ("GitLabSource", "", "at GitLab"),
        ("BitbucketSource", "", "at Bitbucket"),
        ("WebhookSource", "github", "at GitHub"),
        ("WebhookSource", "gitlab", "at GitLab"),
        ("WebhookSource", "bitbucket", "at Bitbucket"),
        ("WebhookSource", "standard-webhooks", "add an endpoint"),
        ("WebhookSource", "stripe", "at Stripe"),
        ("WebhookSource", "slack", "at api.slack.com"),
        ("WebhookSource", "shopify", "at Shopify"),
        ("WebhookSource", "hmac", "let the sender POST to"),
        ("WebhookSource", "bearer", "let the sender POST to"),
        ("WebhookSource", "basic", "let the sender POST to"),
        ("WebhookSource", "none", "let the sender POST to"),
        ("OtherSource", "", "give https://h.example/n/s to the sender"),
    ],
)
def test_every_kind_and_preset_has_its_form(kind: str, preset: str, place: str) -> None:
    settings = {"Preset": preset} if preset else {}

    (hint,) = source_hints({**VIEW, **NONE, "kind": kind, "settings": settings})

    assert hint.startswith(place)
    assert VIEW["url"] in hint
    assert "{" not in hint


@pytest.mark.parametrize(
    ("uri", "where"),
    [
        ("http://127.0.0.1:8080/n/main", "poplin describe broker n/main"),
        ("http://elsewhere/", "look at http://elsewhere/"),
        ("http://elsewhere/a/b/c", "look at http://elsewhere/a/b/c"),
    ],
)
def test_a_sink_that_takes_nothing_is_looked_at(uri: str, where: str) -> None:
    (hint,) = source_hints({**VIEW, **no_sink("SinkRefuses"), "sinkUri": uri})

    assert hint.endswith(where)
