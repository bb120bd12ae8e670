"""Documents of sources as tests write them: a good one of each kind, and what differs."""

from pathlib import Path

from poplin.resources import ResolvedSource, resolve_sources
from poplin.resources.source_models import Source
from tests.resources.test_load import loaded

__all__ = [
    "API_SERVER",
    "BITBUCKET",
    "GITHUB",
    "GITLAB",
    "PING",
    "SECRET",
    "VALUE",
    "WEBHOOK",
    "annotated",
    "resolved",
    "the_source",
    "with_spec",
]

VALUE = "hunter2:9f"
SECRET = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{k: '{VALUE}'}}\n"

GITHUB = """\
apiVersion: sources.knative.dev/v1alpha1
kind: GitHubSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  ownerAndRepository: o/r
  eventTypes: [push, pull_request]
  secretToken: {secretKeyRef: {name: s, key: k}}
"""
GITLAB = """\
apiVersion: sources.knative.dev/v1alpha1
kind: GitLabSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  projectUrl: https://gitlab.com/g/p
  eventTypes: [push_events, confidential_issues_events]
  secretToken: {secretKeyRef: {name: s, key: k}}
"""
BITBUCKET = """\
apiVersion: sources.poplin.dev/v1alpha1
kind: BitbucketSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  ownerAndRepository: w/r
  secretToken: {secretKeyRef: {name: s, key: k}}
"""
WEBHOOK = """\
apiVersion: sources.poplin.dev/v1alpha1
kind: WebhookSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  preset: stripe
  secrets: [{secretKeyRef: {name: s, key: k}}]
"""
API_SERVER = """\
apiVersion: sources.knative.dev/v1
kind: ApiServerSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  resources: [{apiVersion: v1, kind: Pod}]
"""
PING = """\
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
  schedule: '* * * * *'
"""


def with_spec(document: str, lines: str) -> str:
    """With these fields of `spec` in place of those of their names; `name:` alone takes one out."""
    head, _, spec = document.partition("spec:\n")
    names = {line.partition(":")[0] for line in lines.splitlines()}
    kept = [line for line in spec.splitlines() if line.strip().partition(":")[0] not in names]
    return f"{head}spec:\n" + "".join(f"{each}\n" for each in kept) + _indented(lines)


def _indented(lines: str) -> str:
    return "".join(f"  {line}\n" for line in lines.splitlines() if not line.endswith(":"))


def annotated(document: str, **annotations: str) -> str:
    """Names with an underscore for each hyphen, without the group."""
    texts = [f"poplin.dev/{name.replace('_', '-')}: '{text}'" for name, text in annotations.items()]
    return document.replace("{name: x}", f"{{name: x, annotations: {{{', '.join(texts)}}}}}")


def the_source(folder: Path, document: str) -> Source:
    """The only one, of a document that is good."""
    found = loaded(folder, document)
    assert not found.problems
    (source,) = found.sources
    return source


def resolved(folder: Path, text: str) -> ResolvedSource:
    """The only source."""
    (found,) = resolve_sources(
        loaded(folder, text),
        broker_url=lambda namespace, name: f"http://ingress/{namespace}/{name}",
        receiver_url=lambda path: f"https://hooks{path}",
    )
    return found
