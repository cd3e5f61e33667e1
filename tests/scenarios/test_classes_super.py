"""``super()``, ``__class__`` and private names: what a method knows of its class."""

from tests.dsl import both


@both
def test_super_in_an_edited_method_works(env):
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            def get(self): return super().get() + 1
    """
    env.run("import m; c = m.Child(); get = c.get")
    env["m.py"].replace("super().get() + 1", "super().get() + 100")
    assert env("c.get(), get(), m.Child().get()") == (101, 101, 101)


@both
def test_super_is_added_to_a_method(env):
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            def get(self): return 5
    """
    env.run("import m; c = m.Child(); get = c.get; plain = m.Child.get")
    env["m.py"].replace("return 5", "return super().get() + 5")
    assert env("c.get(), get(), plain(c), m.Child().get()") == (6, 6, 6, 6)


def test_super_is_removed_from_a_method(env):
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            def get(self): return super().get() + 5
    """
    env.run("import m; c = m.Child(); get = c.get")
    env["m.py"].replace("super().get() + 5", "7")
    assert env("c.get(), get()") == (7, 7)


def test_super_in_a_method_that_is_added(env):
    env["m.py"] = """
        class Base:
            def get(self): return 1
        class Child(Base):
            pass
    """
    env.run("import m; c = m.Child()")
    env["m.py"].replace("pass", "def get(self): return super().get() + 5")
    assert env("c.get()") == 6


def test_super_is_added_to_init(env):
    env["m.py"] = """
        class Base:
            def __init__(self): self.base = 1
        class Child(Base):
            def __init__(self): self.child = 2
    """
    env.run("import m; c = m.Child()")
    env["m.py"].replace("self.child = 2", "super().__init__(); self.child = 2")
    assert env("vars(m.Child())") == {"base": 1, "child": 2}


def test_super_in_classmethods_and_properties(env):
    env["m.py"] = """
        class Base:
            @classmethod
            def make(cls): return cls.__name__, 1
            @property
            def x(self): return 1
        class Child(Base):
            @classmethod
            def make(cls): return 0
            @property
            def x(self): return 0
    """
    env.run("import m; c = m.Child(); make = m.Child.make")
    env["m.py"].replace("def make(cls): return 0", "def make(cls): return super().make()")
    env["m.py"].replace("def x(self): return 0", "def x(self): return super().x + 1")
    assert env("m.Child.make(), make(), c.x") == (("Child", 1), ("Child", 1), 2)


def test_the_class_cell_is_the_surviving_class(env):
    env["m.py"] = """
        class C:
            def me(self): return 0
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 0", "return __class__")
    assert env("c.me() is m.C is type(c)") is True


def test_private_names_are_mangled(env):
    env["m.py"] = """
        class C:
            __secret = 1
            def get(self): return 0
            def __hidden(self): return "hidden"
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 0", "return self.__secret, self.__hidden()")
    assert env("c.get()") == (1, "hidden")
    env["m.py"].replace("__secret = 1", "__secret = 2")
    env["m.py"].replace('"hidden"', '"HIDDEN"')
    assert env("c.get()") == (2, "HIDDEN")


def test_a_private_method_is_added(env):
    env["m.py"] = """
        class C:
            def get(self): return 1
    """
    env.run("import m; c = m.C()")
    env["m.py"].replace("return 1", "return self.__two()\n    def __two(self): return 2")
    assert env("c.get(), c._C__two()") == (2, 2)
