"""Random texts: modules made of snippets, and edits of them, broken ones too.

The snippets are chosen for what makes outlines hard: statements that share a line, decorators,
lines that continue, strings over lines, ``else`` after an edit, comments at odd places.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

SNIPPETS = (
    "x = 1",
    "a = 1; b = 2; c = 3",
    "def f(): return 1",
    "def f(a, b=2):\n    '''doc\n    more'''\n    return a\n\n    # a remark at the end",
    "@deco\n@other(1,\n       2)\ndef g(x):\n    return x",
    "async def h():\n    await x",
    "def h():\n    class Local:\n        def m(self): pass\n    return Local",
    "class C(Base, meta=M):\n    attribute = 1\n\n    def m(self):\n        return super().m()",
    "@dataclass\nclass D:\n    x: int = 0",
    "if x:\n    y = 1\nelse:\n    y = 2",
    "if x:\n    def inner(): pass",
    "else:\n    pass",
    "try:\n    import q\nexcept ImportError:\n    q = None",
    "finally:\n    pass",
    "with a as b, c:\n    pass",
    "for i in range(3):\n    pass",
    "match x:\n    case 1:\n        y = 1",
    "import a.b.c, d",
    "from . import sibling\nfrom ..x import (y,\n    z as w)",
    "text = '''one\ntwo = 2\n'''",
    "long = (1 +\n  2)",
    "continued = 1 + \\\n    2",
    "# only a remark",
    "",
    "    ",
    "\t",
    "x = 'é ü 漢'",
    "f(1); g(2)  # both",
    "lam = lambda x: x, lambda y: y",
    "del x",
    "x += 1",
    "\f",
    "    indented = 1",
    "def broken(:",
    "'''not closed",
    ")",
    "pass; ",
)

pieces = st.lists(st.sampled_from(SNIPPETS), max_size=12)
modules = pieces.map(lambda lines: "\n".join(lines) + "\n")
endings = st.sampled_from(["", "\n", "\n\n", "  ", "\\"])


@st.composite
def edits(draw, text):
    """Another text: pieces of it taken out, put in, or exchanged."""
    lines = text.split("\n")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines)))
        until = draw(st.integers(at, min(at + 3, len(lines))))
        new = draw(st.lists(st.sampled_from(SNIPPETS), max_size=2))
        lines[at:until] = "\n".join(new).split("\n") if new else []
    found = "\n".join(lines)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(found)))
        found = found[:at] + draw(st.text("ax \n'\"():#\\=;", max_size=3)) + found[at:]
    return found + draw(endings)


quick = settings(deadline=None, database=None, derandomize=True, max_examples=400, print_blob=False)
