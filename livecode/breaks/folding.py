"""Folding: which frames of a break are shown, and which are folded into a line.

In: the frames, the innermost first, and the number of the one that is selected. Out: frames and `Fold`s:
for those of libraries, for the turns of a recursion, for the middle of very many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from livecode.breaks.record import BreakFrame
from livecode.breaks.wording import called, place_name

ENTRIES = 40
"""So many frames and folds are shown of one break."""

_PERIOD = 6
"""Recursion through up to so many functions is folded."""


class Fold(NamedTuple):
    """Frames that one line stands for."""

    text: str


def entries(frames: Sequence[BreakFrame], current: int | None) -> list[BreakFrame | Fold]:
    """The frames that are shown, and what stands for the others."""
    found = list(_folded(frames, current))
    if len(found) <= ENTRIES:
        return found
    head, tail = ENTRIES - 10, len(found) - 10
    left = found[head:tail]
    selected = [each for each in left if is_selected(each, current)]
    fold = Fold(f"… {len(left) - len(selected)} frames more; %frame N shows one")
    return [*found[:head], *selected, fold, *found[tail:]]


def is_selected(each: BreakFrame | Fold, current: int | None) -> bool:
    """Whether it is the frame that the person looks at."""
    return isinstance(each, BreakFrame) and each.number is not None and each.number == current


def _folded(frames: Sequence[BreakFrame], current: int | None) -> Iterator[BreakFrame | Fold]:
    keys = [(each.filename, each.name, each.lineno, each.tracked) for each in frames]
    index = 0
    while index < len(frames):
        if not frames[index].tracked:
            end = index
            while end < len(frames) and not frames[end].tracked:
                end += 1
            yield _library(frames[index:end], innermost=index == 0)
            index = end
            continue
        period, end = _repeated(keys, index)
        yield from frames[index : index + period]
        if end > index + period:
            yield from _again(frames[index + period : end], period, current)
        index = end


def _repeated(keys: Sequence[object], index: int) -> tuple[int, int]:
    """How many frames from `index` on are one turn of a recursion, and where it ends."""
    for period in range(1, _PERIOD + 1):
        end = index + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        end -= (end - index) % period
        if end - index >= 3 * period:
            return period, end
    return 1, index + 1


def _again(
    frames: Sequence[BreakFrame], period: int, current: int | None
) -> Iterator[BreakFrame | Fold]:
    """Folds a recursion, but for the selected frame."""
    chosen = next((n for n, each in enumerate(frames) if is_selected(each, current)), len(frames))
    for part in (frames[:chosen], frames[chosen : chosen + 1], frames[chosen + 1 :]):
        if len(part) == 1 and (is_selected(part[0], current) or period > 1):
            yield part[0]
        elif part:
            yield _turns(part, period)


def _turns(part: Sequence[BreakFrame], period: int) -> Fold:
    numbers = [each.number for each in part if each.number is not None]
    count = len(part)
    ends = dict.fromkeys((numbers[0], numbers[-1])) if numbers else {}
    which = f" ({' to '.join(map(str, ends))})" if ends else ""
    if period == 1:
        times = "once" if count == 1 else f"{count} times"
        return Fold(f"… the same frame {times} more{which}")
    if count % period == 0 and count > period:
        return Fold(f"… the same {period} frames {count // period} times more{which}")
    return Fold(f"… {count} frames more of the same {period}{which}")


def _library(part: Sequence[BreakFrame], innermost: bool) -> Fold:
    places = list(dict.fromkeys(place_name(each) for each in reversed(part)))
    files = ", ".join(places[:3]) + (f" and {len(places) - 3} more files" * (len(places) > 3))
    count = "1 frame" if len(part) == 1 else f"{len(part)} frames"
    raised = f"; it was raised in {called(part[0])}" if innermost else ""
    return Fold(f"… {count} of {files}{raised}")
