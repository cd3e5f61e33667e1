"""The programs that are edited: their texts, and how they are saved.

In: sizes. Out: text, and files in a temporary folder. Each program knows its text after
any number of edits, and how to tell whether the last edit is live.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import ModuleType

FUNCTION = '''\
def f{index:04}(x, y={index}):
    """Return a number that depends on x, y and a constant of this function."""
    total = {index}
    for step in range(3):
        if step % 2:
            total += x * step
        else:
            total -= y
    return total + {constant}
'''

CLASS = '''\
class Account:
    """An account with a few methods."""

    def __init__(self, number):
        self.number = number
        self.amount = 0

    def deposit(self, amount):
        self.amount += amount
        return self.amount

    def fee(self):
        rate = {constant}
        return rate + self.amount

    def describe(self):
        return f"account {{self.number}}: {{self.amount}}"
'''


class Functions:
    """A module of `count` functions; each edit changes one line of another function."""

    def __init__(self, count: int) -> None:
        self.constants = [10_000 + index for index in range(count)]
        self.notes = 0
        self.target = 0

    def text(self) -> str:
        notes = "".join(f"# note {note}\n" for note in range(self.notes))
        return f'"""A module of functions."""\n\n{notes}' + "".join(
            f"\n\n{self.function(index)}" for index in range(len(self.constants))
        )

    def function(self, index: int) -> str:
        return FUNCTION.format(index=index, constant=self.constants[index])

    def edit_one_line(self) -> None:
        """Change the constant of a function, from the middle on and round."""
        count = len(self.constants)
        self.target = (self.target + 7 if self.target else count // 2) % count
        self.constants[self.target] += 20_000

    def add_comment(self) -> None:
        """Put one more comment line above all functions."""
        self.notes += 1

    def is_live(self, module: ModuleType) -> bool:
        """Does `module` behave, and number its lines, as the text says?"""
        index, last = self.target, len(self.constants) - 1
        expected = index + sum((-index, 2, -index)) + self.constants[index]
        line = 5 + self.notes + 11 * last
        edited, lowest = getattr(module, f"f{index:04}"), getattr(module, f"f{last:04}")
        return bool(edited(2) == expected and lowest.__code__.co_firstlineno == line)


class Account:
    """A module with one class; each edit changes one line of a method."""

    def __init__(self) -> None:
        self.constant = 10_000

    def text(self) -> str:
        return f'"""A module with a class."""\n\n\n{CLASS.format(constant=self.constant)}'

    def edit_one_line(self) -> None:
        self.constant += 1

    def is_live(self, instance: object) -> bool:
        fee = instance.fee()  # type: ignore[attr-defined]
        return bool(fee == self.constant)


def save(path: Path, text: str) -> None:
    """Write `text`, and make sure that the file's time differs from before."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, encoding="utf-8")
    while path.stat().st_mtime_ns <= before:
        time.sleep(0.002)
        os.utime(path)


def write_modules(folder: Path, count: int) -> list[str]:
    """Write `count` small modules in packages of fifty, and return their names."""
    names: list[str] = []
    while len(names) < count:
        package = folder / f"bench_{len(names):04}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
        names.append(package.name)
        for index in range(min(49, count - len(names))):
            text = FUNCTION.format(index=index, constant=index)
            (package / f"part_{index:02}.py").write_text(text, encoding="utf-8")
            names.append(f"{package.name}.part_{index:02}")
    return names
