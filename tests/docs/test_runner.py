"""The runner of documents finds what is wrong in them."""

from pathlib import Path

import pytest

from tests.docs.matching import shows
from tests.docs.pages import is_of_cluster, steps
from tests.docs.runner import NotAsShownError, run_page


def page(folder: Path, text: str) -> Path:
    path = folder / "page.md"
    path.write_text(text)
    return path


def run(folder: Path, text: str) -> None:
    work = folder / "work"
    work.mkdir()
    run_page(page(folder, text), work)


def console(*lines: str, mark: str = "") -> str:
    return f"{mark}\n```console\n" + "\n".join(lines) + "\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        console("$ echo one", "one", "$ echo two; echo; echo three", "two", "three"),
        console("$ printf '%s\\n' a \\", "    b |", "    tail -1", "b"),
        console("$ cat > f <<'EOF'", "one", "EOF", "$ cat f", "one"),
        console("$ cd examples", "$ name=x") + console("$ echo $name; ls", "x", "..."),
        console("$ false", mark="<!-- run: exits 1 -->") + console("$ echo $?", "1"),
        "```yaml\n# a/b.yaml\nkind: X\n```\n" + console("$ tail -1 a/b.yaml", "kind: X"),
        console("$ not-a-command", mark="<!-- run: skip no network -->"),
        console("$ false").replace("console", "text"),
        console("$ sleep 0.1; echo late; sleep 60 &", "late"),
        "<!-- run: background echo begun; echo more; sleep 60 -->\n"
        "<!-- run: printed by begun -->\n```text\nmore\n```\n",
        console(
            "$ .venv/bin/python examples/01-quickstart/subscriber.py &",
            "listening at http://127.0.0.1:9000",
            "$ curl -i http://127.0.0.1:9000 -d x",
            "HTTP/1.1 202 Accepted",
            "...",
        ),
    ],
)
def test_a_page_that_is_right(tmp_path: Path, text: str) -> None:
    run(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (console("$ echo one", "two"), r"page.md:3 shows\ntwo\n\nbut this is printed\none"),
        (console("$ echo one; echo two", "one"), "shows\none\n\nbut this is printed\none\ntwo"),
        (console("$ echo one", "one", "two"), "shows\none\ntwo\n\n"),
        (console("$ echo one; exit_with() { return 3; }; exit_with", "one"), "status 3, not 0"),
        (console("$ true", mark="<!-- run: exits 1 -->"), "status 0, not 1"),
        (console("$ not-a-command"), "status 127"),
    ],
)
def test_a_page_that_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotAsShownError) as error:
        run(tmp_path, text)

    assert said.replace(r"\n", "\n") in str(error.value)


@pytest.mark.parametrize(
    "mark", ["skip", "exits", "fabrc f.yaml", "printed by x"], ids=lambda mark: mark.split()[0]
)
def test_a_mark_that_says_nothing_is_refused(tmp_path: Path, mark: str) -> None:
    block = "" if mark.startswith("printed") else console("$ true")
    with pytest.raises(AssertionError):
        run(tmp_path, f"<!-- run: {mark} -->\n{block}")


def test_a_page_that_needs_a_cluster_says_so(tmp_path: Path) -> None:
    text = console("$ true")
    with_mark = page(tmp_path, f"# Kubernetes\n\n<!-- run: cluster -->\n{text}")

    assert is_of_cluster(with_mark)
    assert len(steps(with_mark)) == 1
    assert not is_of_cluster(page(tmp_path, text))


def test_what_runs_in_the_background_ends_with_its_page(tmp_path: Path) -> None:
    run(
        tmp_path,
        console("$ echo $BASHPID > pid; exec sleep 60 &", "$ until test -s pid; do :; done"),
    )

    pid = (tmp_path / "work" / "pid").read_text().strip()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("printed", "shown", "is_so"),
    [
        ("at 10:41:07.5 took 12.5 ms", "at 09:00:00 took 3 ms", True),
        ("2026-01-02T03:04:05.123Z x", "2025-11-22T11:00:00Z  x", True),
        (
            "id 0b7e2f64-8a30-4b52-8e8c-0f3a3c0e7c11",
            "id 11111111-2222-3333-4444-555555555555",
            True,
        ),
        ("0:1732212345678-0", "0:1700000000000-12", True),
        ("1000 events in 2.1 s (476/s)", "1000 events in 3.4 s (294/s)", True),
        ("1000 events", "999 events", False),
        ("HTTP/1.1 404 Not Found", "HTTP/1.1 202 Accepted", False),
        ("a\nb\nc", "a\n...", True),
        ("a\nb\nc", "...\nb", False),
        ("error: x at line 7", "error: ... at line 7", True),
    ],
)
def test_only_what_differs_each_time_may_differ(printed: str, shown: str, is_so: bool) -> None:
    assert shows(printed, shown.splitlines()) is is_so
