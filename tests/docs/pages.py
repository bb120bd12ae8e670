"""A page as a list of steps, in its order."""

import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Command", "Directive", "File", "Printed", "Step", "is_of_cluster", "steps"]


@dataclass(frozen=True, slots=True)
class Command:
    line: int
    text: str
    expected: tuple[str, ...] = ()
    status: int = 0

    @property
    def is_background(self) -> bool:
        return self.text.endswith("&") and not self.text.endswith("&&")


@dataclass(frozen=True, slots=True)
class File:
    line: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Printed:
    """Lines that a running command, known by a word in it, prints."""

    line: int
    word: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directive:
    """`fabric` or `background`, and what stands behind it."""

    line: int
    name: str
    argument: str


Step = Command | File | Printed | Directive

_FENCE = re.compile(r"^(?P<fence>```+)(?P<language>\w*)\n(?P<body>.*?)^(?P=fence)$", re.M | re.S)
_MARK = re.compile(r"^<!-- run: (?P<name>\w+) ?(?P<argument>.*?) -->$", re.M)
_NAMED = re.compile(r"# (?P<name>[\w./-]+\.\w+)\n")
_HERE = re.compile(r"<<-?\s*['\"]?(\w+)")
_OPEN = ("\\", "|", "&&")
_NEXT_BLOCK = ("printed", "exits", "skip")
_CLUSTER = "<!-- run: cluster -->"


@dataclass(slots=True)
class _Reader:
    found: list[Step] = field(default_factory=list)
    mark: re.Match[str] | None = None
    """What is said about the next block."""

    def marked(self, mark: re.Match[str], line: int) -> None:
        if mark["name"] in _NEXT_BLOCK:
            assert mark["argument"], f"line {line}: {mark['name']} wants a word more"
            self.mark = mark
        else:
            assert mark["name"] in ("fabric", "background"), f"line {line}: {mark['name']}?"
            self.found.append(Directive(line, mark["name"], mark["argument"]))

    def block(self, language: str, body: str, line: int) -> None:
        mark, self.mark = self.mark, None
        name = mark["name"] if mark else ""
        if mark and name == "printed":
            word = mark["argument"].removeprefix("by ")
            self.found.append(Printed(line, word, tuple(body.splitlines())))
        elif language == "console" and name != "skip":
            status = int(mark["argument"]) if mark and name == "exits" else 0
            self.found += _commands(body, line + 1, status)
        elif (file := _NAMED.match(body)) and language in ("yaml", "python", "json"):
            self.found.append(File(line, file["name"], body))


def is_of_cluster(page: Path) -> bool:
    """It needs a Kubernetes API server: `tests/cluster` runs it."""
    return _CLUSTER in page.read_text().splitlines()


def steps(page: Path) -> list[Step]:
    """Everything that is to be done, by line."""
    text = page.read_text().replace(_CLUSTER, "")
    reader = _Reader()
    places = [
        (each.start(), each) for pattern in (_FENCE, _MARK) for each in pattern.finditer(text)
    ]
    end = 0
    for start, each in sorted(places, key=lambda place: place[0]):
        line = text.count("\n", 0, start) + 1
        if start < end:
            continue  # a mark that is shown in a block
        end = each.end()
        if each.re is _FENCE:
            reader.block(each["language"], each["body"], line)
        else:
            reader.marked(each, line)
    assert reader.mark is None, f"{page.name}: a mark without a block behind it"
    return reader.found


def _commands(body: str, first_line: int, status: int) -> list[Command]:
    """Of one console block; `status` is the last one's."""
    found: list[tuple[int, list[str], list[str]]] = []
    until = ""
    for number, line in enumerate(body.splitlines(), first_line):
        if until:
            found[-1][1].append(line)
            until = "" if line == until else until
        elif line.startswith("$ "):
            found.append((number, [line[2:]], []))
        elif found and not found[-1][2] and found[-1][1][-1].endswith(_OPEN):
            found[-1][1].append(line)
        elif found:
            found[-1][2].append(line)
            continue
        here = _HERE.search(line) if not until and line.startswith("$ ") else None
        until = here[1] if here else until
    return [
        Command(
            line,
            "\n".join(text),
            tuple(expected),
            status if number == len(found) - 1 else 0,
        )
        for number, (line, text, expected) in enumerate(found)
    ]
