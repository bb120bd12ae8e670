"""The source that a Trigger waits for, as far as the files tell."""

import json
from pathlib import Path

import pytest

from poplin.resources import Resolved, resolve
from tests.resources.sources import API_SERVER, BITBUCKET, GITHUB, PING, SECRET, with_spec
from tests.resources.test_load import BROKER, GOOD, loaded

VERSION = "sources.knative.dev/v1alpha1"
OF_V1 = "sources.knative.dev/v1"
LOST = "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: c}}"
FLOW = "events are delivered all the same"


def waiting(folder: Path, text: str, **dependency: str) -> Resolved:
    """A Trigger with this dependency, beside a Broker and what `text` holds."""
    annotation = json.dumps(
        {"kind": "GitHubSource", "name": "x", "apiVersion": VERSION, **dependency}
    )
    noted = f"{{name: t, annotations: {{knative.dev/dependency: '{annotation}'}}}}"
    trigger = GOOD.replace("{name: t}", noted)
    found = loaded(folder, "---\n".join(filter(None, [BROKER, trigger, text])))
    return resolve(found, lambda *_: "uid", broker_url=lambda *_: "http://i/")


@pytest.mark.parametrize(
    ("text", "dependency", "status", "reason", "message"),
    [
        (f"{GITHUB}---\n{SECRET}", {}, "True", "", ""),
        (f"{GITHUB}---\n{SECRET}", {"namespace": "default"}, "True", "", ""),
        (f"{BITBUCKET}---\n{SECRET}", {"kind": "BitbucketSource", "apiVersion": "sources.poplin.dev/v1alpha1"}, "True", "", ""),
        (GITHUB, {}, "False", "SecretTokenNotFound", "Secret default/s is not in the files; add it, with the key k under stringData"),
        (with_spec(GITHUB, "eventTypes: []"), {}, "False", "Invalid", "spec.eventTypes: is empty; give at least one"),
        ("", {}, "False", "DependencyDoesNotExist", f"GitHubSource default/x of {VERSION} is not in the files; add it, or leave out knative.dev/dependency; {FLOW}"),
        (f"{GITHUB}---\n{SECRET}", {"name": "y"}, "False", "DependencyDoesNotExist", f"GitHubSource default/y of {VERSION} is not in the files; add it, or leave out knative.dev/dependency; {FLOW}"),
        (f"{GITHUB}---\n{SECRET}", {"apiVersion": "sources.knative.dev/v1"}, "False", "DependencyDoesNotExist", f"GitHubSource default/x has the apiVersion {VERSION}, not sources.knative.dev/v1; mend knative.dev/dependency; {FLOW}"),
        (API_SERVER, {"kind": "ApiServerSource", "apiVersion": OF_V1}, "True", "", ""),
        (PING, {"kind": "PingSource", "apiVersion": OF_V1}, "True", "", ""),
        (f"{API_SERVER}---\n{PING}---\n{with_spec(GITHUB, 'eventTypes: []')}", {"kind": "PingSource", "apiVersion": OF_V1}, "True", "", ""),
        (with_spec(API_SERVER, "resources: []"), {"kind": "ApiServerSource", "apiVersion": OF_V1}, "False", "Invalid", "spec.resources: is empty; give at least one"),
        (with_spec(PING, LOST), {"kind": "PingSource", "apiVersion": OF_V1}, "False", "NotFound", "Broker.eventing.knative.dev default/c has no address here; add that Broker to the files, or use uri"),
        (PING, {"kind": "PingSource", "apiVersion": "sources.knative.dev/v1beta2"}, "False", "DependencyDoesNotExist", f"PingSource default/x has the apiVersion {OF_V1}, not sources.knative.dev/v1beta2; mend knative.dev/dependency; {FLOW}"),
        ("", {"kind": "PingSource", "apiVersion": OF_V1}, "False", "DependencyDoesNotExist", f"PingSource default/x of {OF_V1} is not in the files; add it, or leave out knative.dev/dependency; {FLOW}"),
        ("", {"kind": "ContainerSource", "apiVersion": OF_V1}, "False", "DependencyDoesNotExist", f"ContainerSource default/x is not served here; leave out knative.dev/dependency; {FLOW}"),
    ],
)  # fmt: skip
def test_a_trigger_says_whether_its_source_is_ready(
    tmp_path: Path, text: str, dependency: dict[str, str], status: str, reason: str, message: str
) -> None:
    found = waiting(tmp_path, text, **dependency)

    trigger = next(each for each in found.verdicts if each.kind == "Trigger")
    condition = trigger.condition("DependencyReady")
    assert (condition.status, condition.reason, condition.message) == (status, reason, message)
    assert (trigger.ready, trigger.reason) == (status == "True", reason)
    assert len(found.triggers) == 1
