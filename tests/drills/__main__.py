"""Run the drills: each in a copy of the tree; status 1 when one stays green."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.drills.drills import DRILLS, Drill

_ROOT = Path(__file__).parent.parent.parent
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info")
_RESULTS = "POPLIN_FAULT_RESULTS"
_AT_ONCE = 2
"""Each waits more than it works."""


def main() -> None:
    chosen = [drill for drill in DRILLS if not sys.argv[1:] or sys.argv[1] in drill.breaks]
    with ThreadPoolExecutor(_AT_ONCE) as drills:
        noticed = sum(drills.map(_is_noticed, chosen))
    print(f"drills: {noticed} noticed, {len(chosen) - noticed} not")
    sys.exit(0 if chosen and noticed == len(chosen) else 1)


def _is_noticed(drill: Drill) -> bool:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="poplin-drill-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(_ROOT, tree, ignore=_LEFT_OUT)
        shutil.copy(_ROOT / "pyproject.toml", tree)
        _break(tree, drill)
        done = _run_tests(tree, drill)
    is_noticed = done.returncode != 0 and drill.says in done.stdout
    verdict = "red, as it must be" if is_noticed else "NOT NOTICED"
    print(f"{drill.breaks}: {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    if not is_noticed:
        print(done.stdout[-2000:])
    return is_noticed


def _break(tree: Path, drill: Drill) -> None:
    file = tree / drill.file
    text = file.read_text()
    if text.count(drill.old) != 1:
        sys.exit(f"{drill.file} has changed: the drill {drill.breaks!r} does not apply any more")
    file.write_text(text.replace(drill.old, drill.new))


def _run_tests(tree: Path, drill: Drill) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *drill.tests],
        cwd=tree,
        env={
            **{name: value for name, value in os.environ.items() if name != _RESULTS},
            "PYTHONPATH": str(tree),
            "POPLIN_FAULT_EVENTS": str(drill.events),
            "POPLIN_FAULT_WITHIN_S": "25",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )


if __name__ == "__main__":
    main()
