"""Lists as people and machines read them: a table, JSON, YAML or bare names."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import yaml
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from poplin_cli.options import Output

__all__ = ["STATUS_STYLES", "Column", "Row", "console", "printable", "show", "show_one"]

Row = Mapping[str, Any]

_GAP = "   "
STATUS_STYLES = {"True": "green", "False": "red", "Unknown": "yellow"}


@dataclass(frozen=True, slots=True)
class Column:
    """`text` says what stands in it. On a narrow terminal the column of the highest `rank` goes
    first; one of rank 0 stays.
    """

    title: str
    text: Callable[[Row], str]
    rank: int = 0


def console() -> Console:
    """For standard output. It colours a terminal only, wraps nothing and reads no markup."""
    # With NO_COLOR rich would still write bold.
    return Console(
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def printable(text: str) -> str:
    """Text of a stranger without what a terminal would obey; a line stays a line."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def show(rows: Sequence[Row], columns: Sequence[Column], output: Output, *, none: str = "") -> None:
    """All rows; `none` is said, on standard error, where a table would be empty."""
    if output is not Output.table:
        _write(list(rows), output)
    elif rows:
        _table(rows, columns)
    elif none:
        sys.stderr.write(f"{none}\n")


def show_one(row: Row, columns: Sequence[Column], output: Output) -> None:
    """As `show`, of the one object that was named."""
    if output is Output.table:
        _table([row], columns)
    else:
        _write([row] if output is Output.name else row, output)


def _write(value: Any, output: Output) -> None:
    if output is Output.json:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    elif output is Output.yaml:
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000).rstrip("\n")
    else:
        text = "\n".join(_name(row) for row in value)
    if text:
        sys.stdout.write(f"{text}\n")


def _name(row: Row) -> str:
    return str(row["id"]) if "id" in row else f"{row['namespace']}/{row['name']}"


def _table(rows: Sequence[Row], columns: Sequence[Column]) -> None:
    cells = [[printable(column.text(row)) for column in columns] for row in rows]
    widths = [
        max(cell_len(text) for text in (column.title, *texts))
        for column, texts in zip(columns, zip(*cells, strict=True), strict=True)
    ]
    width = _width()
    shown = _fitting(columns, widths, width)
    if width is not None and _total(shown, widths) > width:
        _stack(columns, cells)
        return
    out = console()
    out.print(_line([columns[n].title for n in shown], [widths[n] for n in shown]), style="bold")
    for texts in cells:
        out.print(_line([texts[n] for n in shown], [widths[n] for n in shown]))
    hidden = [column.title for n, column in enumerate(columns) if n not in shown]
    if hidden:
        sys.stderr.write(f"(no room for {', '.join(hidden)}; -o json has all)\n")


def _width() -> int | None:
    """Of the terminal; None where lines may be as long as they are: a pipe has no width."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int | None) -> list[int]:
    """The positions of the columns that fit; those of rank 0 in any case."""
    shown = list(range(len(columns)))
    while width is not None and _total(shown, widths) > width:
        last = max(shown, key=lambda n: columns[n].rank)
        if columns[last].rank == 0:
            break
        shown.remove(last)
    return shown


def _total(shown: Sequence[int], widths: Sequence[int]) -> int:
    return sum(widths[n] for n in shown) + len(_GAP) * (len(shown) - 1)


def _line(texts: Sequence[str], widths: Sequence[int]) -> Text:
    line = Text()
    for n, (text, width) in enumerate(zip(texts, widths, strict=True)):
        line.append(_GAP if n else "").append(text, STATUS_STYLES.get(text))
        if n < len(texts) - 1:
            line.append(" " * (width - cell_len(text)))
    line.rstrip()
    return line


def _stack(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> None:
    """Each row as a block of lines, where even the least of columns are too wide."""
    out = console()
    for number, texts in enumerate(cells):
        if number:
            out.print()
        for column, text in zip(columns, texts, strict=True):
            if text:
                out.print(
                    Text.assemble(
                        (f"{column.title}: ", "bold"), (text, STATUS_STYLES.get(text, ""))
                    )
                )
