"""Which files were saved since the last look: what comes in are paths, what goes out are those that changed.

A look asks the file system for each file's state (``os.stat``, about 1 µs each). Where there are many
files on Linux, the kernel's own notices (inotify, through the library ``inotify_simple``) say whether
there is anything to look for at all, so that a look costs the same for 20 files as for 2,000. A notice
is there as soon as the save is; what notices cannot tell of (network and shared folders, files with
several names, writes through a memory map) is looked at in the old way.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from livecode.sources.text import Stamp, stamp

FEW = 3
"""Up to so many files are simply looked at."""

SWEEP = 2.0
"""Seconds after which all files are looked at in any case, but for what `SHARE` says."""

SHARE = 3000
"""Looking at all files in any case takes at most this part of the time (2,000 files: every ten seconds)."""

_TELLING = frozenset(
    [
        "bcachefs",
        "btrfs",
        "ext2",
        "ext3",
        "ext4",
        "f2fs",
        "jfs",
        "overlay",
        "ramfs",
        "tmpfs",
        "xfs",
        "zfs",
    ]
)
"""File systems of which every local write gives a notice (inotify(7), "Limitations and caveats")."""


class Saves:
    """The files of a workspace and the state in which each was last seen."""

    def __init__(self) -> None:
        self._files: list[str] = []
        self._noticed: list[str] = []
        self._others: list[str] = []
        self._notices: Any = None
        self._watched: dict[str, int] = {}
        self._unsettling = 0
        self._sweep = 0.0
        self._process = os.getpid()

    def watch(self, paths: Iterable[str]) -> None:
        """Look after these files from now on, and no others."""
        self._files = list(paths)
        self._sweep = 0.0
        if len(self._files) > FEW and sys.platform == "linux":
            self._set_up()
        else:
            self._noticed, self._others = [], self._files

    def changed(self, seen: Callable[[], dict[str, Stamp | None]]) -> list[str]:
        """The files whose state is another one than in what `seen` gives."""
        if self._noticed and not self._noticed_anything():
            return _look(self._others, seen()) if self._others else []
        if not self._files:
            return []
        begun = time.monotonic()
        found = _look(self._files, seen())
        ended = time.monotonic()
        self._sweep = ended + max(SWEEP, SHARE * (ended - begun))
        return found

    def close(self) -> None:
        """Give the kernel's notices back."""
        self._close()
        self._noticed, self._others = [], self._files

    def _close(self) -> None:
        if self._notices is not None and os.getpid() == self._process:
            self._notices.close()
        self._notices = None

    # -- notices ---------------------------------------------------------------------------------

    def _noticed_anything(self) -> bool:
        if time.monotonic() > self._sweep or os.getpid() != self._process:
            self._drain()
            return True
        return self._drain()

    def _drain(self) -> bool:
        """Take the notices; says whether there were any."""
        found = self._notices.read(timeout=0) if self._notices is not None else ()
        if not found:
            return False
        if any(notice.mask & self._unsettling for notice in found):
            self._close()  # a folder has another place now, or another one has its place
            self._set_up()
        return True

    def _set_up(self) -> None:
        """Ask for notices of all files, as far as they can be had."""
        try:
            import inotify_simple
        except ImportError:  # not installed: every file is looked at
            self._noticed, self._others = [], self._files
            return
        flags = inotify_simple.flags
        mask = (
            flags.MODIFY
            | flags.ATTRIB
            | flags.CREATE
            | flags.DELETE
            | flags.MOVED_TO
            | flags.MOVED_FROM
        )
        elsewhere = flags.DELETE_SELF | flags.MOVE_SELF
        mask |= elsewhere
        self._unsettling = elsewhere | flags.IGNORED | flags.Q_OVERFLOW | flags.UNMOUNT
        kinds = _file_systems()
        self._noticed, self._others = [], []
        try:
            if self._notices is None:
                self._notices = inotify_simple.INotify()
                self._watched = {}
            for path in self._files:
                folder = os.path.dirname(path)
                if not _is_plain(path) or _kind_of(folder, kinds) not in _TELLING:
                    self._others.append(path)
                    continue
                if self._watched.get(folder) != mask:
                    self._notices.add_watch(folder, mask)
                    self._watched[folder] = mask
                    self._watch_above(folder, elsewhere)
                self._noticed.append(path)
        except OSError:  # no more watches are to be had: every file is looked at
            self._noticed, self._others = [], self._files

    def _watch_above(self, folder: str, mask: int) -> None:
        """Ask for a notice when a folder that a folder is in gets another place."""
        above = os.path.dirname(folder)
        while above not in self._watched and above != os.path.dirname(above):
            self._notices.add_watch(above, mask)
            self._watched[above] = mask
            above = os.path.dirname(above)


def _look(paths: list[str], seen: dict[str, Stamp | None]) -> list[str]:
    return [path for path in paths if stamp(path) != seen.get(path)]


def _is_plain(path: str) -> bool:
    """Whether a file has only this one name, and no link leads to it."""
    try:
        return os.lstat(path).st_nlink == 1 and os.path.realpath(path) == path
    except OSError:
        return False


def _file_systems() -> list[tuple[str, str]]:
    """The mounted folders and the kinds of their file systems, innermost last."""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
            rows = [line.split(" ") for line in file]
    except OSError:
        return []
    return sorted((row[1].replace("\\040", " "), row[2]) for row in rows if len(row) > 2)


def _kind_of(folder: str, kinds: list[tuple[str, str]]) -> str:
    found = ""
    for mount, kind in kinds:
        if folder == mount or folder.startswith(mount.rstrip("/") + "/"):
            found = kind
    return found
