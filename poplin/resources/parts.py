"""What every document is made of: where it stands, where it leads, what is wrong with it."""

from dataclasses import dataclass

__all__ = ["NOWHERE", "Destination", "Place", "Problem", "Ref", "one_line"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend; `where` is the kind and name of the document, if it got that far.

    `line` 0 is the file as a whole. One that `hides` leaves unknown which documents stand there.
    """

    file: str
    line: int
    message: str
    where: str = ""
    path: str = ""
    hides: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = (place, self.where, self.path, self.message)
        return ": ".join(one_line(part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document begins."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


NOWHERE = Place("", 0)


def one_line(text: str) -> str:
    """Fit to be shown: what a file holds must not forge a log line or drive a terminal."""
    shown = text if len(text) <= 1000 else text[:997] + "..."
    if shown.isprintable():
        return shown
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A KReference. `version` is empty where only a group was given."""

    kind: str
    name: str
    namespace: str
    group: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go: a ref, an absolute URI, or a ref with a URI relative to its address."""

    ref: Ref | None = None
    uri: str | None = None
