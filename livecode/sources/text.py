"""Files to text: what comes in is a path, what goes out is the decoded text or a clear refusal.

Decoding follows PEP 263 (encoding cookie, BOM); line ends become ``\\n`` as Python's own tokenizer
makes them (universal newlines).
"""

from __future__ import annotations

import io
import os
import stat
import tokenize
from typing import NamedTuple

MAX_BYTES = 32 * 1024 * 1024
"""Files larger than this are refused: no hand-written module is that long."""


class Stamp(NamedTuple):
    """What one ``os.stat`` tells about a file's state: a change of any field means "look again"."""

    mtime_ns: int
    size: int
    inode: int


class Unreadable(Exception):
    """A file that cannot be taken as source text: `reason` is for people, `line` is 1-based or None."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def stamp(path: str) -> Stamp | None:
    """The file's present state, or None if there is no such file (or no way to it)."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


def read(path: str) -> str:
    """Read and decode the source file at `path`.

    Returns:
        The text, with every line end as ``\\n`` and no byte order mark.

    Raises:
        Unreadable: it is a directory, missing, too large, has NUL bytes or cannot be decoded.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("is not a regular file")
            if status.st_size > MAX_BYTES:
                raise Unreadable(f"is larger than {MAX_BYTES // 2**20} MiB")
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("is gone") from None
    except IsADirectoryError:
        raise Unreadable("is a directory") from None
    except ValueError:
        raise Unreadable("has a name that no file can have") from None
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    return decode(data)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; one that others write to (a FIFO) is not waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def decode(data: bytes) -> str:
    """Decode the bytes of a source file as Python does (PEP 263).

    Raises:
        Unreadable: with the line of the first byte that cannot be decoded.
    """
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise Unreadable("contains a NUL byte", line)
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise Unreadable(_undecodable(data) or str(error), _bad_line(data)) from None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not valid {error.encoding}", line) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _undecodable(data: bytes) -> str | None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "is not valid utf-8"
    return None


def _bad_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1
