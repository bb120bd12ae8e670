"""Files and folders → checked documents. One bad document never stops the good ones."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from poplin.errors import InvalidResourceError
from poplin.resources.documents import (
    Identity,
    read_broker,
    read_identity,
    read_service,
    read_trigger,
)
from poplin.resources.fields import Checker, Fields, Value, build
from poplin.resources.models import Broker, Loaded, Problem, Service, Trigger

__all__ = ["load"]

_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_BYTES = 10 * 1024 * 1024
_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_GROUP = "eventing.knative.dev"
_CLASS = f"{_GROUP}/broker.class"

_Reader = Callable[[Checker, Identity, Value | None, Value | None], Broker | Trigger | Service]
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
        for file in _files(path, loaded):
            for document in _documents(file, loaded):
                _read(document, str(file), loaded, seen)
    return loaded


def _files(path: Path, loaded: Loaded) -> Iterator[Path]:
    if path.is_dir():
        found = sorted(
            each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file()
        )
        if not found:
            loaded.problems.append(
                Problem(str(path), 0, "the folder holds no .yaml, .yml or .json file")
            )
        yield from found
    else:
        yield path


def _documents(file: Path, loaded: Loaded) -> Iterator[Value]:
    try:
        raw = file.read_bytes()
        if len(raw) > _MOST_BYTES:
            raise ValueError(f"the file is larger than {_MOST_BYTES // 2**20} MiB")
        text = raw.decode("utf-8-sig")
    except OSError as error:
        loaded.problems.append(Problem(str(file), 0, f"cannot be read: {error.strerror}"))
        return
    except ValueError as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        loaded.problems.append(Problem(str(file), 0, why))
        return
    # Split first, so that a document that is not YAML leaves the others alone.
    starts = [0, *(match.end() for match in _MARKER.finditer(text))]
    ends = [*(match.start() for match in _MARKER.finditer(text)), len(text)]
    for start, end in zip(starts, ends, strict=True):
        try:
            value = build(text[start:end], str(file), text.count("\n", 0, start) + 1)
        except InvalidResourceError as error:
            loaded.problems.append(_parsed_problem(str(file), str(error)))
            continue
        if value is not None and value.data is not None:
            yield from _expanded(value)


def _parsed_problem(file: str, text: str) -> Problem:
    line, _, message = text.removeprefix(f"{file}:").partition(": ")
    return Problem(file, int(line), message)


def _expanded(value: Value) -> Iterator[Value]:
    """A List is its items."""
    data = value.data
    if (
        isinstance(data, dict)
        and "kind" in data
        and data["kind"].data == "List"
        and "items" in data
    ):
        items = data["items"].data
        yield from items if isinstance(items, list) else ()
    else:
        yield value


def _read(document: Value, file: str, loaded: Loaded, seen: dict[Identity, str]) -> None:
    checker = Checker(file)
    fields = checker.fields(document)
    if fields is not None:
        _read_fields(fields, checker, loaded, seen)
    loaded.problems += checker.problems


def _read_fields(
    fields: Fields, checker: Checker, loaded: Loaded, seen: dict[Identity, str]
) -> None:
    version_value, kind_value = fields.need("apiVersion"), fields.need("kind")
    if version_value is None or kind_value is None:
        return
    version, kind = str(version_value.data), str(kind_value.data)
    reader = _READERS.get((version, kind))
    line = fields.value.line
    if reader is None:
        if kind in ("Broker", "Trigger") and version.startswith(_GROUP):
            checker.bad(version_value, f"{_GROUP}/v1")
        else:
            loaded.notes.append(f"{checker.file}:{line}: {kind} ({version}) is not ours; skipped")
        return
    checker.where = kind
    metadata = fields.need("metadata")
    identity, annotations = read_identity(checker, kind, metadata) if metadata else (None, None)
    if identity is None:
        return
    checker.where = f"{kind} {identity[1]}/{identity[2]}"
    place = f"{checker.file}:{line}"
    if identity in seen:
        checker.refuse(fields.value, f"is there twice; the first is at {seen[identity]}; keep one")
        return
    seen[identity] = place
    spec = fields.need("spec") if kind == "Trigger" else fields.take("spec")
    fields.take("status")
    if checker.problems:
        return
    found = reader(checker, identity, annotations, spec)
    if kind != "Service":
        fields.refuse_unknown()
    if not checker.problems:
        _keep(found, spec, annotations, loaded)


def _keep(found: Any, spec: Value | None, annotations: Value | None, loaded: Loaded) -> None:
    if isinstance(found, Trigger):
        loaded.triggers.append(found)
    elif isinstance(found, Service):
        loaded.services.append(found)
    else:
        loaded.brokers.append(found)
        broker_class = (annotations.data if annotations else {}).get(_CLASS)
        unused = []
        if broker_class is not None and broker_class.data != "Poplin":
            unused.append(f"class {broker_class.data}")
        if spec is not None and "config" in spec.data:
            unused.append("spec.config")
        if unused:
            loaded.notes.append(
                f"Broker {found.namespace}/{found.name}: {' and '.join(unused)} not used; "
                "Poplin serves every Broker in the files"
            )
