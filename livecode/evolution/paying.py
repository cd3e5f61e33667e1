"""Paying debts: a person says by an expression what instances are owed.

In: an attribute that instances of a class and its relatives are owed, and an expression over ``self``
and ``old``. Out: every owed instance has its value, all of them or none, and a journal to go back.
"""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

from livecode.edits.journal import MISSING, Journal
from livecode.evolution.debts import Debts
from livecode.evolution.instances import Fields, instances_of
from livecode.evolution.old import Old


class CannotPay(Exception):
    """A debt cannot be paid so; the message says why."""


def owing(debts: Debts, error: BaseException) -> tuple[type, str] | None:
    """The class and the attribute that an AttributeError is about, if instances are owed it."""
    if isinstance(error, AttributeError) and error.name and error.name in debts.of(type(error.obj)):
        return type(error.obj), error.name
    return None


def pay(debts: Debts, cls: type, name: str, text: str, journal: Journal) -> int:
    """Give all instances that are owed an attribute the value of an expression.

    Args:
        debts: what is owed.
        cls: a class that owes it; those above and below it that owe it too pay as well.
        name: the attribute.
        text: the expression; it is evaluated in the class's module, once for each instance, with
            ``self`` and ``old``, as ``__reinit__`` has them.
        journal: takes the changes.

    Returns:
        How many instances got a value.

    Raises:
        CannotPay: the text is no expression, or what is owed is an item of a tuple.
        Exception: the expression raised; nothing is changed then.
    """
    __tracebackhide__ = True
    try:
        code: CodeType = compile(text, "<default>", "eval", dont_inherit=True)
    except SyntaxError as error:
        raise CannotPay(f"{text} is no expression: {error.msg}") from None
    classes = [
        each
        for each in {each for each, owed, _ in debts.every() if owed == name} | {cls}
        if issubclass(each, cls) or issubclass(cls, each)
    ]
    found = instances_of(classes)
    values: list[tuple[Fields, Any, Any]] = []
    for each in classes:
        if debts.of(each)[name].how == "member" if name in debts.of(each) else False:
            raise CannotPay(f"{name} is an item of a tuple: give it a default in the class")
        fields = Fields(each)
        namespace = vars(sys.modules.get(each.__module__, sys))
        for instance in found[each]:
            if fields.get(instance, name) is MISSING:
                old = Old(fields.values(instance), (name,), ())
                value = eval(code, {**namespace, "self": instance, "old": old})
                values.append((fields, instance, value))
    for fields, instance, value in values:
        _put(journal, fields, instance, name, value)
    for each in classes:
        left = {key: owed for key, owed in debts.of(each).items() if key != name}
        debts.set(each, left, journal)
    return len(values)


def _put(journal: Journal, fields: Fields, instance: Any, name: str, value: Any) -> None:
    def write(new: Any) -> None:
        fields.put(instance, name, new)

    kind = type(instance).__qualname__
    journal.change(f"{kind}.{name}", lambda: fields.get(instance, name), write, value)
