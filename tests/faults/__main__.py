"""Write the tables of docs/reliability.md from what runs have left in POPLIN_FAULT_RESULTS."""

import sys
from pathlib import Path

from tests.faults.results import read, table

_PAGE = Path("docs/reliability.md")


def main() -> None:
    """Arguments: NAME FILE pairs; NAME is that of a pair of marks in the page."""
    page = _PAGE.read_text()
    for name, file in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        _, mark, after = rest.partition(end)
        if not mark:
            sys.exit(f"{_PAGE} has no place called {name!r}")
        page = f"{before}{begin}{table(read(Path(file)))}\n{end}{after}"
    _PAGE.write_text(page)


if __name__ == "__main__":
    main()
