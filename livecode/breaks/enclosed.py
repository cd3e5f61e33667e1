"""Enclosed: the code of a function that stands in another one, or in a class, without those being run.

In: the syntax of a function, the names that a scope around it provides, the class whose method it is.
Out: its code; whoever makes a function of it has the cells for its free variables.
"""

from __future__ import annotations
import __future__

import ast
import copy
from collections.abc import Collection
from types import CodeType
from typing import Any

from livecode.breaks import marks
from livecode.breaks.nodes import placed
from livecode.breaks.scopes import Function

FUTURE = 0
"""The compiler flags of all features that a file may ask for by ``from __future__``."""
for _name in __future__.all_feature_names:
    FUTURE |= getattr(__future__, _name).compiler_flag

_OUTER = ".outer"

_INNER = ".continuation"


def compile_continuation(
    function: Function,
    filename: str,
    flags: int,
    free: Collection[str],
    class_name: str | None,
    objects: list[Any],
    qualname: str,
) -> CodeType:
    """Compile a continuation to the code of its function, with the objects in the places of their marks.

    Args:
        function: from `build`, transformed or not.
        filename: the file that it stands in.
        flags: the compiler flags of that file.
        free: the names that a scope around it provides, as in `build` and any that the new code has.
        class_name: as in `build`.
        objects: for the marks.
        qualname: for the code.

    Raises:
        SyntaxError: as of the new code; a ``nonlocal`` of it that is not in `free`, for example.

    Returns:
        code whose `co_freevars` are of `free` (or ``__class__``): the caller has the cells.
    """
    inner = copy.copy(function)
    inner.name = _INNER  # not to hide a global name
    body: list[ast.stmt] = [inner]
    if free:
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in sorted(free)]
        body.insert(0, ast.Assign(targets, ast.Constant(None)))
    make_function: Any = ast.FunctionDef  # the fields differ between versions of Python
    make_class: Any = ast.ClassDef
    outer: Any = make_function(
        name=_OUTER,
        args=ast.arguments([], [], None, [], [], None, []),
        body=body,
        decorator_list=[],
        returns=None,
        type_comment=None,
    )
    wrapped: Any = outer
    path = [_OUTER, _INNER]
    if class_name is not None:
        wrapped = make_class(
            name=class_name, bases=[], keywords=[], body=[outer], decorator_list=[]
        )
        path.insert(0, class_name)
    part: Any
    for part in (outer, wrapped):
        if "type_params" in part._fields:
            part.type_params = []
    placed(ast.copy_location(wrapped, function), function)
    code = compile(ast.Module([wrapped], []), filename, "exec", flags=flags, dont_inherit=True)
    for name in path:
        code = next(
            each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name
        )
    return marks.put(_renamed(code, code.co_qualname, qualname, function.name), objects)


def _renamed(code: CodeType, old: str, qualname: str, name: str | None = None) -> CodeType:
    """The code, and code nested in it, with the qualified name of the function that it goes on with."""
    new = qualname + code.co_qualname.removeprefix(old)
    if not code.co_qualname.startswith(old):
        new = code.co_qualname
    constants = tuple(
        _renamed(each, old, qualname)
        if isinstance(each, CodeType)
        else new  # the body of a class assigns it
        if isinstance(each, str) and each == code.co_qualname
        else each
        for each in code.co_consts
    )
    return code.replace(co_consts=constants, co_qualname=new, co_name=name or code.co_name)
