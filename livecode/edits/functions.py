"""Functions in place: the same function object gets new code, defaults and all else that it is.

In: live functions and the code (or a newly made function) that they should have now. Out: the same
objects changed through a Journal; whoever holds them, holds the new behaviour.

What each case does:

======================================  =========================================================
the new code                            what is done
======================================  =========================================================
has the same free variables             ``__code__`` is exchanged, the cells stay
has lost a free variable                the code is compiled to mention it still
needs one more, and a value can be had  the code is compiled to reach a cell through a constant
needs one more, and no value            stays on the old code, reported as stale
nested functions already made           found by reference count, then one pass over the heap
suspended generators, coroutines        keep their old code, reported as stale
one in which a break is open            goes on in the new code, by the resume
======================================  =========================================================
"""

from __future__ import annotations

import functools
import inspect
import types
import warnings
from collections.abc import Iterable, Mapping
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

from livecode.breaks import running
from livecode.breaks.point import point_of
from livecode.edits import codes, finding
from livecode.edits.closures import cells_of, obtain
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.journal import MISSING, Journal
from livecode.edits.report import Entry, Report

CACHE = type(functools.cache(len))

_WRAPPERS = (FunctionType, CACHE, property, staticmethod, classmethod, types.MethodType)
_KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_CALLED_ONCE = frozenset(["<listcomp>", "<setcomp>", "<dictcomp>"])
"""Comprehensions, which are functions before Python 3.12 that nothing calls again (PEP 709)."""

_fitted: WeakKeyDictionary[FunctionType, CodeType] = WeakKeyDictionary()
"""Functions whose code was fitted to their closure, with the code that they stand for."""

_given: WeakKeyDictionary[FunctionType, Mapping[str, CellType]] = WeakKeyDictionary()
"""For these, the cells of variables that their closures lack; they stay with the function."""

behind: WeakKeyDictionary[FunctionType, bool] = WeakKeyDictionary()
"""Functions that could not follow an edit and have older code; a later edit may bring them along."""

forwarding: WeakKeyDictionary[FunctionType, Any] = WeakKeyDictionary()
"""Functions that only pass their calls on, with what they pass them to."""


superseded_caches: WeakSet[Any] = WeakSet()
"""Caches whose function only passes its calls on: nothing tells when what they keep is out of date."""


class _Escaped(NamedTuple):
    """A code object that somebody unknown still holds, and what is to take its place."""

    old: CodeType
    new: CodeType | None
    compiled: Compiled | None
    owner: type | None
    edited: bool


class Functions:
    """Changes functions for one edit.

    Args:
        journal: takes every change.
        report: takes what could not follow.
        module: the name of the module, for the report.
    """

    def __init__(self, journal: Journal, report: Report, module: str) -> None:
        self.journal = journal
        self.report = report
        self.module = module
        self._caches: list[tuple[list[Any], list[FunctionType]]] = []
        self._namespace: dict[str, Any] = {}
        self._edited: list[FunctionType] = []
        self._escaped: list[_Escaped] = []

    def code_of(self, function: FunctionType) -> CodeType:
        """A function's code, or the code that it stands for if it was fitted to its closure."""
        return stands_for(function)

    def key(self, function: FunctionType) -> codes.Key:
        """What tells a function's code from all others; a forwarding function has no key of its own."""
        if function in forwarding:
            return codes.Key("", "", 0)
        return codes.key_of(function.__code__)

    def recode(
        self,
        function: FunctionType,
        new: CodeType,
        compiled: Compiled | None = None,
        owner: type | None = None,
        more: Mapping[str, CellType] | None = None,
        edited: bool = True,
    ) -> None:
        """Give a function new code, and all functions that were made inside of it theirs.

        Args:
            function: the live function.
            new: its code from now on.
            compiled: where `new` comes from; None if it is the old code moved.
            owner: the class of which it is a method, for ``super()``.
            more: cells for free variables that it gains.
            edited: whether the new code means something else; else only its lines moved.
        """
        items = [
            (stands_for(function), new, True),
            *_inner_pairs(stands_for(function), new, True),
        ]
        known = 2  # the function (or its parent's constants) and the tuple
        for index in range(len(items)):
            if finding.has_other_holders(items[index][0], known):
                old, partner, of_owner = items[index]
                owned = owner if of_owner else None
                self._escaped.append(_Escaped(old, partner, compiled, owned, edited))
                del old
        del items
        self._exchange(function, new, compiled, owner, more or {}, edited)

    def _exchange(
        self,
        function: FunctionType,
        new: CodeType,
        compiled: Compiled | None,
        owner: type | None,
        more: Mapping[str, CellType],
        edited: bool,
    ) -> None:
        have = function.__code__.co_freevars
        if new.co_freevars == have:
            before = self._made_by(function, new, compiled, owner) if edited else []
            if function in _fitted and compiled is not None:
                self._remember(function, MISSING)
            self._set_code(function, new)
            self._escaped += before
            return
        try:
            if compiled is None:
                self._shift(function, new)
                return
            cells = cells_of(function)
            point = point_of(function.__code__)
            if point is not None:
                more = {**point.cells, **more}
            given = {
                name: cell
                for name, cell in _given.get(function, {}).items()
                if name in new.co_freevars and name not in cells
            }
            given |= {
                name: cell
                for name, cell in more.items()
                if name in new.co_freevars and name not in cells
            }
            for name in new.co_freevars:
                if name not in cells and name not in given:
                    given[name] = obtain(name, function, new, compiled, owner)
            fitted = compiled.fit(new, have, given)
        except CannotFollow as reason:
            self.stale(function.__qualname__, f"{reason}; functions made before keep the old code")
            self._remember(function, new)  # so that a later edit tries again
            self.journal.item(behind, function, True)
            return
        before = self._made_by(function, new, compiled, owner) if edited else []
        self._set_code(function, fitted)
        self._remember(function, new)
        self._escaped += before
        self.journal.item(_given, function, given)

    def _made_by(
        self,
        function: FunctionType,
        new: CodeType,
        compiled: Compiled | None,
        owner: type | None,
    ) -> list[_Escaped]:
        """What a function whose code was fitted has made since: that holds code which no source has."""
        if function not in _fitted:
            return []
        code = function.__code__
        pairs = [(code, new, True), *_inner_pairs(code, new, True)]
        return [
            _Escaped(old, partner, compiled, owner if same else None, True)
            for old, partner, same in pairs
        ]

    def _shift(self, function: FunctionType, new: CodeType) -> None:
        """Move a function that was fitted to its closure to the lines of `new`, the code it stands for."""
        fitted = function.__code__
        if function in behind or not codes.similar(stands_for(function), new):
            raise CannotFollow("its closure was fitted to an earlier edit")
        self._set_code(function, codes.shift(fitted, new.co_firstlineno - fitted.co_firstlineno))
        self._remember(function, new)

    def _set_code(self, function: FunctionType, code: CodeType) -> None:
        if function in behind:
            self.journal.item(behind, function, MISSING)
        if (function.__code__.co_flags ^ code.co_flags) & _KINDS:
            with warnings.catch_warnings():
                # A function that becomes a generator or coroutine is meant to.
                warnings.simplefilter("ignore", DeprecationWarning)
                self.journal.attribute(function, "__code__", code)
        else:
            self.journal.attribute(function, "__code__", code)

    def _remember(self, function: FunctionType, source: Any) -> None:
        self.journal.item(_fitted, function, source)

    def flush(self) -> None:
        """Bring the new code to the holders that no name leads to: one pass over the heap, if any."""
        while self._escaped:
            escaped, self._escaped = self._escaped, []
            self._flush(escaped)

    def _flush(self, escaped: list[_Escaped]) -> None:
        found = finding.holders([item.old for item in escaped])
        strays = list(_fitted.items())
        for item in escaped:
            held = found[id(item.old)]
            suspended = [
                each for each in held.suspended if not running.is_broken(finding.frame_of(each))
            ]
            functions = held.functions + [stray for stray, source in strays if source is item.old]
            for function in functions:
                if item.new is None and item.old.co_name in _CALLED_ONCE:
                    continue
                if item.new is None:
                    self.stale(
                        function.__qualname__,
                        "it is gone from the source; live ones keep the old code",
                    )
                elif function.__code__ is not item.new:
                    self._exchange(function, item.new, item.compiled, item.owner, {}, item.edited)
            if suspended and item.edited and not (item.new and codes.similar(item.old, item.new)):
                self.stale(item.old.co_qualname, _keep_old_code(suspended))

    def take_back(self, exchanged: list[tuple[CodeType, CodeType]]) -> None:
        """Bring functions that were made inside of edited ones, since an edit, to the code before it.

        Args:
            exchanged: the code of the edit that is taken back, and the code before it.
        """
        for undone, before in exchanged:
            for old, new, _ in _inner_pairs(undone, before, True):
                self._escaped.append(_Escaped(old, new, None, None, True))
        self.flush()

    def clear_later(self, values: Iterable[Any], live: list[FunctionType]) -> None:
        """Have caches over edited functions emptied when the edit has succeeded."""
        self._caches.append((list(values), live))

    def clear_in(self, namespace: dict[str, Any], live: list[FunctionType]) -> None:
        """Have the caches of a module that are over edited functions emptied as well."""
        self._namespace = namespace
        self._edited += live

    def succeed(self) -> None:
        """The edit is live: empty the caches over what it changed."""
        for values, live in self._caches:
            clear_caches(values, live, own=True)
        clear_caches(list(self._namespace.values()), self._edited)
        for cache in list(superseded_caches):
            cache.cache_clear()
        self._caches.clear()
        self._edited.clear()

    def stale(self, qualname: str, why: str) -> None:
        """Report that something alive could not follow."""
        entry = Entry(f"{self.module}:{qualname}", why)
        if entry not in self.report.stale:
            self.report.stale.append(entry)

    def adopt(
        self,
        function: FunctionType,
        new: FunctionType,
        compiled: Compiled | None,
        owner: type | None = None,
    ) -> None:
        """Make `function` all that the newly made function `new` is, except for its cells."""
        if function is new:
            return
        self.header(function, new, frozenset())
        self.recode(function, new.__code__, compiled, owner, cells_of(new))
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            if getattr(function, name) != getattr(new, name):
                self.journal.attribute(function, name, getattr(new, name))
        for name, value in list(new.__dict__.items()):
            self.journal.item(function.__dict__, name, value)
        for name in [
            name for name in function.__dict__ if name.startswith("__") and name not in new.__dict__
        ]:
            self.journal.item(
                function.__dict__, name, MISSING
            )  # a decorator that is gone had set it
        if function in forwarding:
            self.journal.item(forwarding, function, MISSING)

    def header(self, function: FunctionType, new: FunctionType, keep: frozenset[str]) -> None:
        """Take over defaults, annotations and type parameters from a newly made function.

        Args:
            keep: parameters whose default expression did not change; their values stay.
        """
        kept = _defaults(function)
        positional = new.__code__.co_varnames[: new.__code__.co_argcount]
        defaults = new.__defaults__
        if defaults:
            names = positional[len(positional) - len(defaults) :]
            defaults = tuple(
                kept.get(name, value) if name in keep else self._default(kept.get(name), value)
                for name, value in zip(names, defaults, strict=True)
            )
        keyword = new.__kwdefaults__
        if keyword:
            keyword = {
                name: kept.get(name, value)
                if name in keep
                else self._default(kept.get(name), value)
                for name, value in keyword.items()
            }
        self.journal.attribute(function, "__defaults__", defaults)
        self.journal.attribute(function, "__kwdefaults__", keyword)
        annotations = "__annotate__" if hasattr(new, "__annotate__") else "__annotations__"
        self.journal.attribute(function, annotations, getattr(new, annotations))
        if hasattr(new, "__type_params__"):
            self.journal.attribute(function, "__type_params__", new.__type_params__)

    def _default(self, old: Any, new: Any) -> Any:
        """What stays of an edited default: a lambda that was there before, if it is one again."""
        if not isinstance(old, FunctionType) or not isinstance(new, FunctionType):
            return new
        codes_of = stands_for(old), new.__code__
        if old.__globals__ is not new.__globals__ or any(
            code.co_name != "<lambda>" or code.co_qualname != new.__code__.co_qualname
            for code in codes_of
        ):
            return new
        self.adopt(old, new, None)
        return old

    def forward(self, function: FunctionType, target: Any) -> None:
        """Let a function pass each call on to `target`, for those who hold it from before a change."""
        if function is target:
            return
        free = function.__code__.co_freevars
        code = _forwarder(function, target, free)
        self._set_code(function, code)
        self.journal.attribute(function, "__defaults__", None)
        self.journal.attribute(function, "__kwdefaults__", None)
        self.journal.item(function.__dict__, "__wrapped__", target)
        self.journal.item(forwarding, function, target)


def stands_for(function: FunctionType) -> CodeType:
    """A function's code, or the code that it stands for if it was fitted to the function's closure."""
    return _fitted.get(function) or function.__code__


def _inner_pairs(
    old: CodeType, new: CodeType | None, of_owner: bool
) -> list[tuple[CodeType, CodeType | None, bool]]:
    """All code objects inside of `old`, each with the one that takes its place.

    The third item says whether ``__class__`` means the same class there (it does not inside of
    another class body).
    """
    todo: list[tuple[CodeType, CodeType | None]]
    todo = (
        [(code, None) for code in codes.nested(old)] if new is None else list(codes.pairs(old, new))
    )
    found: list[tuple[CodeType, CodeType | None, bool]] = []
    for inner, partner in todo:
        same = of_owner and bool(inner.co_flags & inspect.CO_OPTIMIZED)
        found.append((inner, partner, same))
        found += _inner_pairs(inner, partner, same)
    return found


def _keep_old_code(suspended: list[Any]) -> str:
    kind = type(suspended[0]).__name__.replace("_", " ")
    if len(suspended) == 1:
        return f"1 suspended {kind} keeps its old code"
    return f"{len(suspended)} suspended {kind}s keep their old code"


def _defaults(function: FunctionType) -> dict[str, Any]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    values = dict(zip(positional[len(positional) - len(defaults) :], defaults, strict=True))
    return values | (function.__kwdefaults__ or {})


def _forwarder(function: FunctionType, target: Any, free: tuple[str, ...]) -> CodeType:
    mark = "\0livecode target"
    asynchronous = inspect.iscoroutinefunction(target)
    call = f"{mark!r}.cell.cell_contents(*args, **kwargs)"
    mention = f"        if False: ({', '.join(free)},)\n" if free else ""
    text = (
        f"def factory({', '.join(free)}):\n"
        f"    {'async ' if asynchronous else ''}def forwarder(*args, **kwargs):\n"
        f"{mention}"
        f"        return {'await ' if asynchronous else ''}{call}\n"
    )
    root = compile(text, function.__code__.co_filename, "exec")
    made = next(code for code in codes.walk(root) if code.co_name == "forwarder")
    made = codes.requalify(
        made,
        made.co_qualname,
        function.__code__.co_qualname,
        {mark: codes.Shared(CellType(target))},
    )
    return made.replace(
        co_name=function.__code__.co_name, co_firstlineno=function.__code__.co_firstlineno
    )


def clear_caches(values: Iterable[Any], live: list[FunctionType], own: bool = False) -> None:
    """Empty those of some caches (``functools.lru_cache`` and ``cache``) that are over edited functions.

    Args:
        values: objects that may be caches, or wrap one.
        live: the functions that were edited.
        own: the values are those of edited definitions, so that caches of any make are meant; else
            objects of the user's own classes are not even looked at.
    """
    edited = {id(function) for function in live}
    for value in values:
        if not own and type(value) not in _WRAPPERS:
            continue
        if type(value) is FunctionType and not hasattr(value, "__wrapped__"):
            continue
        parts = (value.fget, value.fset, value.fdel) if isinstance(value, property) else (value,)
        for part in parts:
            _clear_chain(part, edited)


def _clear_chain(value: Any, edited: set[int]) -> None:
    """Empty the caches in a chain of wrappers that ends at an edited function."""
    chain: list[Any] = []
    while value is not None and not isinstance(value, type) and len(chain) < 20:
        if isinstance(value, (staticmethod, classmethod, types.MethodType)):
            value = value.__func__
        elif isinstance(value, property):  # a classmethod or the like over one
            value = value.fget
        chain.append(value)
        value = getattr(value, "__wrapped__", None)
    if any(id(item) in edited for item in chain):
        for item in chain:
            clear = getattr(item, "cache_clear", None)
            if callable(clear):
                clear()
