"""Which sources are served: as the files say, and each with what it was through edits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from poplin.catalog import Condition, SourceStatus
from poplin.resources import Loaded, ResolvedSource
from poplin.resources.models import Problem
from sources.service import Sources
from sources.standing import Standing
from sources.webhooks.hook import Closed, Taker
from tests.sources.stage import KEY, resolved


class Scene:
    """`resolved` is what the documents say; generations go on as they do in real."""

    def __init__(self, *found: ResolvedSource) -> None:
        self.resolved: Sequence[ResolvedSource] = found
        self.sources = Sources(self._resolve, self._make)
        self.sources.take(Loaded())

    def edit(self, *found: ResolvedSource) -> None:
        self.resolved = found
        self.sources.take(Loaded())

    @property
    def statuses(self) -> list[SourceStatus]:
        return [each.status for each in self.sources.served]

    def _resolve(
        self, _loaded: Loaded, known: Mapping[str, SourceStatus]
    ) -> Sequence[ResolvedSource]:
        return [replace(each, status=_numbered(each.status, known)) for each in self.resolved]

    def _make(self, each: ResolvedSource, standing: Standing) -> Taker:
        return Closed(each.status.key, standing)


def _numbered(status: SourceStatus, known: Mapping[str, SourceStatus]) -> SourceStatus:
    before = known.get(status.key)
    if before is None:
        return status
    more = before.spec_digest != status.spec_digest
    return replace(status, observed_generation=before.observed_generation + more)


def test_nothing_is_known_before_documents_are_in_force() -> None:
    sources = Sources(lambda *_: [], lambda *_: Closed("", Standing()))

    assert (sources.is_known, sources.at("/default/shop")) == (False, None)


def test_it_is_not_known_what_is_gone_until_all_files_could_be_read_once() -> None:
    """From then on the version before an error is kept."""
    unreadable = Loaded(problems=[Problem("f.yaml", 1, "is no YAML", hides=True)])
    sources, seen = Sources(lambda *_: [], lambda *_: Closed("", Standing())), []

    for loaded in (unreadable, Loaded(), unreadable):
        sources.take(loaded)
        seen.append(sources.is_whole)

    assert seen == [False, True, True]


def test_a_source_is_found_at_its_path_and_no_more_when_it_is_gone() -> None:
    scene = Scene(resolved("shop"), resolved("other"))
    found = [scene.sources.at(path) for path in ("/default/shop", "/default/other/", "/default")]

    scene.edit(resolved("other"))

    assert [each and each.key for each in found] == [KEY, "WebhookSource/default/other", None]
    assert scene.sources.at("/default/shop") is None
    assert len(scene.statuses) == 1


def test_how_a_source_fares_outlives_an_edit_of_its_spec() -> None:
    scene = Scene(resolved())
    standing = scene.sources.served[0].standing
    standing.received()
    standing.too_large(10)

    scene.edit(resolved(digest="2"))

    (status,) = scene.statuses
    assert scene.sources.served[0].standing is standing
    assert status.condition("DeliveryReceived").status == "True"
    assert status.condition("EventsAccepted") == Condition("EventsAccepted", "Unknown")


def test_an_edit_of_another_source_leaves_what_the_sink_refused() -> None:
    scene = Scene(resolved())
    scene.sources.served[0].standing.too_large(10)

    scene.edit(resolved(), resolved("other"))

    assert scene.statuses[0].condition("EventsAccepted").reason == "EventTooLarge"


def test_a_status_has_what_happened_and_ready_is_as_the_hook_at_the_provider() -> None:
    scene = Scene(resolved())
    standing = scene.sources.served[0].standing
    standing.webhook = Condition("WebhookConfigured", "False", "Refused", "no rights")
    standing.webhook_id = "42"
    standing.emitted(10, 0.5)

    (status,) = scene.statuses
    assert (status.webhook_id, status.lag_s) == ("42", 0.5)
    assert (status.ready, status.condition("Ready").reason) == (False, "Refused")


def test_generations_go_on_from_what_the_store_has() -> None:
    scene = Scene(resolved(digest="2"))

    scene.sources.go_on_from({KEY: replace(resolved().status, observed_generation=7)})
    first = scene.statuses[0].observed_generation
    scene.edit(resolved(digest="3"))

    assert (first, scene.statuses[0].observed_generation) == (8, 9)


def test_a_source_that_acts_by_itself_has_no_path_and_is_ready_when_it_says_so() -> None:
    timer = resolved("nightly")
    status = replace(timer.status, kind="PingSource", conditions=(Condition("Ready", "True"),))
    scene = Scene(replace(timer, status=status))
    before = scene.statuses[0]
    standing = scene.sources.served[0].standing
    standing.namespaces = ("default",)
    standing.say(Condition("Deployed", "True"))
    (after,) = scene.statuses

    assert scene.sources.at("/default/nightly") is None
    assert (before.condition("Ready").status, before.condition("Ready").reason) == (
        "Unknown",
        "NotYetStarted",
    )
    assert [each.type for each in before.conditions] == ["Ready", "Deployed"]
    assert (after.ready, after.namespaces) == (True, ("default",))
