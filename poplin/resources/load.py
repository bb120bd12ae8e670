"""Files and folders → checked documents."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from poplin.resources.admission import Part, admit
from poplin.resources.files import find, read_text
from poplin.resources.models import Identity, Loaded, Place, Problem
from poplin.resources.source_models import rivals

__all__ = ["Loader", "load"]

_MOST_PROBLEMS = 100


class Loader:
    """Loads the same paths again and again; a file whose text is as it was is not read anew."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._known: dict[Path, tuple[str, Part]] = {}

    def load(self) -> Loaded:
        """Whatever is wrong is a Problem, never raised."""
        loaded = Loaded()
        read: dict[Path, tuple[str, Part]] = {}
        for file in chain.from_iterable(map(find, self._paths)):
            text = file if isinstance(file, Problem) else read_text(file)
            if isinstance(text, Problem):
                loaded.problems.append(text)
            elif isinstance(file, Path) and file not in read:
                known = self._known.get(file)
                read[file] = known if known and known[0] == text else (text, admit(text, str(file)))
                _join(read[file][1], loaded)
        self._known = read
        return loaded


def load(paths: Sequence[Path]) -> Loaded:
    """Read YAML or JSON files, and folders of them, once."""
    return Loader(paths).load()


def _join(part: Part, loaded: Loaded) -> None:
    problems = [*part.problems, *_add(part, loaded)]
    loaded.problems += _capped(problems, part.file)
    loaded.notes += part.notes


def _add(part: Part, loaded: Loaded) -> list[Problem]:
    """Of a document that is there twice, and of webhook sources that share a name, the first counts."""
    problems = []
    for identity, document in part.documents:
        first = next((each for each in rivals(*identity) if each in loaded.documents), None)
        if first is None:
            loaded.documents[identity] = document
            continue
        where = f"{identity[0]} {'/'.join(filter(None, identity[1:]))}"
        message = _why_second(identity, first, loaded.documents[first].place)
        problems.append(Problem(part.file, document.place.line, message, where))
    return problems


def _why_second(identity: Identity, first: Identity, place: Place) -> str:
    if identity == first:
        return f"is there twice; the first is at {place}; keep one"
    path = f"/{first[1]}/{first[2]}"
    return f"would have the path {path} of the {first[0]} at {place}; rename one"


def _capped(problems: list[Problem], file: str) -> list[Problem]:
    """A file has one page of errors: more would bury those of other files."""
    shown, more = problems[:_MOST_PROBLEMS], problems[_MOST_PROBLEMS:]
    if more:
        message = f"has {len(more)} more errors; mend these first"
        shown.append(Problem(file, 0, message, hides=any(each.hides for each in more)))
    return shown
