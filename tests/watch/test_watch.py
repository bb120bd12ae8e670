"""However a file is saved, it is noticed within a second, and nothing is lost on the way."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from poplin.errors import PoplinError
from poplin.resources import load
from poplin.watch import Watch, watch
from tests.fabric import broker_yaml, trigger_yaml

WITHIN_S = 20.0
"""Whatever else the machine does. Usually 0.1 s."""

Edit = Callable[[Path], None]


@pytest.fixture(autouse=True)
def notices_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that comes by would find what no notice told of."""
    monkeypatch.setattr(watch, "_LOOK_MS", 60_000)


def text(path: str, name: str = "t") -> str:
    return broker_yaml() + trigger_yaml(name, f"http://127.0.0.1:1/{path}")


def in_place(folder: Path) -> None:
    (folder / "f.yaml").write_text(text("new"))


def renamed_over(folder: Path) -> None:
    (folder / ".f.tmp").write_text(text("new"))
    os.replace(folder / ".f.tmp", folder / "f.yaml")


def truncated_then_written(folder: Path) -> None:
    with (folder / "f.yaml").open("w") as file:
        file.flush()
        time.sleep(0.03)
        file.write(text("new"))


def removed_then_written(folder: Path) -> None:
    (folder / "f.yaml").unlink()
    time.sleep(0.03)
    (folder / "f.yaml").write_text(text("new"))


def moved_away_then_written(folder: Path) -> None:
    (folder / "f.yaml").rename(folder / "f.yaml~")
    (folder / "f.yaml").write_text(text("new"))


def same_size_and_time(folder: Path) -> None:
    """As a checkout that sets times does."""
    before = (folder / "f.yaml").stat()
    (folder / "f.yaml").write_text(text("old").replace("old", "new"))
    os.utime(folder / "f.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))


def moved_to_a_new_folder(folder: Path) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "f.yaml").write_text(text("new"))
    (folder / "f.yaml").unlink()


def replaced_with_its_folder(folder: Path) -> None:
    shutil.copytree(folder, folder.with_name("other"))
    (folder.with_name("other") / "f.yaml").write_text(text("new"))
    folder.rename(folder.with_name("old"))
    folder.with_name("other").rename(folder)


EDITS: list[Edit] = [
    in_place,
    renamed_over,
    truncated_then_written,
    removed_then_written,
    moved_away_then_written,
    same_size_and_time,
]
FOLDER_EDITS: list[Edit] = [*EDITS, moved_to_a_new_folder, replaced_with_its_folder]


def _config_map(folder: Path, version: str, path: str) -> None:
    """As the kubelet updates a mount: a link to the newest data is put in place of another one."""
    (folder / f"..{version}").mkdir()
    (folder / f"..{version}" / "f.yaml").write_text(text(path))
    (folder / "..tmp").symlink_to(f"..{version}")
    os.replace(folder / "..tmp", folder / "..data")


async def _seen(watching: Watch, paths: list[Path], wanted: str, stop: asyncio.Event) -> int:
    """How many changes were told until the trigger sends where it is wanted to."""
    told = 0
    async with asyncio.timeout(WITHIN_S):
        while True:
            assert await watching.changed(stop)
            told += 1
            with suppress(PoplinError):  # a slow machine may take long between two steps of an edit
                uris = [each.subscriber.uri or "" for each in load(paths).triggers]
                if any(uri.endswith(wanted) for uri in uris):
                    return told


async def _notices(paths: list[Path], edit: Callable[[], object], wanted: str = "/new") -> None:
    stop = asyncio.Event()
    watching = Watch(paths, pytest.fail)
    editing = asyncio.create_task(asyncio.to_thread(edit))
    await _seen(watching, paths, wanted, stop)
    await editing
    stop.set()
    assert not await watching.changed(stop)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "f.yaml").write_text(text("old"))
    return folder


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
async def test_an_edit_of_a_file_is_noticed(files: Path, edit: Edit) -> None:
    await _notices([files / "f.yaml"], lambda: edit(files))


@pytest.mark.parametrize("edit", FOLDER_EDITS, ids=lambda edit: edit.__name__)
async def test_an_edit_in_a_folder_is_noticed(files: Path, edit: Edit) -> None:
    await _notices([files], lambda: edit(files))


async def test_a_second_edit_is_noticed_as_the_first(files: Path) -> None:
    """Of a file that is another one since, in a folder that is another one since."""
    paths, stop = [files], asyncio.Event()
    watching = Watch(paths, pytest.fail)

    for number, edit in enumerate((replaced_with_its_folder, renamed_over, in_place)):
        edit(files)
        await _seen(watching, paths, "/new", stop)
        (files / "f.yaml").write_text(text(f"again{number}"))
        await _seen(watching, paths, f"/again{number}", stop)
        shutil.rmtree(files.with_name("old"), ignore_errors=True)
    stop.set()
    await watching.changed(stop)


async def test_a_mounted_config_map_is_followed(tmp_path: Path) -> None:
    _config_map(tmp_path, "1", "old")
    (tmp_path / "f.yaml").symlink_to("..data/f.yaml")

    await _notices([tmp_path], lambda: _config_map(tmp_path, "2", "new"))
    await _notices([tmp_path / "f.yaml"], lambda: _config_map(tmp_path, "3", "last"), "/last")


async def test_a_link_is_followed_to_the_file_and_when_it_is_turned(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f.yaml").write_text(text(name))
    (tmp_path / "here").mkdir()
    link = tmp_path / "here" / "link.yaml"
    link.symlink_to(tmp_path / "one" / "f.yaml")

    def turn() -> None:
        link.unlink()
        link.symlink_to(tmp_path / "two" / "f.yaml")

    await _notices([link], lambda: (tmp_path / "one" / "f.yaml").write_text(text("new")))
    await _notices([link], turn, "/two")


async def test_a_file_whose_folder_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "later" / "still" / "f.yaml"

    def write() -> None:
        path.parent.mkdir(parents=True)
        path.write_text(text("new"))

    await _notices([path], write)


async def test_several_quick_saves_are_told_as_one(files: Path) -> None:
    stop = asyncio.Event()
    watching = Watch([files], pytest.fail)

    def save() -> None:
        for number in range(10):
            (files / "f.yaml").write_text(text(f"save{number}"))

    editing = asyncio.create_task(asyncio.to_thread(save))
    told = await _seen(watching, [files], "/save9", stop)
    await editing
    stop.set()
    await watching.changed(stop)

    assert told < 5  # two, where nothing stops the thread that writes


def _mute(*_: object) -> RustNotify:
    raise WatchfilesRustInternalError("OS file watch limit reached.")


@pytest.mark.parametrize("edit", [renamed_over, moved_to_a_new_folder, replaced_with_its_folder])
async def test_where_the_system_tells_nothing_files_are_looked_at(
    files: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RustNotify", _mute)
    said: list[str] = []
    stop = asyncio.Event()
    watching = Watch([files], said.append)

    edit(files)
    await _seen(watching, [files], "/new", stop)
    stop.set()

    assert said == ["OS file watch limit reached."]


async def test_what_no_notice_tells_of_is_found_by_a_look(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network drive nobody hears of the edits of others."""
    monkeypatch.setattr(watch, "_LOOK_MS", 100)
    elsewhere = files.with_name("elsewhere")
    elsewhere.mkdir()

    def deaf(_folders: list[str], *options: object) -> RustNotify:
        return RustNotify([str(elsewhere)], *options)  # type: ignore[arg-type]

    monkeypatch.setattr(watch, "RustNotify", deaf)
    await _notices([files], lambda: in_place(files))
