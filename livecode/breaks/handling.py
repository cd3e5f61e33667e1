"""Will anything handle it? Decided where an exception was raised, while all callers are alive.

In: the exception, the frame that it comes from and the frame at which the computation began. Out:
the Taker, the first frame outward that will take the exception, or may; None if nothing will.

    frame -> what stands around its instruction (a Spot, kept) -> does any of it take this exception?
      |
      +----> between it and its caller: does C code there take it (hasattr, a for loop, __del__)?
      |
      v
    the caller, and so on to the root

What cannot be known (a manager whose ``__exit__`` may say yes, a clause whose type cannot be
evaluated) may take it: the Taker then is not sure. A wrong guess that something takes an exception
is harmless, it goes on to be asked for again further out.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

from livecode.breaks.between import arguments, callee_of, calls, taken_between
from livecode.breaks.clauses import Answer, Raises
from livecode.breaks.point import Taken
from livecode.breaks.spots import CALL, RELEASES, SPOTS, Spot, new_spot, spot_at


class Taker(NamedTuple):
    """Who takes an exception.

    Args:
        frame: the frame that takes it; for C code, the frame that called it.
        how: what takes it, in words: ``except ValueError``, ``hasattr``, ``with suppress``.
        sure: False if it may take it and may not.
    """

    frame: FrameType
    how: str
    sure: bool


def taker(
    error: BaseException,
    frame: FrameType,
    lasti: int,
    root: FrameType | None,
    left: bool = False,
    asked: int = 0,
) -> Taker | None:
    """The first frame, from `frame` outward, that will take the exception or may; None: nobody.

    Args:
        error: the exception, not yet handled.
        frame: the innermost frame to ask.
        lasti: the offset of the instruction at which `frame` was left (``tb_lasti``).
        root: where the computation began; it is not asked. None: ask all callers.
        left: the exception has left all blocks of `frame` already: they did not take it.
        asked: so many of those blocks, the innermost, did not take it.

    Raises:
        RecursionError: there is too little of the stack left to find out.
    """
    find = SPOTS.get
    kind = id(type(error))
    delicate = _delicate.get(kind)
    if delicate is None:
        delicate = _learn(type(error))
    inner: FrameType | None = None
    before: Spot | None = None
    now: FrameType | None = frame
    while now is not None and now is not root:
        code = now.f_code
        spot = find(id(code) + lasti) or new_spot(now, code, lasti)
        if delicate or not spot.plain:
            role = spot.role
            if role is None or inner is None or before is None:
                pass
            elif (
                role is RELEASES
                or (delicate == _ITEMS and before.special)
                or (
                    delicate == _ATTRIBUTES
                    and (role is not CALL or spot.asks is not False or before.getter is not False)
                )
            ):
                answer = taken_between(error, inner, before, now, spot)
                if answer is not None:
                    return _make(Taker, (now, answer[0], answer[1]))
            if spot.layers and not ((left or asked) and now is frame):
                memo = spot.memos.get(kind)
                if memo is not None:
                    names = now.f_globals
                    for name in memo[0]:
                        if name in names:
                            memo = None
                            break
                    else:
                        for name, value in memo[1]:
                            if id(names.get(name)) != value:
                                memo = None
                                break
                answer = memo[2] if memo is not None else _ask(spot, error, now)
                if answer is not None:
                    if type(answer[1]) is Raises:
                        return _further(error, now, lasti, root, 0)
                    return _make(Taker, (now, answer[0], answer[1]))
            elif asked and now is frame and asked < len(spot.layers):
                return _further(error, now, lasti, root, asked)
            if spot.finalizes:
                outer = now.f_back
                if outer is not None and outer is not root and not calls(outer, "__del__"):
                    return Taker(outer, "__del__", True)
        inner = now
        before = spot
        now = now.f_back
        if now is not None:
            lasti = now.f_lasti
    return _weakref_callback(frame, root)


def _further(
    error: BaseException, frame: FrameType, lasti: int, root: FrameType | None, asked: int
) -> Taker | None:
    """Who takes an exception where something in a frame may raise another one instead.

    If somebody takes the other one, it may be done with. If nobody does, it is a failure as well.
    """
    layers = spot_at(frame, frame.f_code, lasti).layers
    for number in range(asked, len(layers)):
        answer = layers[number].asked(error, frame)
        if answer is None:
            continue
        words, sure = answer
        if type(sure) is not Raises:
            return Taker(frame, words, bool(sure))
        if sure.kinds is None:
            return Taker(frame, words, False)
        for kind in sure.kinds:
            other = _blank(kind)
            if other is None or taker(other, frame, lasti, root, asked=number + 1) is not None:
                return Taker(frame, words, False)
    return taker(error, frame, lasti, root, asked=len(layers))


def _blank(kind: type[BaseException]) -> BaseException | None:
    """An exception of a type, made without calling a person's code; None where that is not possible."""
    for base in kind.__mro__:
        if not base.__flags__ & _HEAP_TYPE:
            try:
                new: Any = base.__new__
                made = new(kind)
            except TypeError:  # it needs arguments, as groups do
                return None
            return made if isinstance(made, BaseException) else None
    return None


_HEAP_TYPE = 1 << 9
"""The flag of a type that is made by a class statement (``Py_TPFLAGS_HEAPTYPE``)."""

_make: Callable[[type[Taker], tuple[FrameType, str, Any]], Taker] = tuple.__new__
"""Makes a Taker, faster than its class does."""

_ATTRIBUTES, _ITEMS = 1, 2

_delicate: dict[int, int] = {}
"""By the id of an exception's type: whether C code may take it, where it asks for attributes or
where it asks for items; 0: nowhere. A type that dies leaves this and all
memos by its weakref, so that its id can be trusted, and nothing here keeps a type alive."""

_watched: dict[int, weakref.ref[type]] = {}


def _watch(kind: type) -> None:
    """See to it that nothing is remembered by the id of a type after its death."""
    number = id(kind)
    if number in _watched:
        return

    def forget(_: object) -> None:
        _watched.pop(number, None)
        _delicate.pop(number, None)
        for spot in list(SPOTS.values()):
            if spot.memos:
                spot.memos.clear()

    _watched[number] = weakref.ref(kind, forget)


def _learn(kind: type[BaseException]) -> int:
    _watch(kind)
    if issubclass(kind, AttributeError):
        found = _ATTRIBUTES
    else:
        found = _ITEMS if issubclass(kind, (LookupError, TypeError)) else 0
    _delicate[id(kind)] = found
    return found


def _ask(spot: Spot, error: BaseException, frame: FrameType) -> Answer:
    """What the layers of a spot answer; remembered if only the values of globals decide it."""
    answer: Answer = None
    for layer in spot.layers:
        answer = layer.asked(error, frame)
        if answer is not None:
            break
    if spot.names is not None and not isinstance(error, BaseExceptionGroup):
        names = frame.f_globals
        absent = tuple(each for each in spot.names if each not in names)
        present = tuple((each, names[each]) for each in spot.names if each in names)
        if not all(isinstance(value, type) for _, value in present):
            return answer
        for _, value in present:
            _watch(value)
        if len(spot.memos) >= _MOST_MEMOS:
            spot.memos.clear()
        values = tuple((name, id(value)) for name, value in present)
        spot.memos[id(type(error))] = absent, values, answer
    return answer


_MOST_MEMOS = 64


def _weakref_callback(frame: FrameType, root: FrameType | None) -> Taker | None:
    """The caller of a weakref's callback, which takes everything; asked last, as it takes long."""
    inner: FrameType = frame
    outer = frame.f_back
    while outer is not None and inner is not root and outer is not root:
        if 1 <= inner.f_code.co_argcount <= 2:
            for each in arguments(inner, 2):
                if isinstance(each, weakref.ref) and each() is None:
                    code = outer.f_code
                    lasti = outer.f_lasti
                    spot = spot_at(outer, code, lasti)
                    callee = getattr(callee_of(outer, spot), "__code__", None)
                    if callee is not inner.f_code:
                        return Taker(outer, "a weakref's callback", False)
        inner, outer = outer, outer.f_back
    return None


_CALLERS = 16

_FAR = 8
"""For how many callers, and how far outward, a function remembers that an exception is taken."""


def remember(taken: Taken, frame: FrameType, takes: FrameType, kind: type[BaseException]) -> None:
    """Remember that an exception which passes a frame is taken by another one, not far outward."""
    steps: list[FrameType] = []
    caller = frame.f_back
    while caller is not None and len(steps) < _FAR:
        if not decides(caller, kind, caller is takes):
            return
        steps.append(caller)
        if caller is takes:
            break
        caller = caller.f_back
    else:
        return
    for caller in steps:
        if len(taken) >= _CALLERS:
            return
        further: Taken | None = None if caller is takes else {}
        known = taken.get(caller.f_lasti)
        if known is not None and known[0] is caller.f_code and known[1] is kind:
            further = known[2]
        else:
            taken[caller.f_lasti] = (caller.f_code, kind, further)
        if further is None:
            return
        taken = further


def decides(frame: FrameType, kind: type[BaseException], takes: bool) -> bool:
    """Whether a frame, where it is, does the same with all exceptions of a type: takes them or does not.

    That builtin names in its clauses may be shadowed by globals later on is left out of account.

    Args:
        frame: a frame that was asked before.
        kind: the type; False for those that Python itself does not have, and for RecursionError, which
            may have to be repaired.
        takes: what it did then.
    """
    spot = SPOTS.get(id(frame.f_code) + frame.f_lasti)
    if spot is None or kind.__flags__ & _HEAP_TYPE or kind is RecursionError:
        return False
    if not takes and (spot.finalizes or _delicate.get(id(kind))):
        return False
    if not spot.layers:
        return not takes
    memo = spot.memos.get(id(kind))
    if memo is None or memo[1]:
        return False
    answer = memo[2]
    return bool(answer[1]) if answer is not None and takes else answer is None and not takes
