"""Survivors: which object stays under a name when a statement was evaluated again.

In: the old value, the newly made one, and the functions that were live before. Out: the object to
bind. The old object survives wherever it can become what the new one is; the new one is then taken
out of every registry that it got into meanwhile.

===========================  ====================================================================
old and new                  who survives
===========================  ====================================================================
function, function           the old one, with the new code
decorated, as before         the old wrapper, if it holds the same values; its function follows
decorators changed           the new wrapper; old functions pass their calls on to it
decorators removed           the function that was there first
class, class                 the old one
lambda bound to a name       the old one
anything else                the new one
===========================  ====================================================================
"""

from __future__ import annotations

import ast
import functools
import gc
import sys
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from livecode.edits import codes, finding, registries
from livecode.edits.classes import (
    body_names,
    contents_of,
    is_ours,
    same_definition,
)
from livecode.edits.compiled import Compiled
from livecode.edits.functions import CACHE, Functions, forwarding, stands_for, superseded_caches
from livecode.edits.journal import MISSING
from livecode.edits.merging import DESCRIPTORS, Merging
from livecode.edits.scopes import Scope
from livecode.sources.outline import FUNCTIONS, definitions_in

_CONTAINERS = (dict, list, set)
_COPIED = tuple({"__doc__", *functools.WRAPPER_ASSIGNMENTS} - {"__name__", "__qualname__"})
"""What ``functools.wraps`` copies (names follow by `Survivors.rename`)."""


class Survivors:
    """Decides for one edit, and cleans up after it."""

    def __init__(self, functions: Functions, merging: Merging) -> None:
        self.functions = functions
        self._merging = merging
        self._retired: list[tuple[weakref.ref[Any], Any, bool]] = []
        self._superseded: list[tuple[Any, Any]] = []

    def settle(
        self,
        scope: Scope,
        name: str,
        old: Any,
        new: Any,
        node: ast.stmt,
        compiled: Compiled,
        live: list[FunctionType],
        decorated_as_before: bool,
        kept: frozenset[str] | None,
        before: ast.stmt | None,
    ) -> Any:
        """Choose the object that stays under `name`, and make it what the new one is.

        Args:
            scope: where the name is bound.
            name: the name.
            old: what it was bound to.
            new: what the evaluated statement bound it to.
            node: the statement.
            compiled: its code.
            live: the functions of the statement's earlier text that are alive.
            decorated_as_before: whether the decorators are those of the earlier text.
            kept: for a class, the names whose statements did change (others keep their values);
                None: everything is taken from the new class.
            before: for a class, its earlier text, if known.
        """
        qualname = scope.prefix + name
        if isinstance(old, type) and isinstance(new, type):
            if is_ours(old, scope.place.module, qualname) and is_ours(
                new, scope.place.module, qualname
            ):
                before = before if isinstance(before, ast.ClassDef) else None
                return self._class(old, new, kept, before, compiled)
            return new
        definition = definitions_in(node).get(name)
        if not isinstance(definition, FUNCTIONS):
            if (
                isinstance(new, FunctionType)
                and isinstance(old, FunctionType)
                and definition is not None
                and same_definition(old, new)
                and old in live
            ):
                self.functions.adopt(old, new, compiled)
                return old
            return new
        raw = self._raw(new, compiled, qualname, definition)
        live = [function for function in live if _is_of(function, qualname)]
        if raw is None or not live:
            return new
        if not is_of(old, live):
            old = live[0] if new is raw else None  # another definition has the name now
        if decorated_as_before and new is raw and old in live:
            self.functions.adopt(old, raw, compiled, scope.owner)
            self.retire(raw, old, drop=bool(definition.decorator_list))
            return old
        if (
            decorated_as_before
            and len(live) == 1
            and equivalent(old, new, {id(raw): live[0]}, _plain(definition))
        ):
            with self.wrappers(old, live):
                self.functions.adopt(live[0], raw, compiled, scope.owner)
            self.functions.clear_later([old], live)
            self.retire(raw, live[0])
            self.retire(new, old)
            return old
        if new is raw:
            return self._undecorated(
                old, raw, live, compiled, scope.owner, bool(definition.decorator_list)
            )
        return self._decorated(old, new, raw, live)

    def move(self, old: Any, new: Any, before: ast.stmt) -> Any:
        """Let a definition that came from another source survive in the new one, where it can.

        A class moves as itself, with methods that see their new module. A function cannot change
        the module whose names it sees: the old one passes its calls on to the new one.

        Args:
            old: the live object.
            new: what the source that it comes to has made.
            before: its text in the source that it leaves.
        """
        if isinstance(old, type) and isinstance(new, type) and isinstance(before, ast.ClassDef):
            survivor = self._merging.merge(old, new, frozenset(), before, None)
            if survivor is old:
                self.retire(new, old)
            return survivor
        if isinstance(old, FunctionType) and callable(new):
            self.functions.forward(old, new)
            self._superseded.append((new, old))
        return new

    # -- functions -------------------------------------------------------------------------------

    def _raw(
        self,
        new: Any,
        compiled: Compiled,
        qualname: str,
        definition: ast.FunctionDef | ast.AsyncFunctionDef,
    ) -> FunctionType | None:
        """The function that the evaluated ``def`` made, before its decorators."""
        made = [code for code in codes.walk(compiled.code) if code.co_qualname == qualname]
        for function in finding.reach(new):
            if any(function.__code__ is code for code in made):
                return function
        if isinstance(new, FunctionType) and new.__code__.co_qualname == qualname:
            return new  # evaluated by somebody else, from the same text
        if made and definition.decorator_list:
            held = finding.holders(made)
            for code in made:
                for function in held[id(code)].functions:
                    return function
        return None

    def _undecorated(
        self,
        old: Any,
        raw: FunctionType,
        live: list[FunctionType],
        compiled: Compiled,
        owner: type | None,
        decorated: bool,
    ) -> Any:
        """The function itself is bound: it has no decorators, or they gave it back."""
        first = [function for function, target in list(forwarding.items()) if target is old]
        survivor = (first or live)[0]
        if decorated:
            self._superseded.append((raw, survivor))
        self.functions.adopt(survivor, raw, compiled, owner)
        for function in {id(f): f for f in (*first, *live)}.values():
            self.functions.forward(function, survivor)
        if isinstance(old, FunctionType) and old is not survivor:
            self.functions.forward(old, survivor)
        self.retire(raw, survivor)
        return survivor

    def _decorated(self, old: Any, new: Any, raw: FunctionType, live: list[FunctionType]) -> Any:
        self._superseded += [(raw, function) for function in live]
        if old is not None:
            self._superseded.append((new, old))
        outside = raw if isinstance(new, DESCRIPTORS) or not callable(new) else new
        earlier = [function for function, target in list(forwarding.items()) if target is old]
        whole = isinstance(
            old, CACHE
        )  # it cannot pass calls on itself, and does nothing of its own
        if whole:
            superseded_caches.add(old)
        for function in live:
            self.functions.forward(function, outside if whole or function is old else raw)
        for function in earlier:
            self.functions.forward(function, outside)
        if isinstance(old, FunctionType) and old not in live and is_of(old, live):
            self.functions.forward(old, outside)
        self.functions.clear_later([old], live)
        return new

    def give_way(
        self,
        old: Any,
        new: Any,
        superseding: list[Any],
        qualname: str,
        namespace: dict[str, Any],
    ) -> None:
        """Let a function or wrapper that has lost its name to an earlier one pass its calls on.

        Args:
            old: what the name was bound to by an edit that is taken back.
            new: what its name is bound to again.
            superseding: what functions of before the edit passed their calls on to, until now.
            qualname: the name.
            namespace: that of the module.
        """
        stays = {id(function) for function in finding.reach(new)}
        reached = [
            [
                function
                for function in finding.reach(value)
                if function.__globals__ is namespace and _is_of(function, qualname)
            ]
            for value in (old, new)
        ]
        if id(old) in stays:
            why = "references to it made since the edit call it without its decorators"
            self.functions.stale(qualname, why)
        live = [function for function in reached[0] if id(function) not in stays]
        ours = {id(each) for each in superseding}
        if not any(id(each) in ours for each in (old, *live)):
            return
        if live and reached[1] and callable(old) and callable(new):
            self._decorated(old, new, reached[1][0], live)

    @contextmanager
    def wrappers(self, value: Any, live: Iterable[FunctionType]) -> Iterator[None]:
        """Edit functions in the body: what ``functools.wraps``, a property and the like have copied of
        them follows."""
        functions = list(live)
        item, depth = value, 0
        chain: list[Any] = []
        while item is not None and depth < 20:
            chain.append(item)
            item, depth = _wrapped(item), depth + 1
        source = chain[-1] if any(item is f for item in chain for f in functions) else None
        copied = [
            (item, name)
            for item in chain[:-1]
            if source is not None and (hasattr(item, "__dict__") or isinstance(item, property))
            for name in _COPIED
            if hasattr(item, name) and getattr(item, name) == getattr(source, name, MISSING)
        ]
        yield
        for item, name in copied:
            if getattr(item, name) != getattr(source, name):
                self.functions.journal.attribute(item, name, getattr(source, name))

    def rename(self, target: Any, old: str, new: str) -> None:
        """Give a function, class or property its new name, where it bears the old one."""
        if isinstance(target, property) and getattr(target, "__name__", None) == old.split(".")[-1]:
            if sys.version_info >= (3, 13):  # before that it has no name of its own
                self.functions.journal.attribute(target, "__name__", new.rpartition(".")[2])
            return
        if not isinstance(target, (FunctionType, type)) and not (
            hasattr(target, "__wrapped__") and hasattr(target, "__qualname__")
        ):
            return
        journal = self.functions.journal
        if target.__qualname__ == old:
            journal.attribute(target, "__name__", new.rpartition(".")[2])
            journal.attribute(target, "__qualname__", new)
        elif target.__qualname__.startswith(old + "."):
            journal.attribute(target, "__qualname__", new + target.__qualname__[len(old) :])

    # -- classes ---------------------------------------------------------------------------------

    def _class(
        self,
        old: type,
        new: type,
        kept: frozenset[str] | None,
        before: ast.ClassDef | None,
        compiled: Compiled | None,
    ) -> Any:
        keep: frozenset[str] = frozenset()
        if before is not None and kept is not None:
            keep = body_names(before) - kept
        survivor = self._merging.merge(old, new, keep, before, compiled)
        if survivor is old:
            self.retire(new, old)
        return survivor

    # -- what must not stay ----------------------------------------------------------------------

    def retire(self, new: Any, old: Any, drop: bool = True) -> None:
        """Remember that `new` was only a means: whoever got hold of it is to hold `old`."""
        if new is not old:
            try:
                self._retired.append((weakref.ref(new), old, drop))
            except TypeError:  # no weak references: nothing registers such an object
                return

    def survivor(self, made: Any) -> Any:
        """The live object in whose place a newly made one stands, or that one itself."""
        return next((old for ref, old, _ in self._retired if ref() is made), made)

    def clean_up(self) -> None:
        """Leave no duplicates in the registries that objects got into while they were made."""
        superseded, self._superseded = self._superseded, []
        again = [(ref(), old) for ref, old, drop in self._retired if drop and ref() is not None]
        again = [(new, old) for new, old in again if not isinstance(old, type)]
        touched = registries.drop_superseded(superseded, again)
        del superseded, again
        retired, self._retired = self._retired, []
        if any(isinstance(old, type) and ref() is not None for ref, old, _ in retired):
            gc.collect(0)
        for drop in (True, False):
            left = [
                (ref(), old) for ref, old, each in retired if each is drop and ref() is not None
            ]
            if left:
                registries.replace(left, drop)
                classes = any(isinstance(old, type) for _, old in left)
                del left
                if classes:
                    gc.collect(1)
        for holder, before in touched:
            self._record(holder, before)

    def _record(self, holder: Any, before: tuple[Any, ...]) -> None:
        """Let the journal know that a container was changed, and what it held before the edit."""
        after = registries.contents(holder)
        registries.fill(holder, before)
        self.functions.journal.change(
            "a registry",
            lambda: registries.contents(holder),
            lambda items: registries.fill(holder, items),
            after,
        )


def is_of(value: Any, live: list[FunctionType]) -> bool:
    """Whether a value is one of some live functions, or wraps one."""
    return any(function is each for function in finding.reach(value) for each in live)


def equivalent(old: Any, new: Any, raws: dict[int, Any], state: bool, depth: int = 4) -> bool:
    """Whether two decorated objects are the same but for the function that they wrap.

    Args:
        raws: for the id of each newly made function, the live one in its place.
        state: whether numbers and collections in a decorator object can only be its state, since
            its decorator takes no arguments but literals.
        depth: how far to look.
    """
    if old is new or raws.get(id(new)) is old:
        return True
    if type(old) is not type(new) or depth == 0:
        return False
    if isinstance(new, FunctionType):
        if old.__code__ is not new.__code__ or len(old.__closure__ or ()) != len(
            new.__closure__ or ()
        ):
            return False
        cells = zip(old.__closure__ or (), new.__closure__ or (), strict=True)
        return all(
            a is b or equivalent(contents_of(a), contents_of(b), raws, state, depth - 1)
            for a, b in cells
        )
    if isinstance(new, property):
        return all(
            equivalent(getattr(old, part), getattr(new, part), raws, state, depth - 1)
            for part in ("fget", "fset", "fdel")
        )
    if isinstance(new, (staticmethod, classmethod)):
        return equivalent(old.__func__, new.__func__, raws, state, depth - 1)
    if isinstance(new, functools.partial):
        return (
            equivalent(old.func, new.func, raws, state, depth - 1)
            and old.args == new.args
            and old.keywords == new.keywords
        )
    if hasattr(new, "cache_parameters"):
        return bool(old.cache_parameters() == new.cache_parameters())
    if isinstance(new, (int, float, str, bytes, tuple, frozenset, bool, type(None), *_CONTAINERS)):
        return bool(old == new)
    have, made = getattr(old, "__dict__", None), getattr(new, "__dict__", None)
    if not have or not made or have.keys() != made.keys():
        return False
    wraps = any(id(value) in raws for value in made.values())
    return wraps and all(
        equivalent(have[name], made[name], raws, state, depth - 1)
        or (state and _is_state(have[name], made[name]))
        for name in made
    )


def _is_of(function: FunctionType, qualname: str) -> bool:
    """Whether a function is that of a definition, and not a wrapper that bears its name."""
    if stands_for(function).co_qualname == qualname:
        return True
    return function.__qualname__ == qualname and "__wrapped__" not in function.__dict__


def _plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether what a function's decorators are given cannot be another thing than before."""
    return all(
        not isinstance(call, ast.Call)
        or all(map(_literal, [*call.args, *(keyword.value for keyword in call.keywords)]))
        for part in node.decorator_list
        for call in ast.walk(part)
    )


def _literal(node: ast.expr) -> bool:
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return all(map(_literal, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and _literal(key) for key in node.keys) and all(
            map(_literal, node.values)
        )
    return isinstance(node, ast.Constant)


def _is_state(old: Any, new: Any) -> bool:
    """Whether two attributes of decorator objects are state (numbers counted, things collected)."""
    return (
        type(old) is type(new)
        and isinstance(new, (int, float, *_CONTAINERS))
        and not isinstance(new, bool)
    )


def _wrapped(item: Any) -> Any:
    """What something wraps, and has copied the docstring of; or None."""
    if isinstance(item, property):
        return item.fget
    if isinstance(item, functools.cached_property):
        return item.func
    return getattr(item, "__wrapped__", None)
