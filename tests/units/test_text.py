"""`livecode.sources.text`: bytes to text as Python itself takes them, or a clear refusal."""

from __future__ import annotations

import codecs
import os
from importlib.util import decode_source

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecode.sources import text as texts
from livecode.sources.text import Unreadable, decode, read, stamp
from tests.units.texts import quick


@pytest.mark.parametrize(
    "data, text",
    [
        (b"", ""),
        (b"x = 1\n", "x = 1\n"),
        (b"x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n"),
        (b"x = 1\ry = 2", "x = 1\ny = 2"),
        (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
        ("x = 'é'\n".encode(), "x = 'é'\n"),
        ("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "# coding: latin-1\nx = 'é'\n"),
        (
            "# -*- coding: cp1252 -*-\nx = '€'\n".encode("cp1252"),
            "# -*- coding: cp1252 -*-\nx = '€'\n",
        ),
        (
            b"#!/bin/sh\n# vim: set fileencoding=utf-8 :\nx\n",
            "#!/bin/sh\n# vim: set fileencoding=utf-8 :\nx\n",
        ),
        (b"\tx\x0cy\n", "\tx\x0cy\n"),
    ],
)
def test_decoding(data, text):
    assert decode(data) == text


@pytest.mark.parametrize(
    "data, line",
    [
        (b"x = 1\ny = '\xff'\n", 2),
        (b"\xff", 1),
        (b"a\nb\nc\0d\n", 3),
        (b"# coding: utf-8\nx = '\xe9'\n", 2),
    ],
)
def test_a_refusal_names_the_line(data, line):
    with pytest.raises(Unreadable) as refused:
        decode(data)
    assert refused.value.line == line
    assert refused.value.reason


def test_an_unknown_encoding_is_refused():
    with pytest.raises(Unreadable):
        decode(b"# coding: no-such-encoding\nx = 1\n")


def test_a_bom_that_contradicts_the_cookie_is_refused():
    with pytest.raises(Unreadable):
        decode(codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n")


@quick
@given(st.binary(max_size=60) | st.text("\r\n\t x=1'\"#é漢\\", max_size=40).map(str.encode))
def test_bytes_are_decoded_as_the_import_system_does(data):
    """Or refused where it refuses them; a NUL byte would be refused by the parser."""
    data += b"\n"
    try:
        text = decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        text = None
    if text is None or b"\0" in data:
        with pytest.raises(Unreadable):
            decode(data)
    else:
        assert decode(data) == text


@quick
@given(st.binary(max_size=60))
def test_bytes_are_decoded_or_refused_and_nothing_else(data):
    try:
        text = decode(data)
    except Unreadable as refused:
        assert refused.reason
    else:
        assert "\r" not in text and "\0" not in text


def test_a_file_is_read(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"x = 1\r\n")
    assert read(str(path)) == "x = 1\n"


def test_what_is_no_file_is_refused(tmp_path):
    for path, reason in ((tmp_path / "none.py", "gone"), (tmp_path, "directory")):
        with pytest.raises(Unreadable, match=reason):
            read(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    path = str(tmp_path / "pipe.py")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR)  # else opening it would wait for a writer
    try:
        with pytest.raises(Unreadable):
            read(path)
    finally:
        os.close(reader)


def test_a_huge_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "MAX_BYTES", 10)
    path = tmp_path / "m.py"
    path.write_bytes(b"x" * 11)
    with pytest.raises(Unreadable, match="larger"):
        read(str(path))


def test_a_stamp_tells_two_states_apart(tmp_path):
    path = tmp_path / "m.py"
    assert stamp(str(path)) is None
    path.write_text("x = 1\n")
    first = stamp(str(path))
    path.write_text("x = 10\n")
    assert stamp(str(path)) != first
    os.utime(path, ns=(0, 5))
    assert stamp(str(path)).mtime_ns == 5
    assert stamp("no\0path") is None
