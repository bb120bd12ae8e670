"""Files and folders → checked documents. One bad document never stops the good ones."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from poplin.resources.documents import (
    Identity,
    read_broker,
    read_identity,
    read_service,
    read_trigger,
)
from poplin.resources.fields import Checker, Fields
from poplin.resources.files import find, read_text
from poplin.resources.models import (
    Broker,
    Loaded,
    Place,
    Problem,
    Refused,
    Service,
    Trigger,
    one_line,
)
from poplin.resources.values import DocumentError, Value, build, split

__all__ = ["load"]

_MOST_DOCUMENTS = 10_000
_MOST_PROBLEMS = 100
_GROUP = "eventing.knative.dev"
_CLASS = f"{_GROUP}/broker.class"

_Reader = Callable[
    [Checker, Identity, Value | None, Value | None], Broker | Trigger | Service | None
]
_READERS: dict[tuple[str, str], _Reader] = {
    (f"{_GROUP}/v1", "Broker"): read_broker,
    (f"{_GROUP}/v1", "Trigger"): read_trigger,
    ("v1", "Service"): read_service,
}


def load(paths: Sequence[Path]) -> Loaded:
    """Read YAML or JSON files, and folders of them. Whatever is wrong is a Problem, never raised."""
    loaded = Loaded()
    seen: dict[Identity, str] = {}
    for path in paths:
        for file in find(path):
            text = file if isinstance(file, Problem) else read_text(file)
            if isinstance(text, Problem):
                loaded.problems.append(text)
                continue
            before = len(loaded.problems)
            for document in _documents(text, str(file), loaded):
                _read(document, str(file), loaded, seen)
            _cap_problems(loaded, before, str(file))
    return loaded


def _cap_problems(loaded: Loaded, before: int, file: str) -> None:
    """A file has one page of errors: more would bury those of other files."""
    more = len(loaded.problems) - before - _MOST_PROBLEMS
    if more > 0:
        del loaded.problems[before + _MOST_PROBLEMS :]
        loaded.problems.append(Problem(file, 0, f"has {more} more errors; mend these first"))


def _documents(text: str, file: str, loaded: Loaded) -> Iterator[Value]:
    is_empty = True
    documents = split(text)
    for first_line, document in islice(documents, _MOST_DOCUMENTS):
        try:
            value = build(document, first_line)
        except DocumentError as error:
            is_empty = False
            loaded.problems.append(Problem(file, error.line, str(error)))
            continue
        if value is not None and value.data is not None:
            is_empty = False
            yield value
    if (rest := next(documents, None)) is not None:
        message = f"a file may hold {_MOST_DOCUMENTS} documents; what follows is left out; split it"
        loaded.problems.append(Problem(file, rest[0], message))
    elif is_empty:
        loaded.problems.append(
            Problem(file, 0, "holds no document; write a Broker or a Trigger, or leave it out")
        )


def _read(document: Value, file: str, loaded: Loaded, seen: dict[Identity, str]) -> None:
    checker = Checker(file)
    fields = checker.fields(document)
    if fields is not None and _is_list(document):
        items = fields.need("items")
        for item in (checker.items(items) if items else None) or ():
            # A path starts at its own document, as the user thinks of it.
            _read(_rooted(item, item.path), file, loaded, seen)
    elif fields is not None:
        _read_fields(fields, checker, loaded, seen)
    loaded.problems += checker.problems


def _is_list(document: Value) -> bool:
    return "kind" in document.data and document.data["kind"].data == "List"


def _rooted(value: Value, root: str) -> Value:
    """The same with paths that begin below `root`."""
    data = value.data
    if isinstance(data, dict):
        data = {name: _rooted(each, root) for name, each in data.items()}
    elif isinstance(data, list):
        data = [_rooted(each, root) for each in data]
    return Value(data, value.line, value.path.removeprefix(root).removeprefix("."))


def _read_fields(
    fields: Fields, checker: Checker, loaded: Loaded, seen: dict[Identity, str]
) -> None:
    version_value, kind_value = fields.need("apiVersion"), fields.need("kind")
    if version_value is None or kind_value is None:
        return
    version, kind = checker.text(version_value), checker.text(kind_value)
    if version is None or kind is None:
        return
    reader = _READERS.get((version, kind))
    line = fields.value.line
    if reader is None:
        if kind in ("Broker", "Trigger") and version.partition("/")[0] == _GROUP:
            checker.bad(version_value, f"{_GROUP}/v1")
        else:
            loaded.notes.append(
                one_line(f"{checker.file}:{line}: {kind} ({version}) is not ours; skipped")
            )
        return
    checker.where = kind
    metadata = fields.need("metadata")
    identity, annotations = read_identity(checker, kind, metadata) if metadata else (None, None)
    if identity is None:
        return
    checker.where = f"{kind} {identity[1]}/{identity[2]}"
    if identity in seen:
        checker.refuse(fields.value, f"is there twice; the first is at {seen[identity]}; keep one")
        return
    seen[identity] = f"{checker.file}:{line}"
    spec = fields.need("spec") if kind == "Trigger" else fields.take("spec")
    fields.take("status")
    found = None if checker.problems else reader(checker, identity, annotations, spec)
    if kind != "Service" and not checker.problems:
        fields.refuse_unknown()
    place = Place(checker.file, line)
    if found is not None and not checker.problems:
        _keep(_stamped(found, spec, place), spec, annotations, loaded)
    else:
        loaded.refused.append(_refused(identity, checker.problems[0], spec, place))


def _stamped(
    found: Broker | Trigger | Service, spec: Value | None, place: Place
) -> Broker | Trigger | Service:
    if isinstance(found, Service):
        return replace(found, place=place)
    return replace(found, place=place, spec_digest=_digest(spec))


def _refused(identity: Identity, problem: Problem, spec: Value | None, place: Place) -> Refused:
    message = one_line(f"{problem.path}: {problem.message}" if problem.path else problem.message)
    return Refused(*identity, message, _digest(spec), place)


def _digest(spec: Value | None) -> str:
    """Tells a change of what was written, whatever its order and spelling."""
    plain = json.dumps(spec.plain() if spec else {}, sort_keys=True)
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _keep(
    found: Broker | Trigger | Service,
    spec: Value | None,
    annotations: Value | None,
    loaded: Loaded,
) -> None:
    if isinstance(found, Trigger):
        loaded.triggers.append(found)
    elif isinstance(found, Service):
        loaded.services.append(found)
    else:
        loaded.brokers.append(found)
        _note_unused(found, spec, annotations, loaded)


def _note_unused(
    broker: Broker, spec: Value | None, annotations: Value | None, loaded: Loaded
) -> None:
    """Poplin serves every Broker in the files, whatever its class and config."""
    broker_class = (annotations.data if annotations else {}).get(_CLASS)
    config = spec.data.get("config") if spec else None
    unused = []
    if broker_class is not None and broker_class.data not in (None, "Poplin"):
        unused.append(f"class {broker_class.data}")
    if config is not None and config.data is not None:
        unused.append("spec.config")
    if unused:
        is_or_are = "is" if len(unused) == 1 else "are"
        loaded.notes.append(
            one_line(
                f"Broker {broker.namespace}/{broker.name}: {' and '.join(unused)} {is_or_are} not "
                "used; Poplin serves every Broker in the files"
            )
        )
