"""The text of one file → its documents, and what is wrong with the rest."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from hashlib import blake2b
from itertools import islice

from poplin.resources.defaults import is_defaults, read_defaults
from poplin.resources.documents import read_broker, read_identity, read_service, read_trigger
from poplin.resources.fields import Checker, Fields
from poplin.resources.models import (
    Broker,
    Document,
    Identity,
    Place,
    Problem,
    Refused,
    Trigger,
    one_line,
)
from poplin.resources.secret import read_secret
from poplin.resources.source_document import read_source
from poplin.resources.source_models import SOURCE_KINDS, Source
from poplin.resources.values import DocumentError, Value, build, split

__all__ = ["Part", "admit"]

_MOST_DOCUMENTS = 10_000
_GROUP = "eventing.knative.dev"
# Words of the parser may repeat what stands there.
_HAS_SECRET = re.compile(r"""kind["']?\s*:\s*["']?Secret\b""")

_Reader = Callable[[Checker, Identity, Value | None, Fields], Document | None]
_READERS: dict[str, tuple[str, _Reader]] = {
    "Broker": (f"{_GROUP}/v1", read_broker),
    "Trigger": (f"{_GROUP}/v1", read_trigger),
    "Service": ("v1", read_service),
    "Secret": ("v1", read_secret),
    "ConfigMap": ("v1", read_defaults),
    **{kind: (version, read_source) for kind, version in SOURCE_KINDS.items()},
}
_UNSAID = "this Secret is not plain YAML; write each value as a quoted text"
_OURS = ("Broker", "Trigger", *SOURCE_KINDS)
"""Kinds whose documents are read to the last field; Kubernetes has its own eyes on others."""
_GROUPS = frozenset(_READERS[kind][0].partition("/")[0] for kind in _OURS)
_NEAR = 0.8  # Knative's other sources are further from ours


@dataclass(slots=True)
class Part:
    """What one file holds; a document may stand there twice."""

    file: str
    documents: list[tuple[Identity, Document]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def admit(text: str, file: str) -> Part:
    """One bad document never stops the good ones."""
    part = Part(file)
    for document in _documents(text, part):
        _read(document, part)
    return part


def _documents(text: str, part: Part) -> Iterator[Value]:
    is_empty = True
    documents = split(text)
    for first_line, document in islice(documents, _MOST_DOCUMENTS):
        try:
            value = build(document, first_line)
        except DocumentError as error:
            is_empty = False
            message = _UNSAID if _HAS_SECRET.search(document) else str(error)
            part.problems.append(Problem(part.file, error.line, message, hides=True))
            continue
        if value is not None and value.data is not None:
            is_empty = False
            yield value
    if (rest := next(documents, None)) is not None:
        message = f"a file may hold {_MOST_DOCUMENTS} documents; what follows is left out; split it"
        part.problems.append(Problem(part.file, rest[0], message, hides=True))
    elif is_empty:
        message = "holds no document; write a Broker or a Trigger, or leave it out"
        # It may be one that is being written.
        part.problems.append(Problem(part.file, 0, message, hides=True))


def _read(document: Value, part: Part) -> None:
    checker = Checker(part.file)
    fields = checker.fields(document)
    is_known = False
    if fields is not None and _is_list(document):
        items = fields.need("items")
        for item in (checker.items(items) if items else None) or ():
            # A path starts at its own document, as the user thinks of it.
            _read(_rooted(item, item.path), part)
    elif fields is not None:
        is_known = _read_fields(fields, checker, part)
    part.problems += (
        checker.problems if is_known else [replace(each, hides=True) for each in checker.problems]
    )


def _is_list(document: Value) -> bool:
    return "kind" in document.data and document.data["kind"].data == "List"


def _rooted(value: Value, root: str) -> Value:
    """The same with paths that begin below `root`."""
    data = value.data
    if isinstance(data, dict):
        data = {name: _rooted(each, root) for name, each in data.items()}
    elif isinstance(data, list):
        data = [_rooted(each, root) for each in data]
    path = value.path.removeprefix(root).removeprefix(".")
    return replace(value, data=data, path=path)


def _read_fields(fields: Fields, checker: Checker, part: Part) -> bool:
    """Is it known which document this is?"""
    place = Place(part.file, fields.value.line)
    kind = _kind(fields, checker, part, place)
    metadata = fields.need("metadata") if kind else None
    if kind is None or metadata is None:
        return False
    checker.where = kind
    identity, annotations = read_identity(checker, kind, metadata)
    if identity is None:
        return False
    checker.where = f"{kind} {identity[1]}/{identity[2]}"
    if kind == "ConfigMap":
        identity = (kind, "", identity[2])  # there is one for all namespaces, wherever it is
    found = _document(identity, annotations, fields, checker, place)
    part.documents.append((identity, found))
    if isinstance(found, Broker):
        _note_unused(found, fields.value, part)
    elif kind not in _OURS:
        # It has no verdict that could carry them.
        part.notes += [one_line(f"{place}: {checker.where}: {each}") for each in checker.warnings]
    return True


def _kind(fields: Fields, checker: Checker, part: Part, place: Place) -> str | None:
    """None for what is not ours, or cannot be told. A wrong version of ours is refused."""
    version_value, kind_value = fields.need("apiVersion"), fields.need("kind")
    if version_value is None or kind_value is None:
        return None
    version, kind = checker.text(version_value), checker.text(kind_value)
    if version is None or kind is None:
        return None
    expected, _ = _READERS.get(kind, ("", None))
    if kind == "ConfigMap" and not is_defaults(fields.value):
        expected = ""
    is_our_group = version.partition("/")[0] in _GROUPS
    if version == expected:
        return kind
    if kind in _OURS and is_our_group:
        checker.bad(version_value, expected)
        return kind
    near = get_close_matches(kind[:100], _OURS, 1, _NEAR) if is_our_group else ()
    if near:
        checker.bad(kind_value, near[0])
    else:
        part.notes.append(one_line(f"{place}: {kind} ({version}) is not ours; skipped"))
    return None


def _document(
    identity: Identity,
    annotations: Value | None,
    fields: Fields,
    checker: Checker,
    place: Place,
) -> Document:
    kind = identity[0]
    found = None if checker.problems else _READERS[kind][1](checker, identity, annotations, fields)
    fields.take("status")
    if kind in _OURS and not checker.problems:
        fields.refuse_unknown()
    digest = _digest(fields.value.data.get("spec"))
    if found is None or checker.problems:
        return _refused(identity, checker.problems[0], digest, place)
    if isinstance(found, Broker | Trigger | Source):
        return replace(found, place=place, spec_digest=digest)
    return replace(found, place=place)


def _refused(identity: Identity, problem: Problem, digest: str, place: Place) -> Refused:
    message = one_line(f"{problem.path}: {problem.message}" if problem.path else problem.message)
    return Refused(*identity, message, digest, place)


def _digest(spec: Value | None) -> str:
    """Tells a change of what was written, whatever its order and spelling."""
    plain = json.dumps(spec.plain() if spec else {}, sort_keys=True)
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _note_unused(broker: Broker, document: Value, part: Part) -> None:
    """Poplin serves every Broker in the files, whatever its class and config."""
    spec = document.data.get("spec")
    config = spec.data.get("config") if spec and spec.data else None
    unused = []
    if broker.broker_class not in ("", "Poplin"):
        unused.append(f"class {broker.broker_class}")
    if config is not None and config.data is not None:
        unused.append("spec.config")
    if unused:
        is_or_are = "is" if len(unused) == 1 else "are"
        part.notes.append(
            one_line(
                f"Broker {broker.namespace}/{broker.name}: {' and '.join(unused)} {is_or_are} not "
                "used; Poplin serves every Broker in the files"
            )
        )
