"""The table of docs/annotations.md, from the code; run as a module it writes the page."""

from pathlib import Path

from poplin.resources.annotations import ANNOTATIONS, Annotation

__all__ = ["with_table"]

_PAGE = Path(__file__).parent.parent / "docs" / "annotations.md"
_BEGIN = "<!-- annotations: written by `make docs` -->\n"
_END = "<!-- end of annotations -->"
_HEAD = "| annotation | on | values | default | meaning |\n|---|---|---|---|---|\n"


def with_table(page: str) -> str:
    """The page with the table between its marks."""
    before, _, rest = page.partition(_BEGIN)
    _, mark, after = rest.partition(_END)
    assert mark, f"{_PAGE.name} has no marks for its table"
    table = _HEAD + "".join(_line(name, row) for name, row in ANNOTATIONS.items())
    return f"{before}{_BEGIN}{table}{_END}{after}"


def _line(name: str, row: Annotation) -> str:
    kinds = ", ".join(sorted(row.kinds))
    default = "none" if row.default is None else f"`{row.written or row.default}`"
    return f"| `poplin.dev/{name}` | {kinds} | {_values(row)} | {default} | {row.about} |\n"


def _values(row: Annotation) -> str:
    """In the words in which a bad one is refused."""
    try:
        row.parse("")
    except ValueError as error:
        return str(error).removeprefix("use ").removesuffix(", in quotes")
    return "any text"


if __name__ == "__main__":
    _PAGE.write_text(with_table(_PAGE.read_text()))
