"""Every annotation under `poplin.dev/`, in one table: what Knative has no field for."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from poplin.names import is_key, is_name
from poplin.resources.duration import parse_bytes, parse_duration, parse_positive_duration
from poplin.resources.fields import Checker
from poplin.resources.source_models import SecretKey
from poplin.resources.values import Value

__all__ = ["ANNOTATIONS", "Annotation", "read_annotations"]

_PREFIX = "poplin.dev/"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A row of the table in docs/annotations.md, too, which `make docs` writes.

    `parse` raises ValueError saying what is allowed, for the empty text as well; `default` is the
    parsed value, `written` how a user writes it where that is not its plain text. The value of one
    that `hides` is in no message: somebody may have written a secret there.
    """

    kinds: frozenset[str]
    parse: Callable[[str], Any]
    default: Any
    about: str
    written: str = ""
    hides: bool = False


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= 12:
            number = int(text)
            if lowest <= number <= highest:
                return number
        raise ValueError(f"use a whole number from {lowest} to {highest}, in quotes")

    return parse


def _duration_between(lowest: str, highest: str) -> Callable[[str], float]:
    shortest, longest = parse_duration(lowest), parse_duration(highest)

    def parse(text: str) -> float:
        with suppress(ValueError):
            if shortest <= (seconds := parse_duration(text)) <= longest:
                return seconds
        raise ValueError(f"use a duration from {lowest} to {highest}")

    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text in allowed:
            return text
        raise ValueError(f"use {' or '.join(allowed)}")

    return parse


def _boolean(text: str) -> bool:
    return _one_of("true", "false")(text) == "true"


def _secrets(text: str) -> tuple[SecretKey, ...]:
    found = []
    for each in text.split(","):
        name, _, key = each.strip().partition("/")
        if not (is_name(name) and is_key(key)):
            raise ValueError("use NAME/KEY of a Secret, several with commas between them")
        found.append(SecretKey(name=name, key=key))
    return tuple(found)


_BOTH = frozenset({"Broker", "Trigger"})
_BROKER = frozenset({"Broker"})
_TRIGGER = frozenset({"Trigger"})
_GITHUB = frozenset({"GitHubSource"})
_GITLAB = frozenset({"GitLabSource"})
_BITBUCKET = frozenset({"BitbucketSource"})
_WEBHOOK = frozenset({"WebhookSource"})
_API_SERVER = frozenset({"ApiServerSource"})
_PING = frozenset({"PingSource"})

ANNOTATIONS: dict[str, Annotation] = {
    "max-in-flight": Annotation(
        _TRIGGER,
        _whole(1, 10_000),
        64,
        "Requests to the subscriber under way at once, over all partitions, from each dispatcher.",
    ),
    "backoff-max": Annotation(
        _BOTH, parse_positive_duration, 3600.0, "Longest wait between two attempts.", "PT1H"
    ),
    "dead-letter-retention": Annotation(
        _BOTH, parse_positive_duration, 604_800.0, "How long dead letters are kept.", "P7D"
    ),
    "reply-policy": Annotation(
        _BOTH,
        _one_of("ignore", "strict"),
        "ignore",
        "What an answer of 2xx means whose body is no CloudEvent: `ignore`, a success that is "
        "counted; `strict`, a failure, as in Knative.",
    ),
    "header-encoding": Annotation(
        _BOTH,
        _one_of("keep", "spec"),
        "keep",
        "Attributes in headers: `keep`, as the producer wrote them; `spec`, percent-encoded anew "
        "by the HTTP binding.",
    ),
    "paused": Annotation(
        _TRIGGER,
        _boolean,
        False,
        "`true`: matches are queued, and nothing is attempted until it is `false` again; what is "
        "under way finishes. `poplin pause` and `poplin resume` do the same without an edit, but "
        "do not resume what this says is paused.",
        "false",
    ),
    "ordering": Annotation(
        _TRIGGER,
        _one_of("none", "partitionkey"),
        "none",
        "`partitionkey`: events of one key (`partitionkey`, else `source`) are delivered one at a "
        "time, in the order of the log; what that promises and costs is in "
        "[delivery.md](delivery.md#order).",
    ),
    "partitions": Annotation(
        _BROKER, _whole(1, 64), 1, "Parts of the log, which dispatchers share among them."
    ),
    "retention": Annotation(
        _BROKER,
        parse_positive_duration,
        86_400.0,
        "How long settled events are kept for replay.",
        "PT24H",
    ),
    "retention-bytes": Annotation(
        _BROKER, parse_bytes, 256 * 2**20, "How much of them is kept at most.", "256Mi"
    ),
    "journal-bytes": Annotation(
        _BROKER,
        parse_bytes,
        64 * 2**20,
        "How much is kept of what became of events, for `poplin trace` (below).",
        "64Mi",
    ),
    "rate-limit": Annotation(
        _BROKER,
        _whole(1, 1_000_000),
        None,
        "Events a second that are accepted at most, over all ingress processes together; above it "
        "429 with Retry-After. One second's worth may come at once. A batch counts each event, and "
        "passes while there is room for one: what it takes too much, the next must wait for.",
    ),
    "dedupe-window": Annotation(
        _BROKER,
        _duration_between("PT1S", "P7D"),
        None,
        "How long an event's repeats, known by `source` and `id`, are answered 202 and dropped; "
        "without it all are kept. Each event takes about 110 bytes of the store for up to two windows "
        "([send.md](send.md#repeats)).",
    ),
    "mapping": Annotation(
        _GITHUB | _GITLAB,
        _one_of("knative", "cloudevents"),
        "knative",
        "Which attributes events get: `knative`, those of Knative's source of that kind; "
        "`cloudevents`, those of the CloudEvents adapter for the provider.",
    ),
    "more-secrets": Annotation(
        _GITHUB | _GITLAB | _BITBUCKET,
        _secrets,
        None,
        "Secrets that may have signed beside `spec.secretToken`, to change it without a gap.",
        hides=True,
    ),
    "allow-sha1": Annotation(
        _GITHUB,
        _boolean,
        False,
        "`true`: a delivery that has no `X-Hub-Signature-256` is verified by `X-Hub-Signature`, as "
        "old GitHub Enterprise Servers need.",
        "false",
    ),
    "forward-ping": Annotation(
        _GITHUB | _BITBUCKET | _WEBHOOK,
        _boolean,
        False,
        "`true`: the ping by which a provider tries a hook becomes an event, too; of a "
        "WebhookSource with preset `github` or `bitbucket`.",
        "false",
    ),
    "initial-list": Annotation(
        _API_SERVER,
        _one_of("none", "emit"),
        "none",
        "What is there when the source starts for the first time: `none`, nothing is emitted, as in "
        "Knative; `emit`, an add for each object.",
    ),
    "allow-secrets": Annotation(
        _API_SERVER,
        _boolean,
        False,
        "`true`: Secrets may be watched, so that what they hold may go to the sink.",
        "false",
    ),
    "event-extensions": Annotation(
        _API_SERVER,
        _boolean,
        False,
        "`true`: of a Kubernetes Event in mode `Resource`, the extensions `reason`, `eventtype`, "
        "`involvedkind` and `involvedname`, for triggers to filter by.",
        "false",
    ),
    "catch-up": Annotation(
        _PING,
        _one_of("none", "last", "all"),
        "none",
        "Ticks that were missed for more than a minute while nothing ran: `none`, they are reported; "
        "`last`, the last one is fired; `all`, each, the last 1,000 at most.",
    ),
}


def read_annotations(checker: Checker, kind: str, value: Value | None) -> dict[str, Any]:
    """The parsed `poplin.dev/` annotations that are set; those of other groups are left alone."""
    fields = checker.fields(value) if value is not None else None
    found: dict[str, Any] = {}
    if fields is None:
        return found
    for name, text in fields.value.data.items():
        short = name.removeprefix(_PREFIX)
        if text.data is not None and not isinstance(text.data, str):
            _refuse(checker, text, short, "a string; put the value in quotes")
            continue
        if short == name:
            continue
        known = [each for each, row in ANNOTATIONS.items() if kind in row.kinds]
        if short not in known:
            checker.refuse(text, _hint(short, kind, known))
            continue
        parsed = _parsed(checker, text, short)
        if parsed is not None:
            found[short] = parsed
    return found


def _parsed(checker: Checker, value: Value, short: str) -> Any | None:
    try:
        return ANNOTATIONS[short].parse(value.data or "")
    except ValueError as error:
        _refuse(checker, value, short, str(error).removeprefix("use "))
        return None


def _refuse(checker: Checker, value: Value, short: str, allowed: str) -> None:
    if short in ANNOTATIONS and ANNOTATIONS[short].hides:
        checker.refuse(value, f"this value is not allowed; use {allowed}")
    else:
        checker.bad(value, allowed)


def _hint(short: str, kind: str, known: list[str]) -> str:
    if short in ANNOTATIONS:
        owner = " or ".join(map(_a, sorted(ANNOTATIONS[short].kinds)))
        return f"belongs on {owner}, not on {_a(kind)}"
    near = get_close_matches(short[:100], known, 1, 0.0)[0]
    return f"unknown annotation of {_a(kind)}; did you mean {_PREFIX}{near}?"


def _a(kind: str) -> str:
    return f"an {kind}" if kind.startswith("A") else f"a {kind}"
