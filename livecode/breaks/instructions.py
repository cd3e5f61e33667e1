"""Instructions: what a code object tells without its source.

In: a code object and the offset of an instruction. Out: its name, and whether a handler stands around it.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType


def covered(code: CodeType, lasti: int) -> bool:
    """Whether anything written in the source stands ready for an exception at this instruction.

    Read from the exception table. The entry that all generators have since 3.12 does not count.
    """
    table = code.co_exceptiontable
    if not table:
        return False
    numbers = _numbers(table)
    for start in numbers:
        size, target, _depth = next(numbers), next(numbers), next(numbers)
        if start * 2 <= lasti < (start + size) * 2:
            operation = operation_at(code, target * 2)
            return not (operation.startswith("CALL_INTRINSIC") and code.co_flags & _GENERATORS)
    return False


_GENERATORS = 0x20 | 0x80 | 0x200


def _numbers(table: bytes) -> Iterator[int]:
    value = 0
    for byte in table:
        value = value << 6 | byte & 63
        if not byte & 64:
            yield value
            value = 0


def operation_at(code: CodeType, lasti: int) -> str:
    """The name of the instruction at this offset, or of the one that its inline cache belongs to."""
    instructions = code.co_code
    while lasti > 0 and not instructions[lasti]:
        lasti -= 2
    return dis.opname[instructions[lasti]] if 0 <= lasti < len(instructions) else ""


def entered_before(code: CodeType, lasti: int) -> int | None:
    """If the instruction enters a manager, how many others at the same place come before it."""
    if not operation_at(code, lasti).startswith("BEFORE_"):
        return None
    positions = list(code.co_positions())
    entering = {
        dis.opmap[each] for each in ("BEFORE_WITH", "BEFORE_ASYNC_WITH") if each in dis.opmap
    }
    instructions = code.co_code
    return sum(
        instructions[each] in entering and positions[each // 2] == positions[lasti // 2]
        for each in range(0, lasti, 2)
    )
