"""What a person hears of files that were read."""

from pathlib import Path

from poplin.resources import Loaded, keep_good, load
from poplin.watch import told

BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: b}\n---\n"
SOURCE = (
    "apiVersion: sources.poplin.dev/v1alpha1\nkind: WebhookSource\nmetadata: {name: shop}\n"
    "spec: {preset: none, event: {type: {value: sold}}, sink: {uri: 'http://127.0.0.1:1/'}}\n"
)


def test_a_mistake_is_told_with_what_serves_on_and_once_when_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    texts = (BROKER + SOURCE, "{", "{", BROKER + SOURCE)
    served, said = Loaded(), []

    for text in texts:
        file.write_text(text)
        now = keep_good(served, load([file]))
        said.append([(line.removeprefix(str(file)), level) for line, level in told(served, now)])
        served = now

    first, (problem, kept), still, mended = said
    assert (first, still) == ([], [])
    assert problem[1] == "error"
    assert kept == (
        "the last good version keeps serving of broker default/b, WebhookSource default/shop",
        "warning",
    )
    assert mended == [(" is mended", "info")]
