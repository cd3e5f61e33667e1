"""The edits that faults are injected into: files before, files after, and what is alive between.

Each case: a name; the files before; a cell that imports them and holds on to what is alive; the
files after; and an expression with its value before and after the edit. A cell case has cells in
the place of files.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.dsl import clean


class Case(NamedTuple):
    """One edit. ``probe`` is an expression, ``was`` and ``now`` its values.

    ``mutated`` are the containers that evaluated statements change; these changes stay.
    """

    name: str
    before: dict[str, str]
    cell: str
    after: dict[str, str]
    probe: str
    was: object
    now: object
    mutated: tuple[str, ...] = ()


def case(name, before, cell, after, probe, was, now, mutated=()):
    """A case with the texts put straight (one text stands for the file ``m``)."""
    before, after = (each if isinstance(each, dict) else {"m": each} for each in (before, after))
    before, after = ({key: clean(text) for key, text in each.items()} for each in (before, after))
    return Case(name, before, clean(cell), after, probe, was, now, mutated)


FILES = [
    case(
        "the body of a function",
        """
        def f(x):
            "Doubles."
            return x * 2
        """,
        "import m; from m import f; held = [m.f]",
        """
        def f(x):
            "Triples."
            return x * 3
        """,
        "held[0](2), f.__doc__",
        (4, "Doubles."),
        (6, "Triples."),
    ),
    case(
        "defaults and annotations",
        "def f(x: int, y=1, *, z=2): return x + y + z\n",
        "import m; held = m.f",
        "def f(x: str, y=10, *, z=20, w: int = 3): return x + y + z + w\n",
        "held(1)",
        4,
        34,
    ),
    case(
        "a decorator added",
        """
        import functools
        def deco(f):
            @functools.wraps(f)
            def inner(*args): return f(*args) + 100
            return inner
        def f(x): return x
        """,
        "import m; from m import f; held = m.f",
        """
        import functools
        def deco(f):
            @functools.wraps(f)
            def inner(*args): return f(*args) + 100
            return inner
        @deco
        def f(x): return x
        """,
        "held(1), f(1), m.f(1)",
        (1, 1, 1),
        (101, 101, 101),
    ),
    case(
        "a decorator removed",
        """
        import functools
        @functools.lru_cache
        def f(x): return x
        """,
        "import m; from m import f; held = m.f; m.f(1)",
        """
        import functools
        def f(x): return x + 1
        """,
        "held.__wrapped__(1), f(1), m.f(1)",
        (1, 1, 1),
        (2, 2, 2),
    ),
    case(
        "a closure that gains a free variable",
        """
        def make(n):
            k = 10
            def inner(x): return x + n
            return inner
        """,
        "import m; held = m.make(1)",
        """
        def make(n):
            k = 10
            def inner(x): return x + n + k
            return inner
        """,
        "held(1)",
        2,
        12,
    ),
    case(
        "a class in place",
        """
        class C:
            limit = 1
            def __init__(self, v): self.v = v
            def value(self): return self.v
            @property
            def twice(self): return self.v * 2
            def gone(self): return 0
        class D(C):
            def value(self): return super().value() + 1
        """,
        "import m; held = m.D(5); method = held.value",
        """
        class C:
            limit = 2
            def __init__(self, v): self.v = v
            def value(self): return self.v + self.limit
            @property
            def twice(self): return self.v * 20
            @staticmethod
            def came(): return 1
        class D(C):
            def value(self): return super().value() + 10
        """,
        "method(), held.twice, hasattr(held, 'gone'), hasattr(held, 'came')",
        (6, 10, True, False),
        (17, 100, False, True),
    ),
    case(
        "the bases of a class",
        """
        class A:
            def f(self): return 'a'
        class B:
            def f(self): return 'b'
        class C(A):
            pass
        """,
        "import m; held = m.C()",
        """
        class A:
            def f(self): return 'a'
        class B:
            def f(self): return 'b'
        class C(B):
            def g(self): return super().f() * 2
        """,
        "held.f(), hasattr(held, 'g')",
        ("a", False),
        ("b", True),
    ),
    case(
        "an abstract class",
        """
        import abc
        class A(abc.ABC):
            def f(self): return 1
        class B(A):
            def g(self): return 1
        """,
        "import m; held = m.B()",
        """
        import abc
        class A(abc.ABC):
            @abc.abstractmethod
            def f(self): return 1
        class B(A):
            def g(self): return 2
        """,
        "held.g(), sorted(m.B.__abstractmethods__)",
        (1, []),
        (2, ["f"]),
    ),
    case(
        "a dataclass as a whole",
        """
        import dataclasses
        @dataclasses.dataclass
        class P:
            x: int = 1
            def total(self): return self.x
        """,
        "import m; held = m.P(3)",
        """
        import dataclasses
        @dataclasses.dataclass(order=True)
        class P:
            x: int = 2
            def total(self): return self.x * 10
        """,
        "held.total(), m.P().x, '__lt__' in vars(m.P)",
        (3, 1, False),
        (30, 2, True),
    ),
    case(
        "an Enum",
        """
        import enum
        class E(enum.Enum):
            A = 1
            B = 2
            def label(self): return self.name
        """,
        "import m; held = m.E.A",
        """
        import enum
        class E(enum.Enum):
            A = 10
            C = 3
            def label(self): return self.name.lower()
        """,
        "held is m.E.A, held.value, held.label(), [e.name for e in m.E]",
        (True, 1, "A", ["A", "B"]),
        (True, 10, "a", ["A", "C"]),
    ),
    case(
        "a constant with importers",
        {
            "m": "K = 1\nT = K * 2\n",
            "n": "from m import K, T\nU = T + 1\ndef f(): return K, T, U\n",
        },
        "import m, n; from m import K",
        {"m": "K = 5\nT = K * 2\n"},
        "K, m.T, n.f()",
        (1, 2, (1, 2, 3)),
        (5, 10, (5, 10, 11)),
    ),
    case(
        "several files",
        {
            "m": "def f(): return 1\n",
            "n": "from m import f\nclass C:\n    def g(self): return f()\n",
            "o": "from n import C\nx = 1\n",
        },
        "import o; held = o.C()",
        {
            "m": "def f(): return 2\ndef h(): return 3\n",
            "n": "from m import f, h\nclass C:\n    def g(self): return f() + h()\n",
            "o": "from n import C\nx = 2\n",
        },
        "held.g(), o.x",
        (1, 1),
        (5, 2),
    ),
    case(
        "a removal",
        {
            "m": "def f(): return 1\ndef g(): return 2\nclass C: pass\nK = 3\n",
            "n": "from m import *\nfrom m import g as h\n",
        },
        "import m, n; held = m.g",
        {"m": "def f(): return 1\n", "n": "from m import *\n"},
        "hasattr(m, 'g'), hasattr(n, 'g'), hasattr(n, 'h'), hasattr(m, 'K')",
        (True, True, True, True),
        (False, False, False, False),
    ),
    case(
        "a rename",
        {"m": "def first(x): return x + 1\n", "n": "from m import first\n"},
        "import m, n; held = m.first",
        {"m": "def second(x): return x + 1\n", "n": "from m import second\n"},
        "held.__name__, held is getattr(m, 'second', None), hasattr(m, 'first'), hasattr(n, 'second')",
        ("first", False, True, False),
        ("second", True, False, True),
    ),
    case(
        "a move between files",
        {
            "m": "def f(): return 1\nclass C:\n    def g(self): return 1\ndef stays(): return 0\n",
            "n": "x = 1\n",
        },
        "import m, n; held = m.C(); function = m.f",
        {
            "m": "def stays(): return 0\n",
            "n": "x = 1\ndef f(): return 2\nclass C:\n    def g(self): return 2\n",
        },
        "held.g(), function(), hasattr(m, 'C'), hasattr(n, 'C')",
        (1, 1, True, False),
        (2, 2, False, True),
    ),
    case(
        "a block",
        """
        try:
            import no_such_module_at_all
        except ImportError:
            x = 1
            def f(): return x
        if x:
            def g(): return 1
            K = 1
        """,
        "import m; held = m.f, m.g",
        """
        try:
            import no_such_module_at_all
        except ImportError:
            x = 2
            def f(): return x * 10
        if x:
            def g(): return 2
            K = 2
        """,
        "held[0](), held[1](), m.K",
        (1, 1, 1),
        (20, 2, 2),
    ),
    case(
        "a decorator that registers",
        """
        registry = []
        def register(f):
            registry.append(f)
            return f
        @register
        def f(x): return 1
        """,
        "import m; held = m.f",
        """
        registry = []
        def register(f):
            registry.append(f)
            return f
        @register
        def f(x, y=2): return y
        @register
        def g(x): return 5
        """,
        "held(0), hasattr(m, 'g')",
        (1, False),
        (2, True),
        ("m.registry",),
    ),
    case(
        "lines moved",
        "import functools\ndef f(): return 1\n@functools.cache\ndef g(): return 2\nclass C:\n    def h(self): return 3\n",
        "import m; held = m.C.h",
        "import functools\n# a remark\n\ndef f(): return 1\n@functools.cache\ndef g(): return 2\nclass C:\n    def h(self): return 3\n",
        "held.__code__.co_firstlineno",
        6,
        8,
    ),
    case(
        "hooks",
        """
        import livecode
        @livecode.after_edit
        def afterwards(): pass
        @livecode.before_edit
        def beforehand(): pass
        def __before_reload__(): pass
        def __after_reload__(): pass
        def f(): return 1
        """,
        "import m; held = m.f",
        """
        import livecode
        @livecode.after_edit
        def afterwards(): pass
        @livecode.before_edit
        def beforehand(): pass
        def __before_reload__(): pass
        def __after_reload__(): pass
        def f(x=2): return x
        """,
        "held()",
        1,
        2,
    ),
]

CELLS = [
    case(
        "a class in a cell run again",
        "class C:\n    def f(self): return 1\n",
        "held = C(); method = held.f",
        "class C:\n    def f(self): return 2\n    def g(self): return super().__init__()\n",
        "method()",
        1,
        2,
    ),
    case(
        "a decorator that registers in a cell run again",
        "@register\ndef f(x): return x\n",
        "held = f",
        "@register\ndef f(x): return x + 1\n",
        "held(1), [each(1) for each in registry]",
        (1, [1]),
        (2, [2]),
    ),
    case(
        "a closure in a cell run again",
        "def make(n):\n    def inner(x): return x + n\n    return inner\n",
        "held = make(1)",
        "def make(n):\n    def inner(x): return x - n\n    return inner\n",
        "held(5)",
        6,
        4,
    ),
]
