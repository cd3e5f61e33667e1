"""`livecode.evolution.layouts`: what instances are expected to have, from class and text."""

from __future__ import annotations

import ast
import gc
import itertools
import time
import weakref

import pytest

from livecode.evolution import layouts
from livecode.evolution.initialisers import AUGMENTED, LOOP, SHARED, SOMETIMES, UNPACKED
from tests.evolution.sample import classes, init, layout_of, shown

# -- what __init__ assigns -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines, expected",
    [
        ("self.x = 0", "x assigned literal 0"),
        ("self.x = -1.5", "x assigned literal -1.5"),
        ("self.x = 60 * 60", "x assigned literal 60 * 60"),
        ("self.x = 'a' 'b'", "x assigned literal 'ab'"),
        ("self.x = (1, (2, None))", "x assigned literal (1, (2, None))"),
        ("self.x = []", "x assigned literal []"),
        ("self.x = {'a': [1, {2}]}", "x assigned literal {'a': [1, {2}]}"),
        ("self.x = list()", "x assigned literal list()"),
        ("self.x = [set(), dict()]", "x assigned literal [set(), dict()]"),
        ("self.x: int = 0", "x assigned literal 0"),
        ("self.x: int", "x annotated?"),
        ("self.x = self.y = 0", "x assigned literal 0, y assigned literal 0"),
        ("self.x, self.y = 1, 2", "x assigned literal 1, y assigned literal 2"),
        ("(self.x, [self.y, b]), c = (1, [2, 3]), 4", "x assigned literal 1, y assigned literal 2"),
        ("with open(a): self.x = 0", "x assigned literal 0"),
        ("try: pass\nfinally: self.x = 0", "x assigned literal 0"),
        ("if not a: raise ValueError\nself.x = 0", "x assigned literal 0"),
        ("setattr(self, 'x', 0)", "x assigned literal 0"),
        ("object.__setattr__(self, 'x', 0)", "x assigned literal 0"),
        ("super().__setattr__('x', 0)", "x assigned literal 0"),
        ("self.__x = 0", "_A__x assigned literal 0"),
        ("self.__x__ = 0", "__x__ assigned literal 0"),
        ("return\nself.x = 0", ""),
        ("def f():\n    self.x = 0", ""),
        ("f = lambda: setattr(self, 'x', 0)", ""),
        ("class B:\n    self.x = 0", ""),
        ("other = a\nother.x = 0", ""),
        ("self = a\nself.x = 0", ""),
        ("self.__class__ = A", ""),
        ("a.x = self.y.x = 0", ""),
        ("print(self.x)", ""),
        ("del self.x", ""),
    ],
)
def test_what_an_assignment_gives(lines, expected):
    assert shown(layout_of(init(lines))) == expected


@pytest.mark.parametrize(
    "lines, why",
    [
        ("self.x = a", layouts.NO_LITERAL),
        ("self.x = a or 0", layouts.NO_LITERAL),
        ("self.x = f'{a}'", layouts.NO_LITERAL),
        ("self.x = [*args]", layouts.NO_LITERAL),
        ("self.x = {**kw}", layouts.NO_LITERAL),
        ("self.x = dict(a=1)", layouts.NO_LITERAL),
        ("self.x = 1 / 0", layouts.NO_LITERAL),
        ("self.x, y = a", UNPACKED),
        ("self.x, *y = 1, 2", UNPACKED),
        ("with a as self.x: pass", UNPACKED),
        ("with a as (self.x, b): pass", UNPACKED),
        ("for self.x in a: pass", LOOP),
        ("for b in a: self.x = 0", LOOP),
        ("while a: self.x = 0", LOOP),
        ("[setattr(self, 'x', b) for b in a]", LOOP),
        ("if a: self.x = 0", SOMETIMES),
        ("if a: self.x = 0\nelse: self.x = 1", layouts.SEVERAL),
        ("try: self.x = 0\nexcept OSError: pass", SOMETIMES),
        ("match a:\n    case 1: self.x = 0", SOMETIMES),
        ("if a: return\nself.x = 0", SOMETIMES),
        ("a and setattr(self, 'x', 0)", SOMETIMES),
        ("self.x = 0\nself.x = 1", layouts.SEVERAL),
        ("self.x = 0\nself.x += 1", layouts.SEVERAL),
        ("self.x += 1", AUGMENTED),
        ("self.x = 0\ndel self.x", layouts.SEVERAL),
        ("self.x = b = []", SHARED),
        ("self.x = self.y = {}", SHARED),
        ("self.x = []\nself.x.append(a)", layouts.USED),
        ("self.x = {}\nself.x[1] = a", layouts.USED),
        ("self.x = {}\nself.y = self.x", layouts.USED),
        ("self.x = []\nself.x.append(self)", layouts.USED),
        ("self.x = 0\nself.__dict__.update(kw)", layouts.COMPUTED),
        ("self.x = 0\nvars(self).update(kw)", layouts.COMPUTED),
        ("self.x = 0\nfor k in kw: setattr(self, k, 1)", layouts.COMPUTED),
        ("list = tuple\nself.x = list()", layouts.NO_LITERAL),
    ],
)
def test_what_is_assigned_without_a_default_says_why(lines, why):
    attribute = layout_of(init(lines)).attributes["x"]
    assert attribute.how == "assigned" and attribute.expected
    assert attribute.default is None
    assert attribute.why == why


def test_a_default_of_a_parameter_is_no_default():
    assert layout_of(init("self.a = a", parameters="self, a=5")).attributes["a"].default is None


def test_a_builtin_that_the_module_rebinds_is_no_literal():
    text = "dict = collections.OrderedDict\n" + init("self.x = dict()", "self.y = {}")
    assert shown(layout_of(text)) == "x assigned, y assigned literal {}"


def test_a_builtin_that_a_function_around_rebinds_is_no_literal():
    text = "def f(list):\n    class A:\n        def __init__(self): self.x = list()\n    return A\nA = f(tuple)"
    assert shown(layout_of(text)) == "x assigned"


@pytest.mark.parametrize(
    "text, value",
    [
        ("[]", []),
        ("{}", {}),
        ("set()", set()),
        ("[1, {'a': []}]", [1, {"a": []}]),
        ("([],)", ([],)),
    ],
)
def test_each_instance_gets_its_own_mutable_object(text, value):
    default = layout_of(init(f"self.x = {text}")).attributes["x"].default
    made = [default.make() for _ in range(2)]
    assert made == [value, value]
    assert made[0] is not made[1]


def test_annotations_are_found_in_class_body_and_assignment():
    text = "class A:\n    x: 'int'\n    y: typing.Dict[str,int]\n    def __init__(self):\n        self.x = self.y = None\n        self.z: 'A' = None\n"
    annotations = {n: a.annotation for n, a in layout_of(text).attributes.items()}
    assert annotations == {"x": "int", "y": "typing.Dict[str, int]", "z": "A"}


@pytest.mark.parametrize(
    "line, expected",
    [
        ("x: int", "x annotated?"),
        ("x: Final[int]", "x annotated?"),
        ("__x: int", "_A__x annotated?"),
        ("x: int = 0", ""),
        ("x: ClassVar[int]", ""),
        ("x: 'typing.ClassVar[int]'", ""),
        ("x: typing.Annotated[ClassVar[int], 1]", ""),
        ("x = 0", ""),
    ],
)
def test_class_bodies(line, expected):
    assert shown(layout_of(f"class A:\n    {line}\n")) == expected


# -- what __init__ calls -------------------------------------------------------------------------

PARENT = (
    "class P:\n    def __init__(self, a): self.x = 0; self.a = a\n    def more(self): self.m = 1\n"
)


@pytest.mark.parametrize(
    "body, expected",
    [
        ("pass", "x assigned literal 0, a assigned"),
        ("def __init__(self): pass", ""),
        ("def __init__(self): super().__init__(1); self.y = 0", "x a y"),
        ("def __init__(self): super(A, self).__init__(1)", "x a"),
        ("def __init__(self): P.__init__(self, 1)", "x a"),
        ("def __init__(self): self.more()", "m"),
        ("def __init__(self): super().more()", "m"),
        ("def __init__(self): P.more(self)", "m"),
        ("def __init__(self): self.more()\n    def more(self): self.own = 1", "own"),
        ("def __init__(self): self.__f()\n    def __f(self): self.y = 1", "y"),
        ("def __init__(self): self.f()\n    def f(self): self.y = 1; self.__init__()", "y"),
        ("def __init__(self): self.f()\n    @staticmethod\n    def f(s): s.y = 1", ""),
        ("def __init__(self): self.f()\n    @classmethod\n    def f(cls): cls.y = 1", ""),
        ("def __init__(self): self.f()\n    def f(self): self.y = 1; yield", ""),
        ("def __init__(self): self.f()\n    async def f(self): self.y = 1", ""),
        ("def __init__(self): self.unknown()", ""),
        ("def __init__(s, /): s.y = 1", "y"),
        ("def __init__(*args): args[0].y = 1", ""),
        (
            "def __new__(cls, *a):\n        it = super().__new__(cls)\n        it.n = 1\n        return it",
            "n x a",
        ),
    ],
)
def test_calls_on_self_are_followed(body, expected):
    found = layout_of(f"{PARENT}class A(P):\n    {body}\n")
    if " assigned" in expected:
        assert shown(found) == expected
    else:
        assert [name.removeprefix("_A__") for name in found.attributes] == expected.split()


@pytest.mark.parametrize("call", ["if a: self.f()", "for b in a: self.f()", "a and self.f()"])
def test_a_method_that_may_not_be_called_gives_no_default(call):
    text = f"class A:\n    def __init__(self, a=0):\n        {call}\n    def f(self): self.x = 0\n"
    assert shown(layout_of(text)) == "x assigned"


def test_super_follows_the_mro_of_the_class_that_is_asked():
    text = """
class R:
    def __init__(self): self.r = 1
class P(R):
    def __init__(self): super().__init__(); self.p = 1
class Q(R):
    def __init__(self): super().__init__(); self.q = 1
class A(P, Q):
    pass
"""
    assert list(layout_of(text).attributes) == ["r", "q", "p"]
    assert list(layout_of(text, "P").attributes) == ["r", "p"]


def test_a_method_of_a_subclass_is_the_one_that_is_called():
    text = "class P:\n    def __init__(self): self.setup()\n    def setup(self): self.p = 1\nclass A(P):\n    def setup(self): self.a = 1\n"
    assert list(layout_of(text).attributes) == ["a"]


def test_private_names_are_mangled_with_the_class_of_the_text():
    text = "class P:\n    def __init__(self): self.__x = 0\nclass A(P):\n    def __init__(self):\n        super().__init__()\n        self.__x = 1\n"
    assert list(layout_of(text).attributes) == ["_P__x", "_A__x"]


def test_methods_in_blocks_of_the_class_body_may_be_either():
    text = "class A:\n    if True:\n        def __init__(self): self.x = 0\n    else:\n        def __init__(self): self.y = 0\n"
    assert shown(layout_of(text)) == "x assigned, y assigned"


def test_what_an_untracked_parent_assigns_is_unknown():
    found = layout_of(
        f"{PARENT}class A(P):\n    def __init__(self): super().__init__(1); self.y = 0\n",
        untracked=("P",),
    )
    assert shown(found) == "y assigned literal 0"
    assert found.unknown == ("sample:P",)


def test_a_setter_is_followed_and_the_property_is_no_attribute():
    text = """
class A:
    def __init__(self, x): self.x = x
    @property
    def x(self): return self._x
    @x.setter
    def x(self, value): self._x = value
"""
    found = layout_of(text)
    assert shown(found) == "_x assigned"
    assert found.shared["x"].kind == "property"


def test_what_a_descriptor_takes_is_no_attribute():
    text = "class D:\n    def __set__(self, i, v): pass\n" + init(
        "self.x = 0", head="class A:\n    x = D()"
    )
    assert shown(layout_of(text)) == ""


@pytest.mark.parametrize(
    "lines, expected",
    [
        ("self.x = 5", "x assigned literal 5"),
        ("self.x = a", "x assigned class"),
        ("if a: self.x = 5", "x assigned class"),
    ],
)
def test_a_class_value_is_the_default_where_no_literal_is(lines, expected):
    assert shown(layout_of(init(lines, head="class A:\n    x = 0"))) == expected


# -- slots ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, form, expected",
    [
        ("__slots__ = ('b', 'a')", "slots", "b slot?, a slot?"),
        ("__slots__ = 'a'", "slots", "a slot?"),
        ("__slots__ = {'a': 'doc'}", "slots", "a slot?"),
        ("__slots__ = ('__a', '__weakref__')", "slots", "_A__a slot?"),
        ("__slots__ = ('a', '__dict__')", "slots and dict", "a slot?"),
        ("__slots__ = ()", "slots", ""),
        ("__slots__ = 'a'\n    def __init__(self): self.a = 0", "slots", "a slot literal 0"),
        ("__slots__ = 'a'\n    def __init__(self): self.b = 0", "slots", "a slot?"),
        ("__slots__ = 'a'\n    a: int", "slots", "a slot?"),
        ("pass", "dict", ""),
    ],
)
def test_slots(body, form, expected):
    found = layout_of(f"class A:\n    {body}\n")
    assert found.kind.form == form
    assert shown(found) == expected


def test_slots_over_the_mro():
    text = "class P:\n    __slots__ = ('p', 'q')\nclass A(P):\n    __slots__ = ('a',)\nclass B(A): pass\n"
    assert layout_of(text).kind.slots == ("p", "q", "a")
    assert layout_of(text, "B").kind.form == "slots and dict"


SHAPES = [
    "pass",
    "__slots__ = ()",
    "__slots__ = ('a',)",
    "__slots__ = ('b',)",
    "__slots__ = ('a', 'b')",
    "__slots__ = ('b', 'a')",
    "__slots__ = ('a', '__dict__')",
    "__slots__ = ('a', '__weakref__')",
    "__slots__ = ('__dict__', '__weakref__')",
    "__slots__ = ('__dict__',)",
]
BASES = ["", "(int)", "(tuple)", "(Exception)", "(S)", "(D)", "(S, M)", "(dict)"]


@pytest.mark.parametrize("bases", BASES)
def test_storage_says_whether_class_can_be_assigned(bases):
    """Compare with what CPython does, for each two shapes over this base and over object."""
    roots = "class S:\n    __slots__ = ('s',)\nclass D: pass\nclass M:\n    __slots__ = ()\n"
    namespace, _ = classes(roots)
    made, texts = [], []
    for base, body in itertools.product(dict.fromkeys(["", bases]), SHAPES):
        text = f"class A{base}:\n    {body}\n"
        try:
            exec(text, namespace)
        except TypeError:
            continue  # slots that this base does not allow
        made.append(namespace["A"])
        texts.append(text)
    for one, other in itertools.permutations(made, 2):
        instance = one()
        try:
            instance.__class__ = other
        except TypeError:
            assigned = False
        else:
            assigned = True
        same = layouts.kind_of(one).storage == layouts.kind_of(other).storage
        assert same == assigned, (texts[made.index(one)], texts[made.index(other)])


# -- dataclasses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body, expected",
    [
        ("x: int", "x field"),
        ("x: int = 0", "x field value 0"),
        ("x: list = field(default_factory=list)", "x field factory field(default_factory=list)"),
        ("x: int = field(default=0)", "x field value field(default=0)"),
        ("x: int = field(default=0, init=False)", "x field class"),
        ("x: int = field(init=False)", "x field?"),
        (
            "x: int = field(init=False)\n    def __post_init__(self): self.x = 1",
            "x field literal 1",
        ),
        ("x: InitVar[int]", ""),
        ("x: InitVar[int] = 3", ""),
        ("x: ClassVar[int] = 0", ""),
        ("_: KW_ONLY\n    x: int", "x field"),
        ("x: int\n    def __post_init__(self): self.y = []", "x field, y assigned literal []"),
        ("x: int\n    def __init__(self): pass", "x field?"),
        ("x: int = 0\n    def __init__(self): pass", "x field? class 0".replace(" 0", "")),
        ("x: int\n    def __init__(self): self.x = 0", "x field literal 0"),
        ("__x: int = 0", "_A__x field value 0"),
    ],
)
def test_dataclass_fields(body, expected):
    assert shown(layout_of(f"@dataclass\nclass A:\n    {body}\n")) == expected


@pytest.mark.parametrize("options, form", [("", "dict"), ("slots=True", "slots")])
def test_inherited_fields(options, form):
    text = f"@dataclass({options})\nclass P:\n    x: int\n    y: list = field(default_factory=list)\n@dataclass({options}, frozen=False)\nclass A(P):\n    z: int = 0\n".replace(
        "(, ", "("
    )
    text = text.replace("z: int = 0", "y: list = field(default_factory=list)\n    z: int = 0")
    found = layout_of(text)
    assert list(found.attributes) == ["x", "y", "z"]
    assert found.kind.form == form
    assert found.attributes["y"].default.make() == []


def test_a_slot_of_a_dataclass_is_filled_from_its_default():
    found = layout_of(
        "@dataclass(slots=True)\nclass A:\n    x: int = field(default=3, init=False)\n"
    )
    assert found.attributes["x"].default.make() == 3


def test_frozen():
    assert layout_of("@dataclass(frozen=True)\nclass A:\n    x: int\n").kind.frozen
    assert not layout_of("@dataclass\nclass A:\n    x: int\n").kind.frozen


def test_a_plain_subclass_of_a_dataclass_has_its_fields():
    text = "@dataclass\nclass P:\n    x: int = 0\nclass A(P):\n    def __init__(self):\n        super().__init__()\n        self.y = 0\n"
    assert shown(layout_of(text)) == "x field value 0, y assigned literal 0"


def test_a_dataclass_without_text_has_its_fields():
    text = "@dataclass\nclass A:\n    x: int\n    y: list = field(default_factory=list)\n"
    assert shown(layout_of(text, untracked=("A",))) == "x field, y field factory None"


# -- other kinds ---------------------------------------------------------------------------------


def test_namedtuples():
    found = layout_of("class A(NamedTuple):\n    x: int\n    y: float = 0.5\n")
    assert (found.kind.form, found.kind.frozen) == ("namedtuple", True)
    assert shown(found) == "x member, y member value 0.5"
    assert shown(layout_of("A = collections.namedtuple('A', 'x y', defaults=[1])")) == (
        "x member, y member value 1"
    )


def test_a_subclass_of_a_namedtuple_has_a_dict_too():
    text = "class P(NamedTuple):\n    x: int\nclass A(P):\n    def __init__(self, x): self.y = 0\n"
    found = layout_of(text)
    assert found.kind.form == "namedtuple" and found.kind.has_dict
    assert shown(found) == "x member, y assigned literal 0"


def test_enums():
    text = "class A(enum.Enum):\n    X = 1, 2\n    Y = 3, 4\n    Z = 1, 2\n    def __init__(self, a, b): self.a = a\n"
    found = layout_of(text)
    assert found.kind.form == "enum"
    assert dict(found.members) == {"X": (1, 2), "Y": (3, 4), "Z": (1, 2)}
    assert shown(found) == "a assigned"


@pytest.mark.parametrize("base", ["int", "tuple", "Exception", "dict", "str"])
def test_builtin_bases(base):
    found = layout_of(f"class A({base}):\n    def __init__(self, *a): self.x = 0\n")
    assert found.kind.form == "builtin"
    assert shown(found) == "x assigned literal 0"


# -- a snapshot, and cheap -----------------------------------------------------------------------


def test_a_layout_keeps_no_instance_and_no_later_change():
    text = init("self.x = []", head="class A:\n    one = None")
    namespace, text_of = classes(text)
    cls = namespace["A"]
    cls.one = cls()
    found = layouts.layout(cls, text_of)
    seen = weakref.ref(cls.one)
    assert found.shared["one"].value is cls.one
    cls.one = None
    cls.other = 1
    gc.collect()
    assert seen() is None and found.shared["one"].gone
    assert "other" not in found.shared


def test_layouts_of_hundreds_of_subclasses_are_cheap():
    text = init(*(f"self.x{i} = {i}" for i in range(30)), head="class P:")
    text += "".join(
        f"class A{i}(P):\n    def __init__(self): super().__init__(); self.y = 0\n"
        for i in range(300)
    )
    namespace, text_of = classes(text)
    start = time.perf_counter()
    for i in range(300):
        assert len(layouts.layout(namespace[f"A{i}"], text_of).attributes) == 31
    assert time.perf_counter() - start < 1


def test_the_text_is_read_once():
    namespace, text_of = classes(init("self.x = 0"))
    node = text_of(namespace["A"])
    layouts.layout(namespace["A"], text_of)
    read = layouts.initialisers.class_text(node)
    assert layouts.initialisers.class_text(node) is read
    assert layouts.initialisers.class_text(ast.parse("class A: pass").body[0]) is not read
