"""Which files were saved, by notices of the kernel where there are any, else by looking at each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livecode import saves
from livecode.sources.text import Stamp, stamp


class Files:
    """Some files two folders deep, and what a look finds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "work" / "project" / "package"
        self.folder.mkdir(parents=True)
        self.paths = [self.folder / f"m{number}.py" for number in range(saves.FEW + 3)]
        for path in self.paths:
            path.write_text("x = 1\n")
        self.saves = saves.Saves()
        self.saves.watch(map(str, self.paths))
        self.seen: dict[str, Stamp | None] = {}
        self.look()

    def look(self) -> list[str]:
        found = self.saves.changed(lambda: self.seen)
        self.seen = {str(path): stamp(str(path)) for path in self.paths}
        return [Path(each).name for each in found]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(saves, "SWEEP", 1000.0)  # only notices tell, where there are any
    made = Files(tmp_path.resolve())
    yield made
    made.saves.close()


def test_nothing_was_saved(files):
    assert files.look() == []


def test_a_save_is_seen_once(files):
    files.paths[2].write_text("x = 22\n")
    assert files.look() == ["m2.py"]
    assert files.look() == []


def test_a_file_that_takes_anothers_place(files):
    other = files.folder / "other"
    other.write_text("x = 333\n")
    os.replace(other, files.paths[1])
    assert files.look() == ["m1.py"]


@pytest.mark.parametrize("moved", ["work", "work/project", "work/project/package"])
def test_a_folder_above_is_exchanged(files, moved):
    place = files.root / moved
    place.rename(files.root / "aside")
    assert sorted(files.look()) == sorted(path.name for path in files.paths)
    files.folder.mkdir(parents=True)
    for path in files.paths:
        path.write_text("x = 4444\n")
    assert sorted(files.look()) == sorted(path.name for path in files.paths)
    files.paths[0].write_text("x = 55555\n")
    assert files.look() == ["m0.py"]


def test_looking_at_all_takes_a_small_part_of_the_time(files, monkeypatch):
    monkeypatch.setattr(saves, "SWEEP", 0.0)
    monkeypatch.setattr(saves, "SHARE", 0)
    files.saves.watch(map(str, files.paths))
    files.look()
    looks = []
    monkeypatch.setattr(saves, "_look", lambda paths, seen: looks.append(len(paths)) or [])
    files.saves.changed(dict)
    assert looks == [len(files.paths)]
    monkeypatch.setattr(saves, "SHARE", 10**9)
    files.saves.changed(dict)
    looks.clear()
    files.saves.changed(dict)
    assert looks == ([] if files.saves._noticed else [len(files.paths)])


def test_after_closing_every_file_is_looked_at(files):
    files.saves.close()
    files.paths[4].write_text("x = 666666\n")
    assert files.look() == ["m4.py"]
