"""Changes to live objects: what is done for each change of a statement.

In: the changes of one source, and the scope that its statements stand in. Out: the live program
changed (through the journal), and what happened as entries of the report.

============================================  ===================================================
the change                                    what is done
============================================  ===================================================
only lines or formatting                      the code objects get their new lines
function, decorators as before                code exchanged in place; no decorator runs again
  its defaults or annotations changed         the bare ``def`` is evaluated, for those values
function, decorators changed                  evaluated; old references pass calls on
class, plain header                           its body's changes, each by this table, in place
class, decorated or with its own metaclass    evaluated; then the old class takes everything over
``if``, ``with``, header as before            the changes inside of it, each by this table
any other block                               functions in it in place if nothing else changed,
                                              else evaluated
everything else                               evaluated, and its names bound
removed                                       its names unbound, if no statement left binds them
============================================  ===================================================
"""

from __future__ import annotations

import ast
from abc import ABCMeta
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any

from livecode.edits import codes, finding
from livecode.edits.classes import Classes, is_ours
from livecode.edits.compiled import CannotFollow, Compiled
from livecode.edits.functions import Functions, forwarding
from livecode.edits.journal import MISSING
from livecode.edits.report import Entry, Report
from livecode.edits.scopes import BlockScope, ClassScope, Scope, stand_in
from livecode.edits.survivors import Survivors
from livecode.sources import names
from livecode.sources.changes import Change, children, compare, with_later_definitions
from livecode.sources.outline import FUNCTIONS, Statement, bodies, first_line, meaning


class Editor:
    """Applies the changes of one source.

    Args:
        scope: the module's scope.
        report: takes what happened.
        old_filename: the file name under which the code that is live was compiled.
        aside: put every change of a live object off until `commit`.
        moving: live objects whose definitions come to this source from another, by
            ``module:name``.
    """

    def __init__(
        self,
        scope: Scope,
        report: Report,
        old_filename: str,
        aside: bool = False,
        moving: Mapping[str, Any] | None = None,
    ) -> None:
        self._moving = moving or {}
        self.other_flags = False
        """Whether the ``from __future__`` imports changed, so that every definition means something else."""
        self.scope = scope
        self.place = scope.place
        self.report = report
        self.journal = scope.journal
        self.functions = Functions(self.journal, report, self.place.module)
        self.classes = Classes(self.journal, self.functions, report)
        self.survivors = Survivors(self.functions, self.classes)
        self.rebound: dict[str, tuple[Any, Any]] = {}
        self.recoded: set[str] = set()
        self._old_filename = old_filename
        self._aside = aside
        self._later: list[Callable[[], None]] = []
        self._heap: list[FunctionType] | None = None
        self._shifts: list[tuple[FunctionType, Any, Compiled | None]] = []

    # -- the whole -------------------------------------------------------------------------------

    def apply(self, changes: list[Change], bound_after: Iterable[str]) -> None:
        """Apply the changes of the source's statements.

        Args:
            changes: in the order of the new text.
            bound_after: every name that some statement of the new text binds.

        Raises:
            Whatever an evaluated statement raises; the journal then takes all of it back.
        """
        still = set(bound_after)
        self._changes(self.scope, changes, still)

    def commit(self) -> None:
        """Carry out what was put off, and bring the new code to holders that no name leads to."""
        for step in self._later:
            step()
        self._later.clear()
        for function, new, compiled in self._shifts:
            self.functions.recode(function, new, compiled)
        self._shifts.clear()
        self.functions.flush()

    def succeed(self) -> None:
        """The edit is live and stays: do what cannot be taken back."""
        self.functions.succeed()
        self.survivors.clean_up()

    def _do(self, step: Callable[[], None]) -> None:
        if self._aside:
            self._later.append(step)
        else:
            step()

    def _changes(self, scope: Scope, changes: list[Change], still: set[str]) -> None:
        for change in changes:
            if change.kind == "removed":
                self._removed(scope, change, still)
            elif change.kind == "moved":
                self._moved(scope, change)
            elif change.kind == "renamed":
                self._renamed(scope, change)
            elif change.kind == "asked":
                self._asked(scope, change)
            else:
                self._edited(scope, change, still)

    def _asked(self, scope: Scope, change: Change) -> None:
        """Evaluate a statement because the person says so; of a live class, only the part at a line."""
        assert change.new is not None
        node = self._node(change.new, change.line)
        cls = scope.read(change.name)
        if change.part and isinstance(node, ast.ClassDef) and isinstance(cls, type):
            for part, line in zip(*children(node, change.new.text), strict=True):
                if line <= change.part < line + part.height:
                    old = part if part.name else None
                    inside = ClassScope(scope, node, cls)
                    self._asked(inside, Change("asked", old, part, line, line, change.part))
                    return
        self._evaluate(scope, node, change.new.kind, change, "evaluated")

    def _done(self, scope: Scope, name: str, what: str) -> None:
        self.report.applied.append(Entry(f"{self.place.module}:{scope.prefix}{name}", what))

    # -- one change ------------------------------------------------------------------------------

    def _edited(self, scope: Scope, change: Change, still: set[str]) -> None:
        new = change.new
        assert new is not None
        node = self._node(new, change.line)
        if change.old is None:
            self._evaluate(scope, node, new.kind, change, "added")
            return
        old_node = self._node(change.old, change.old_line)
        if new.kind == change.old.kind == "function":
            self._edited_function(scope, old_node, node, change)
        elif new.kind == change.old.kind == "class":
            self._edited_class(scope, old_node, node, change)
        elif new.kind == "block" and self._edited_block(scope, old_node, node, change, still):
            pass
        else:
            self._evaluate(scope, node, new.kind, change, "edited")
            gone = change.old.binds - new.binds - still
            self._unbind(scope, gone, change.old)

    @staticmethod
    def _node(statement: Statement, line: int) -> ast.stmt:
        """A statement's syntax with its true lines (inner statements have theirs already)."""
        return statement.node if statement.nested else statement.parse(line)

    def _edited_function(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change
    ) -> None:
        assert isinstance(old_node, FUNCTIONS) and isinstance(node, FUNCTIONS)
        if not same_parts(old_node, node, "decorator_list"):
            self._evaluate(scope, node, "function", change, "edited")
            return
        compiled = self._compile(scope, [node])
        live = self.live(scope, old_node)
        code = compiled.find(scope.prefix + node.name, first_line(node))
        if code is None:
            raise CannotFollow(f"{node.name}: no code of its own was found")
        if not live:
            if scope.read(node.name) is MISSING and not node.decorator_list:
                self._evaluate(scope, node, "function", change, "edited")
            else:
                self._done(scope, node.name, "edited")
            return
        made: FunctionType | None = None
        if self.other_flags or not _same_header(old_node, node):
            bare = self._compile(scope, [_undecorated(node)])
            made = _function_in(scope.evaluate(bare, {node.name}).get(node.name))
        keep = _unchanged_defaults(old_node, node)
        value = scope.read(node.name)

        def step() -> None:
            for function in live:
                if made is not None:
                    self.functions.header(function, made, keep)
                self._recode_definition(scope, function, code, compiled, old_node, node)
            if value is not MISSING:
                self.survivors.refresh_wrappers(value, live)
                self.functions.clear_later([value, *self.place.namespace.values()], live)
                if scope.owner is not None:
                    self.classes.clear_cached_property(scope.owner, value, node.name)

        self._do(step)
        self.recoded.add(node.name)
        self._done(scope, node.name, "edited")

    def _recode_definition(
        self,
        scope: Scope,
        function: FunctionType,
        code: Any,
        compiled: Compiled,
        old_node: ast.stmt,
        node: ast.stmt,
    ) -> None:
        assert isinstance(old_node, FUNCTIONS) and isinstance(node, FUNCTIONS)
        self.functions.recode(function, code, compiled, scope.owner)
        old_doc, new_doc = (
            ast.get_docstring(old_node, clean=False),
            ast.get_docstring(node, clean=False),
        )
        if old_doc != new_doc:
            self.journal.attribute(function, "__doc__", new_doc)

    def _edited_class(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change
    ) -> None:
        assert isinstance(old_node, ast.ClassDef) and isinstance(node, ast.ClassDef)
        assert change.old is not None and change.new is not None
        cls = scope.read(node.name)
        if not (
            isinstance(cls, type) and is_ours(cls, self.place.module, scope.prefix + node.name)
        ):
            self._evaluate(scope, node, "class", change, "edited")
            return
        parts = children(node, change.new.text)
        old_parts = children(old_node, change.old.text)
        inner = compare(*old_parts, *parts)
        if self.other_flags and not inner:
            inner = [
                Change("edited", old, new, old_line, line)
                for old, old_line, new, line in zip(*old_parts, *parts, strict=True)
                if new.kind in ("function", "class") or isinstance(new.node, ast.AnnAssign)
            ]
        inner = with_later_definitions(inner, *parts)
        if self._in_place(cls, old_node, node, inner):
            inside = ClassScope(scope, node, cls)
            bound = {name for child in node.body for name in names.bound(child)}
            try:
                self._compile(inside, node.body)
                self._changes(inside, _with_dependants(inner, node, change.new.text), bound)
            except CannotFollow:
                self._evaluate(scope, node, "class", change, "edited", inner)
                return

            def step() -> None:
                self.classes.after_body(cls, old_node, node)

            self._do(step)
            told = [*self.report.applied, *self.report.removed]
            if not any(
                entry.name.startswith(f"{self.place.module}:{scope.prefix}{node.name}.")
                for entry in told
            ):
                self._done(scope, node.name, "edited")
            return
        self._evaluate(scope, node, "class", change, "edited", inner)

    def _in_place(
        self, cls: type, old: ast.ClassDef, new: ast.ClassDef, inner: list[Change]
    ) -> bool:
        """Whether the changes of a class body can be made one by one, without evaluating the class."""
        if not all(
            same_parts(old, new, part)
            for part in ("bases", "keywords", "decorator_list", "type_params")
        ):
            return False
        hard = [change for change in inner if not _soft(change)]
        if not hard:
            return True
        if new.decorator_list or type(cls) not in (type, ABCMeta):
            return False
        if any("__slots__" in _names(change) for change in hard):
            return False
        hooks = "__init_subclass__" in {
            name for base in cls.__mro__[1:-1] for name in base.__dict__
        }
        return not (hooks and any(_kind(change) != "function" for change in hard))

    def _edited_block(
        self, scope: Scope, old_node: ast.stmt, node: ast.stmt, change: Change, still: set[str]
    ) -> bool:
        """Apply the changes inside of a block; False where the block must be evaluated as a whole."""
        if type(old_node) is not type(node) or change.old is None or change.new is None:
            return False
        if _header(old_node) != _header(node) or _shape(old_node) != _shape(node):
            return False
        inner: list[Change] = []
        for old_body, body in zip(bodies(old_node), bodies(node), strict=True):
            inner += compare(
                *children(old_node, change.old.text, old_body),
                *children(node, change.new.text, body),
            )
        if not isinstance(node, (ast.If, ast.With)) and not all(_soft(each) for each in inner):
            return False
        bound = still | change.new.binds
        self._changes(BlockScope(scope, node), inner, bound)
        return True

    def _renamed(self, scope: Scope, change: Change) -> None:
        assert change.old is not None and change.new is not None
        old_node, node = (
            self._node(change.old, change.old_line),
            self._node(change.new, change.line),
        )
        old_name, name = str(change.old.name), str(change.new.name)
        value = scope.read(old_name)
        live = self._live_in(scope, old_node)
        if value is MISSING or not live or scope.read(name) is not MISSING:
            self._edited(scope, Change("added", None, change.new, 0, change.line), set())
            self._unbind(scope, {old_name}, change.old)
            return
        before = self._compile(scope, [old_node])
        after = self._compile(scope, [node])
        prefix = scope.prefix

        def step() -> None:
            self._replace_codes(live, before, after)
            for target in [*live, value, *self.classes.nested(value)]:
                self.survivors.rename(target, prefix + old_name, prefix + name)
            scope.write(name, value)
            scope.write(old_name, MISSING)

        self._do(step)
        if scope.owner is None:
            self.rebound[old_name] = (value, MISSING)
            self.rebound.setdefault(name, (MISSING, value))
        self._done(scope, name, f"renamed from {old_name}")

    def _removed(self, scope: Scope, change: Change, still: set[str]) -> None:
        assert change.old is not None
        self._unbind(scope, change.old.binds - still, change.old)

    def _unbind(self, scope: Scope, gone: Iterable[str], statement: Statement) -> None:
        for name in sorted(gone):
            if name == "*":
                self._unbind_star(scope, statement)
                continue
            value = scope.read(name)
            if value is MISSING:
                continue
            if scope.owner is None:
                self.rebound[name] = (value, MISSING)
            self._do(lambda name=name: scope.write(name, MISSING))  # type: ignore[misc]  # bound now
            self.report.removed.append(Entry(f"{self.place.module}:{scope.prefix}{name}"))
        if scope.owner is not None and statement.kind == "variable":
            self._do(lambda: self.classes.forget_annotations(scope.owner, gone))

    def _unbind_star(self, scope: Scope, statement: Statement) -> None:
        self.report.notes.append(
            Entry(
                f"{self.place.module}: {statement.text.strip()}",
                "is gone; the names that it brought stay",
            )
        )

    # -- evaluation ------------------------------------------------------------------------------

    def _compile(self, scope: Scope, nodes: list[ast.stmt]) -> Compiled:
        return Compiled(scope.wrap(nodes), self.place.filename, self.place.flags)

    def _evaluate(
        self,
        scope: Scope,
        node: ast.stmt,
        kind: str,
        change: Change,
        what: str,
        inner: list[Change] | None = None,
    ) -> None:
        """Evaluate a statement; whatever it defines that was alive before survives as the old object."""
        assert change.new is not None
        compiled = self._compile(scope, [node])
        old_nodes = [self._node(change.old, change.old_line)] if change.old is not None else []
        live = (
            self._live_in(scope, old_nodes[0]) if old_nodes else self._live_elsewhere(scope, node)
        )
        values = scope.evaluate(compiled, change.new.binds)
        kept = _kept_names(inner) if inner is not None else None
        decorated_as_before = (
            same_parts(old_nodes[0], node, "decorator_list") if old_nodes else bool(live)
        )

        def step() -> None:
            for name, value in values.items():
                old = scope.read(name)
                if old is not MISSING and old is not value:
                    value = self.survivors.settle(
                        scope,
                        name,
                        old,
                        value,
                        node,
                        compiled,
                        live,
                        decorated_as_before,
                        kept,
                        old_nodes[0] if old_nodes else None,
                    )
                elif (
                    scope.owner is None
                    and (came := self._moving.get(f"{self.place.module}:{name}")) is not None
                ):
                    value = self.survivors.move(came, value)
                if scope.owner is not None and name != "__annotations__":
                    value = self.classes.prepare_attribute(scope.owner, name, value)
                if change.shadowed:
                    continue
                scope.write(name, value)
                if old is not value and scope.owner is None:
                    self.rebound[name] = (old, value)
            if live and kind != "class":
                self.survivors.pair_lambdas(live, old_nodes, compiled)

        if self._aside:
            for name, value in values.items():
                if scope.owner is None:
                    self.rebound[name] = (scope.read(name), value)
        self._do(step)
        if change.new.kind == "function":
            self.recoded.add(change.name)
        self._done(scope, change.name, what)

    # -- moved lines -----------------------------------------------------------------------------

    def _moved(self, scope: Scope, change: Change) -> None:
        old, new = change.old, change.new
        assert old is not None and new is not None
        if old.kind == "import" or not may_hold_code(new):
            return
        if old.kind == "function" and old.text == new.text:
            value = scope.read(str(old.name))
            if type(value) is FunctionType:
                code = value.__code__
                if (
                    code.co_firstlineno == change.old_line
                    and code.co_filename == self._old_filename
                ):
                    self._shift([value], change.line - change.old_line)
                    self.report.moved.append(Entry(f"{self.place.module}:{scope.prefix}{old.name}"))
                    return
        old_node = self._node(old, change.old_line)
        live = self._live_in(scope, old_node)
        node = self._node(new, change.line)
        if live:
            if old.text == new.text and self._old_filename == self.place.filename:
                self._shift(live, change.line - change.old_line)
            else:
                before = Compiled(scope.wrap([old_node]), self._old_filename, self.place.flags)
                self._replace_codes(live, before, self._compile(scope, [node]), later=True)
        self._do(
            lambda: self.classes.first_lines(
                scope.read, old_node, node, self.place.module, scope.prefix
            )
        )
        self.report.moved.append(Entry(f"{self.place.module}:{scope.prefix}{change.name}"))

    def _shift(self, live: list[FunctionType], by: int) -> None:
        if by:
            for function in live:
                code = self.functions.code_of(function)
                self._shifts.append((function, codes.shift(code, by), None))

    def _replace_codes(
        self, live: list[FunctionType], before: Compiled, after: Compiled, later: bool = False
    ) -> None:
        """Exchange the code of live functions by position: both texts have the same structure."""
        olds, news = list(codes.walk(before.code)), list(codes.walk(after.code))
        if len(olds) != len(news):
            raise CannotFollow("the structure of its code is not the same")
        for function in live:
            code = self.functions.code_of(function)
            matches = [
                new
                for old, new in zip(olds, news, strict=True)
                if codes.key_of(old)[1:] == codes.key_of(code)[1:]
            ]
            if len(matches) > 1:
                matches = [
                    new for old, new in zip(olds, news, strict=True) if old == code
                ] or matches
            if matches and later:
                self._shifts.append((function, matches[0], after))
            elif matches:
                self.functions.recode(function, matches[0], after)

    # -- finding what is alive -------------------------------------------------------------------

    def live(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live functions of a function definition, as the source was before the edit."""
        assert isinstance(node, FUNCTIONS)
        key = codes.Key(self._old_filename, scope.prefix + node.name, first_line(node))
        value = scope.read(node.name)
        found = (
            [f for f in finding.reach(value) if self.functions.key(f) == key]
            if value is not MISSING
            else []
        )
        if found:
            return found[:1] if found[0] is value else found
        if self._evaluated_elsewhere(value, key.qualname):
            return [value]
        if (
            value is MISSING
            or node.decorator_list
            or not isinstance(value, FunctionType)
            or value.__code__.co_filename != self._old_filename
        ):
            return [f for f in self._heap_functions() if self.functions.key(f) == key]
        return []

    def _live_elsewhere(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live function that an undecorated, newly written ``def`` is a new text of."""
        if isinstance(node, FUNCTIONS) and not node.decorator_list:
            value = scope.read(node.name)
            if self._evaluated_elsewhere(value, scope.prefix + node.name):
                return [value]
        return []

    def _evaluated_elsewhere(self, value: Any, qualname: str) -> bool:
        """Whether a value is this definition as evaluated from another text (``%liveeval``)."""
        return (
            isinstance(value, FunctionType)
            and value.__globals__ is self.place.namespace
            and value.__qualname__ == qualname
            and value.__code__.co_filename not in (self._old_filename, self.place.filename)
            and value not in forwarding
        )

    def _live_in(self, scope: Scope, node: ast.stmt) -> list[FunctionType]:
        """The live functions that stand anywhere in a statement."""
        if isinstance(node, FUNCTIONS):
            found = self.live(scope, node)
            inner_last = node.end_lineno or node.lineno
        else:
            found = []
            inner_last = node.end_lineno or node.lineno
        first = first_line(node)
        seen = {id(function) for function in found}
        for name in names.bound(node):
            value = scope.read(name)
            if value is MISSING:
                continue
            for function in self.classes.functions(value, self.place.module):
                key = self.functions.key(function)
                inside = key.filename == self._old_filename and first <= key.line <= inner_last
                if inside and id(function) not in seen:
                    seen.add(id(function))
                    found.append(function)
        return found

    def _heap_functions(self) -> list[FunctionType]:
        if self._heap is None:
            self._heap = finding.functions_of_file(self._old_filename, self.place.namespace)
        return self._heap


def same_parts(old: ast.AST, new: ast.AST, part: str) -> bool:
    """Whether a part of two nodes (a list of expressions) means the same."""
    a, b = getattr(old, part, []), getattr(new, part, [])
    return len(a) == len(b) and all(meaning(x) == meaning(y) for x, y in zip(a, b, strict=True))


def _same_header(
    old: ast.FunctionDef | ast.AsyncFunctionDef, new: ast.FunctionDef | ast.AsyncFunctionDef
) -> bool:
    if meaning(old.args) != meaning(new.args) or not same_parts(old, new, "type_params"):
        return False
    if (old.returns is None) != (new.returns is None):
        return False
    return (
        old.returns is None or new.returns is None or meaning(old.returns) == meaning(new.returns)
    )


def _unchanged_defaults(
    old: ast.FunctionDef | ast.AsyncFunctionDef, new: ast.FunctionDef | ast.AsyncFunctionDef
) -> frozenset[str]:
    before, after = _default_meanings(old.args), _default_meanings(new.args)
    return frozenset(name for name, value in after.items() if before.get(name) == value)


def _default_meanings(arguments: ast.arguments) -> dict[str, Any]:
    positional = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    with_default = positional[len(positional) - count :]
    found = {a.arg: meaning(d) for a, d in zip(with_default, arguments.defaults, strict=True)}
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            found[argument.arg] = meaning(default)
    return found


def _undecorated(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> ast.FunctionDef | ast.AsyncFunctionDef:
    if not node.decorator_list:
        return node
    bare = stand_in(node)
    bare.decorator_list = []
    return bare


def _function_in(value: Any) -> FunctionType | None:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    return value if isinstance(value, FunctionType) else None


def _soft(change: Change) -> bool:
    """Whether a change needs no evaluation: functions in place, and moved lines."""
    if change.kind == "moved":
        return True
    if change.kind != "edited" or change.old is None or change.new is None:
        return False
    old, new = change.old.node, change.new.node
    if isinstance(old, FUNCTIONS) and isinstance(new, FUNCTIONS):
        return same_parts(old, new, "decorator_list") and _same_header(old, new)
    return False


def _with_dependants(inner: list[Change], node: ast.ClassDef, text: str) -> list[Change]:
    """Add the constants of a class body that are computed from constants of it which changed."""
    changed = {
        name
        for change in inner
        if change.kind != "moved" and change.new is not None and change.new.kind == "variable"
        for name in change.new.binds
    }
    if not changed:
        return inner
    known = {id(change.new.node): change for change in inner if change.new is not None}
    found = [change for change in inner if change.new is None]
    for statement, line in zip(*children(node, text), strict=True):
        change = known.get(id(statement.node))
        part = statement.node
        computed = (
            isinstance(part, (ast.Assign, ast.AnnAssign))
            and part.value is not None
            and names.is_operators(part.value)
            and names.loaded(part.value) & changed
        )
        if computed and (change is None or change.kind == "moved"):
            change = Change("asked", statement, statement, line, line)
            changed |= statement.binds
        if change is not None:
            found.append(change)
    return found


def _kind(change: Change) -> str:
    statement = change.new or change.old
    assert statement is not None
    return statement.kind


def _names(change: Change) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for statement in (change.old, change.new):
        if statement is not None:
            found |= statement.binds
    return found


def _kept_names(inner: list[Change]) -> frozenset[str]:
    """The names of a class body whose statements did change; all others keep their values."""
    return frozenset(name for change in inner if change.kind != "moved" for name in _names(change))


def _header(node: ast.stmt) -> Any:
    """What a block evaluates before and between its bodies."""
    parts = [
        getattr(node, field)
        for field in ("test", "items", "target", "iter", "subject")
        if hasattr(node, field)
    ]
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        parts += [getattr(part, field, None) for field in ("type", "name", "pattern", "guard")]
    return [
        [meaning(item) for item in part]
        if isinstance(part, list)
        else meaning(part)
        if isinstance(part, ast.AST)
        else part
        for part in parts
    ]


def _shape(node: ast.stmt) -> Any:
    """Which bodies a block has."""
    return (
        bool(getattr(node, "orelse", ())),
        bool(getattr(node, "finalbody", ())),
        len(getattr(node, "handlers", ())),
        len(getattr(node, "cases", ())),
    )


def may_hold_code(statement: Statement) -> bool:
    """Whether a statement can have made functions, so that their lines matter."""
    return statement.kind in ("function", "class", "block") or "lambda" in statement.text
