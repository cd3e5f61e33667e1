"""Pairing: which definition of the new text is a new text of which old one, where several share a name.

In: definitions, old and new. Out: pairs. A name alone does not tell definitions apart that bear the
same one (``_``, overloads): they are paired by what they mean, then by what they are decorated with
and take, and only then by name; from the end, since the last one of a name is what it is bound to.
"""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from livecode.sources.outline import FUNCTIONS, meaning

_Item = TypeVar("_Item")
Key = tuple[Callable[[_Item], object], bool]
"""What equal items have in common (None: nothing), and whether they are paired from the end."""


def match(
    old: Mapping[int, _Item], new: Mapping[int, _Item], keys: Sequence[Key[_Item]]
) -> dict[int, int]:
    """For the index of each new item that has one, the index of its old one; in linear time."""
    left = dict(old)
    partner: dict[int, int] = {}
    for key_of, from_end in keys:
        table: dict[object, deque[int]] = defaultdict(deque)
        for at, item in left.items():
            key = key_of(item)
            if key is not None:
                table[key].append(at)
        if not table:
            continue
        indices = list(new)
        for index in reversed(indices) if from_end else indices:
            if index in partner:
                continue
            candidates = table.get(key_of(new[index]))
            if candidates:
                at = candidates.pop() if from_end else candidates.popleft()
                del left[at]
                partner[index] = at
    return partner


def signature(node: ast.stmt) -> object:
    """A decorated function's name, decorators and parameters: what it registers as."""
    if not isinstance(node, FUNCTIONS) or not node.decorator_list:
        return None
    returns = meaning(node.returns) if node.returns is not None else None
    return decorated(node), meaning(node.args), returns


def decorated(node: ast.stmt) -> object:
    """A decorated definition's name and decorators."""
    if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) or not node.decorator_list:
        return None
    return node.name, tuple(meaning(part) for part in node.decorator_list)


def undecorated(node: ast.stmt) -> object:
    """The name of a definition without decorators."""
    plain = isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.decorator_list
    return getattr(node, "name", None) if plain else None


def pair(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> dict[int, int]:
    """For definitions that all define one name: the index of its old one for each new one that has one."""
    keys: list[Key[ast.stmt]] = [
        *_REGISTERED,
        (decorated, False),
        (undecorated, True),
        (lambda node: True, True),
    ]
    return match(dict(enumerate(old)), dict(enumerate(new)), keys)


def pair_registered(old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> dict[int, int]:
    """The same, for definitions that are only paired if they register as the same."""
    return match(dict(enumerate(old)), dict(enumerate(new)), _REGISTERED)


_REGISTERED: list[Key[ast.stmt]] = [(meaning, False), (signature, False)]
