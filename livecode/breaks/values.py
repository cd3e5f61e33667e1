"""Values for people: in one short line, whatever they are and whatever their ``__repr__`` does.

In: any object. Out: text that is bounded, on one line, printable, and the same in every run (no
addresses, no order of a set that changes).

A ``__repr__`` that raises gives what can be said without it. Large collections are not walked through.
"""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
from collections import deque
from itertools import islice
from types import ModuleType
from typing import Any

LIMIT = 100
"""The longest text of a value."""

_MANY = 100
"""Collections of foreign kinds with more items than that are only counted."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def shown(value: Any, limit: int = LIMIT) -> str:
    """A value in one line.

    Args:
        limit: how many characters it may take.
    """
    try:
        text = _Values(limit).repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever the user's own __repr__, __len__ or items raise
        text = _raised(value, error)
    return fitted(text, limit)


def kind(value: Any) -> str:
    """The name of a value's type."""
    return _name(type(value))


def said(error: BaseException) -> str:
    """An exception as the last lines of a traceback say it, with its ``__str__`` guarded."""
    name = _name(type(error))
    try:
        text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException as other:  # the user's own __str__
        text = f"<its str raised {_name(type(other))}>"
    return f"{name}: {text}" if text else name


def fitted(text: str, limit: int) -> str:
    """A text in one printable line, shortened in the middle."""
    if len(text) > 4 * limit:  # the rest need not be looked at
        text = text[: 2 * limit] + "..." + text[-2 * limit :]
    text = printable(" ".join(text.split()) if "\n" in text else text)
    if len(text) <= limit:
        return text
    head = (limit - 3) * 2 // 3
    return text[:head] + "..." + text[len(text) - (limit - 3 - head) :]


def printable(text: str) -> str:
    """A text with what a terminal would obey written as escapes; line ends and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        each
        if each.isprintable() or each in "\n\t"
        else each.encode("unicode_escape", "surrogatepass").decode("ascii")
        for each in text
    )


class _Values(reprlib.Repr):
    """``reprlib`` with a look at types that it leaves to their own ``__repr__``."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxlist = self.maxtuple = self.maxarray = self.maxdeque = 6
        self.maxset = self.maxfrozenset = self.maxdict = 6
        self.maxstring = self.maxlong = self.maxother = limit

    def repr1(self, x: Any, level: int) -> str:
        plain = _PLAIN.get(type(x))
        if plain is not None:
            return str(plain(self, x, level))
        return self.repr_instance(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            return self._instance(x, level)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # the user's own __repr__
            return _raised(x, error)

    def _instance(self, x: Any, level: int) -> str:
        which = type(x)
        own: Any = _static(which, "__repr__")
        shape = _shape(x, which)
        if shape:
            return shape
        for base, plain in _PLAIN.items():
            if base in _mro(which) and own is base.__repr__:
                return f"{_name(which)}({plain(self, x, level)})"
        if which is ModuleType:
            return f"<module {ModuleType.__getattribute__(x, '__name__')}>"
        if _static(which, "__dataclass_fields__") is not None and _generated(own):
            if level <= 0:
                return f"{_name(which)}(...)"
            parts = [
                f"{each.name}={self.repr1(getattr(x, each.name), level - 1)}"
                for each in dataclasses.fields(which)
                if each.repr
            ]
            return f"{_name(which)}({', '.join(parts)})"
        if issubclass(which, _COLLECTIONS) and len(x) > _MANY:
            return _count(x)
        if own is object.__repr__:
            return f"<{_name(which)} object>"
        return fitted(_ADDRESS.sub("", repr(x)), self.maxother)

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """In the order of the dict: ``reprlib`` would sort all keys."""
        if not x:
            return "{}"
        if level <= 0:
            return "{...}"
        parts = [
            f"{self.repr1(key, level - 1)}: {self.repr1(value, level - 1)}"
            for key, value in islice(dict.items(x), self.maxdict)
        ]
        return "{" + ", ".join(parts + ["..."] * (len(x) > self.maxdict)) + "}"

    def repr_set(self, x: Any, level: int) -> str:
        """In the order of its items' texts, which is the same in every run."""
        if not x:
            return "set()"
        return self._set(x, level)

    def repr_frozenset(self, x: Any, level: int) -> str:
        """As a set."""
        return f"frozenset({self._set(x, level) if x else ''})"

    def _set(self, x: Any, level: int) -> str:
        if level <= 0:
            return "{...}"
        if len(x) > _MANY:
            return _count(x)
        parts = sorted(self.repr1(each, level - 1) for each in x)
        return "{" + ", ".join(parts[: self.maxset] + ["..."] * (len(x) > self.maxset)) + "}"

    def repr_bytes(self, x: Any, level: int) -> str:
        """Shortened in the middle, as strings are."""
        if len(x) <= self.maxstring:
            return fitted(repr(x), self.maxstring)
        half = self.maxstring // 2 - 4
        return f"{x[:half]!r}...{x[-half:]!r}"

    def repr_int(self, x: int, level: int) -> str:
        """Without the digits of numbers that take long to write."""
        bits = int.bit_length(x)
        if bits > 2000:
            return f"<int of about {int(bits * math.log10(2))} digits>"
        return super().repr_int(x, level)


_PLAIN: dict[type, Any] = {
    list: _Values.repr_list,
    tuple: _Values.repr_tuple,
    dict: _Values.repr_dict,
    set: _Values.repr_set,
    frozenset: _Values.repr_frozenset,
    deque: _Values.repr_deque,
    str: _Values.repr_str,
    bytes: _Values.repr_bytes,
    bytearray: _Values.repr_bytes,
    int: _Values.repr_int,
}

_COLLECTIONS: tuple[type, ...] = (
    list,
    tuple,
    dict,
    set,
    frozenset,
    deque,
    str,
    bytes,
    bytearray,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)


def _count(x: Any) -> str:
    return f"<{_name(type(x))} of {len(x)} items>"


def _shape(x: Any, which: type) -> str:
    """What to say of an array or a data frame; nothing for a scalar of such a library."""
    if _static(which, "shape") is None:
        return ""
    kinds = [name for name in ("dtype", "dtypes") if _static(which, name) is not None]
    if not kinds:
        return ""
    shape = tuple(x.shape)
    if not shape:
        return ""
    if kinds[0] == "dtype":
        return f"<{_name(which)}: shape {shape}, dtype {x.dtype}>"
    return f"<{_name(which)}: shape {shape}>"


def _generated(function: Any) -> bool:
    """Whether a ``__repr__`` is the one that ``dataclass`` writes."""
    inner = getattr(function, "__wrapped__", None)
    return getattr(getattr(inner, "__code__", None), "co_filename", "") == "<string>"


def _static(which: type, name: str) -> Any:
    """A class attribute, without asking the metaclass."""
    return next((vars(base)[name] for base in _mro(which) if name in vars(base)), None)


def _mro(which: type) -> tuple[type, ...]:
    return tuple(type.__dict__["__mro__"].__get__(which))


def _raised(value: Any, error: BaseException) -> str:
    return f"<{kind(value)}: its repr raised {_name(type(error))}>"


def _name(which: type) -> str:
    name = type.__dict__["__qualname__"].__get__(which)
    return printable(str(name)).rpartition("<locals>.")[2]
