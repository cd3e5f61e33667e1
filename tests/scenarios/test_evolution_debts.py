"""An added attribute that nothing gives a value to: later, hold or strict."""

import pytest

OLD = """
    class Account:
        def __init__(self, owner): self.owner = owner
"""
NEW = """
    class Account:
        def __init__(self, owner):
            self.owner = owner
            self.opened = len(owner)
"""
HOOK = "        def __reinit__(self, old): self.opened = len(old['owner']) * 10\n"


def owe(env, where="file"):
    if where == "file":
        env["m.py"] = OLD
        env.run("import m; Account = m.Account; accounts = [Account(n) for n in ('a', 'bb')]")
        env["m.py"] = NEW
        env.run("pass")
    else:
        env.run(OLD, id="c")
        env.run("accounts = [Account(n) for n in ('a', 'bb')]")
        env.run(NEW, id="c")


def answer(env, where, text):
    if where == "file":
        env["m.py"] = text
        env.run("pass")
    else:
        env.run(text, id="c")


places = pytest.mark.parametrize("where", ["file", "cell"])


@places
def test_the_report_names_class_attribute_and_count(env, where):
    owe(env, where)
    text = str(env.report)
    assert "Account.opened" in text and "2 instances" in text and "owed" in text
    assert env("Account('ccc').opened") == 3
    env.run("%livecheck")
    assert "Account.opened" in env.output and "2" in env.output


@places
def test_touching_it_raises_with_a_note(env, where):
    owe(env, where)
    failure = env.fails("accounts[0].opened", "AttributeError")
    assert "opened" in failure.value
    notes = "\n".join(failure.exception.__notes__)
    assert "Account" in notes and "__reinit__" in notes and "default" in notes
    assert "livecode/evolution" not in failure.text
    other = env.fails("accounts[0].nothing", "AttributeError")
    assert not hasattr(other.exception, "__notes__")


@places
def test_what_asks_politely_is_answered(env, where):
    owe(env, where)
    assert env("hasattr(accounts[0], 'opened'), getattr(accounts[0], 'opened', 7)") == (False, 7)
    env.run("import copy, pickle; a = accounts[0]")
    assert env("vars(copy.copy(a)), vars(copy.deepcopy(a)), isinstance(a, Account)") == (
        {"owner": "a"},
        {"owner": "a"},
        True,
    )
    if where == "file":
        assert env("vars(pickle.loads(pickle.dumps(a)))") == {"owner": "a"}
    assert env("[each.owner for each in accounts], repr(a)[:1], a == a, len({a})") == (
        ["a", "bb"],
        "<",
        True,
        1,
    )


@places
@pytest.mark.parametrize("how", ["hook", "literal", "class value"])
def test_a_later_answer_pays_all_at_once(env, where, how):
    owe(env, where)
    env.run("late = Account('ccc'); accounts[1].opened = 99")
    wanted = {"hook": [10, 99, 3], "literal": [5, 99, 3], "class value": [6, 99, 3]}[how]
    text = {
        "hook": NEW + HOOK,
        "literal": NEW.replace("len(owner)", "5"),
        "class value": NEW.replace("class Account:", "class Account:\n        opened = 6"),
    }[how]
    answer(env, where, text)
    assert env("[each.opened for each in (*accounts, late)]") == wanted, env.report
    env.run("%livecheck")
    assert "owed" not in env.output
    assert not env("'__getattr__' in vars(Account)")


@places
def test_the_debt_ends_when_the_attribute_goes(env, where):
    owe(env, where)
    answer(env, where, OLD)
    env.run("%livecheck")
    assert "owed" not in env.output
    failure = env.fails("accounts[0].opened", "AttributeError")
    assert not hasattr(failure.exception, "__notes__")
    assert not env("'__getattr__' in vars(Account)")


@places
def test_undo_still_goes_back(env, where):
    owe(env, where)
    env.run("%liveundo")
    assert env("vars(Account('x')), '__getattr__' in vars(Account)") == ({"owner": "x"}, False)
    env.run("%livecheck")
    assert "owed" not in env.output


def test_the_debt_stays_through_other_edits(env):
    owe(env)
    env["m.py"].append("    def more(self): return 1\n")
    env.run("pass")
    failure = env.fails("accounts[0].opened", "AttributeError")
    assert failure.exception.__notes__
    env["m.py"].append(HOOK[4:])
    assert env("accounts[0].opened, accounts[0].more()") == (10, 1)


def test_setting_it_by_hand_pays_one(env):
    owe(env)
    env.run("accounts[0].opened = 1")
    env.run("%livecheck")
    assert "1 instance" in env.output, env.output
    assert env("accounts[0].opened") == 1


def test_the_users_getattr_is_asked_first(env):
    env["m.py"] = OLD + "        def __getattr__(self, name): return name.upper()\n"
    env.run("import m; a = m.Account('a')")
    env["m.py"] = NEW + "        def __getattr__(self, name): return name.upper()\n"
    env.run("pass")
    assert env("a.opened, a.other") == ("OPENED", "OTHER")


def test_the_users_getattr_is_edited_while_there_is_a_debt(env):
    env["m.py"] = OLD
    env.run("import m; a = m.Account('a')")
    env["m.py"] = NEW
    env.run("pass")
    env["m.py"].append(
        "    def __getattr__(self, name):\n        raise AttributeError('mine ' + name)\n"
    )
    env.run("pass")
    failure = env.fails("a.opened", "AttributeError")
    assert "mine opened" in failure.value
    assert any("__reinit__" in note for note in getattr(failure.exception, "__notes__", ()))
    env["m.py"].replace("'mine '", "'ours '")
    assert "ours opened" in env.fails("a.opened", "AttributeError").value
    env["m.py"].replace("self.opened = len(owner)", "self.opened = 4")
    assert env("a.opened") == 4
    assert "ours other" in env.fails("a.other", "AttributeError").value


def test_subclasses_are_owed_too_and_paid_with_the_base(env):
    env["m.py"] = OLD + "    class Savings(Account): pass\n"
    env.run("import m; ps = [m.Account('a'), m.Savings('bb')]")
    env["m.py"] = NEW + "    class Savings(Account): pass\n"
    env.run("pass")
    for index in (0, 1):
        assert env.fails(f"ps[{index}].opened", "AttributeError").exception.__notes__
    env["m.py"] = NEW + HOOK + "    class Savings(Account): pass\n"
    assert env("[p.opened for p in ps]") == [10, 20]


def test_slots_are_owed(env):
    env["m.py"] = "class S:\n    __slots__ = ('x',)\n    def __init__(self, x): self.x = x\n"
    env.run("import m; s = m.S(1)")
    env["m.py"] = (
        "class S:\n    __slots__ = ('x', 'y')\n    def __init__(self, x): self.x = x; self.y = x * 2\n"
    )
    env.run("pass")
    assert env.fails("s.y", "AttributeError").exception.__notes__
    assert env("s.x, m.S(2).y") == (1, 4)
    env["m.py"].append("    def __reinit__(self, old): self.y = old['x'] * 2\n")
    assert env("s.y, m.S(2).y") == (2, 4)


def test_a_hook_that_sets_only_some_leaves_the_rest_owed(env):
    env["m.py"] = OLD
    env.run("import m; ps = [m.Account('a'), m.Account('bb')]")
    env["m.py"] = NEW + (
        "        def __reinit__(self, old):\n            if self.owner == 'a': self.opened = 1\n"
    )
    env.run("pass")
    assert "1 instance" in str(env.report) and env("ps[0].opened") == 1
    assert env.fails("ps[1].opened", "AttributeError").exception.__notes__


@places
@pytest.mark.parametrize("policy", ["hold", "strict"])
def test_hold_and_strict_keep_the_edit_back(env, where, policy):
    env.run(f"%config LiveCode.migration = {policy!r}")
    owe(env, where)
    assert "owed" in str(env.report.failed), env.output
    assert "Traceback" not in env.output
    assert env("set(vars(Account('x'))), '__reinit__' in vars(Account)") == ({"owner"}, False)
    answer(env, where, NEW + HOOK)
    assert not env.report.failed
    assert env("[each.opened for each in accounts], Account('x').opened") == ([10, 20], 1)


def test_hold_keeps_all_files_of_the_edit_back(env):
    env.run("%config LiveCode.migration = 'hold'")
    env["m.py"] = OLD
    env["n.py"] = "import m\ndef f(): return 1\n"
    env.run("import m, n; a = m.Account('a')")
    env.save(m=NEW, n="import m\ndef f(): return 2\n")
    assert env("n.f()") == 1
    env["m.py"] = NEW.replace("len(owner)", "0")
    assert env("n.f(), a.opened") == (2, 0)


def test_hold_lets_an_edit_pass_that_owes_nobody(env):
    env.run("%config LiveCode.migration = 'hold'")
    env["m.py"] = OLD
    env.run("import m")
    env["m.py"] = NEW
    assert env("m.Account('ab').opened") == 2


def test_an_unknown_policy_is_refused(env):
    env.attempt("%config LiveCode.migration = 'never'")
    assert env("get_ipython().livecode.migration") == "later"
    owe(env)
    assert "owed" in str(env.report)


def test_new_instances_of_a_class_with_a_debt_are_not_counted(env):
    owe(env)
    env.run("more = [Account('x') for _ in range(5)]")
    env.run("%livecheck")
    assert "2 instances" in env.output


def test_the_debt_ends_with_the_last_instance(env):
    owe(env)
    env.run("accounts.clear(); import gc; gc.collect()")
    env.run("%livecheck")
    assert "owed" not in env.output


def test_the_error_of_a_property_stays_its_own(env):
    env.run(
        """
        class PM:
            def __init__(self): self.a = 1; self.c = 2
            @property
            def p(self): return self.nope
        pm = PM()
    """,
        id="a",
    )
    env.run(
        """
        class PM:
            def __init__(self): self.a = 1; self._c = len("x")
            @property
            def p(self): return self.nope
            @property
            def c(self): return self._c * 2
        new = PM()
    """,
        id="a",
    )
    for each in ("pm", "new"):
        failed = env.fails(f"{each}.p", "AttributeError")
        assert failed.value == "'PM' object has no attribute 'nope'"
        assert "return self.nope" in failed.text
        assert "debts.py" not in failed.text
    failed = env.fails("pm.c", "AttributeError")
    assert "'_c'" in failed.value
    assert "Give PM a default" in failed.text
    assert env("new.c") == 2
    assert env("hasattr(pm, 'p'), getattr(pm, 'absent', 3), getattr(pm, 'p', 4)") == (False, 3, 4)
