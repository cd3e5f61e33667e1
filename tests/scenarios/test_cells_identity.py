"""Which cell is which, what becomes of the definitions it no longer holds, and cell magics."""

import pytest

from tests.dsl import both


@both
def test_a_definition_that_the_cell_no_longer_holds_stays(env):
    env.run("def f(): return 1\ndef g(): return 1", id="a")
    env.run("def g(): return 2", id="a")
    assert env("f(), g()") == (1, 2)


def test_a_definition_that_the_cell_no_longer_holds_is_listed_as_orphan(env):
    env.run("def lonely(): return 1\ndef g(): return 1", id="a")
    env.run("def g(): return 2", id="a")
    rows = env.rows("%livedefs")
    assert "orphan" in next(row for row in rows if "lonely" in row)
    assert not any("orphan" in row for row in rows if "lonely" not in row)


def test_an_orphan_defined_again_is_none_any_more(env):
    env.run("def lonely(): return 1", id="a")
    env.run("held = lonely")
    env.run("x = 1", id="a")
    env.run("def lonely(): return 2", id="b")
    assert not any("orphan" in row for row in env.rows("%livedefs"))
    assert env("held()") == 2


def test_removals_can_be_asked_for(env):
    env.run("%config LiveCode.cell_removals = 'remove'")
    env.run("def f(): return 1\ndef g(): return 1\nclass C: pass", id="a")
    env.run("held = f")
    env.run("def g(): return 2", id="a")
    assert env("'f' in dir(), 'C' in dir(), g(), held()") == (False, False, 2, 1)


def test_removals_spare_what_another_cell_defines_now(env):
    env.run("%config LiveCode.cell_removals = 'remove'")
    env.run("def f(): return 1\ndef g(): return 1", id="a")
    env.run("def f(): return 2", id="b")
    env.run("def g(): return 3", id="a")
    assert env("f(), g()") == (2, 3)


def test_removals_spare_what_was_bound_anew(env):
    env.run("%config LiveCode.cell_removals = 'remove'")
    env.run("def f(): return 1", id="a")
    env.run("f = 'mine'")
    env.run("x = 1", id="a")
    assert env("f") == "mine"


def test_an_unknown_setting_for_removals_is_refused(env):
    env.attempt("%config LiveCode.cell_removals = 'perhaps'")
    assert env("get_ipython().livecode.cell_removals") != "perhaps"


def test_a_fragment_updates_what_it_names_and_leaves_the_rest(env):
    env.run("x = 1\ndef f(): return 1\ndef g(): return x, 1", id="a")
    env.run("hf, hg = f, g")
    env.run("def f(): return 2")
    assert env("hf(), hg(), x") == (2, (1, 1), 1)
    assert not any("orphan" in row for row in env.rows("%livedefs"))


def test_a_fragment_of_a_cell_with_the_same_text_keeps_the_object(env):
    env.run("def f(): return 1\ndef g(): return 1", id="a")
    env.run("held = f")
    env.run("def f(): return 1")
    assert env("f is held") is True
    env.run("def f(): return 2\ndef g(): return 2", id="a")
    assert env("held(), g()") == (2, 2)


def test_the_same_text_again_is_the_same_cell(env):
    env.run("def f(): return 1\nclass C: pass")
    env.run("g, D = f, C")
    env.run("def f(): return 1\nclass C: pass")
    assert env("f is g, C is D") == (True, True)
    assert not any("orphan" in row for row in env.rows("%livedefs"))


def test_scratch_cells_without_ids_leave_no_orphans(env):
    for number in range(3):
        env.run(f"def f{number}(): return {number}")
    assert not any("orphan" in row for row in env.rows("%livedefs"))
    assert env("f0(), f1(), f2()") == (0, 1, 2)


def test_a_definition_that_moves_to_another_cell_keeps_its_object(env):
    env.run("def f(): return 1\ndef g(): return 1", id="a")
    env.run("held = f")
    env.run("def g(): return 1", id="a")
    env.run("def f(): return 2", id="b")
    assert env("held is f, held()") == (True, 2)


def test_swapped_cells_keep_their_functions_apart(env):
    env.run("def f(): return 'f'", id="a")
    env.run("def g(): return 'g'", id="b")
    env.run("hf, hg = f, g")
    env.run("def g(): return 'g2'", id="a")
    env.run("def f(): return 'f2'", id="b")
    assert env("hf(), hg(), f is hf, g is hg") == ("f2", "g2", True, True)


@both
def test_time_cells_work_as_before(env):
    env.run("%%time\ndef f(): return 1\nx = f()")
    assert "Wall time" in env.output
    assert env("x, f()") == (1, 1)


@both
def test_capture_cells_work_as_before(env):
    env.run("%%capture got\nprint('inside')\ndef f(): return 1")
    assert env("got.stdout, f()") == ("inside\n", 1)


@pytest.mark.parametrize("magic", ["%%time", "%%capture got", "%%capture"])
def test_a_function_defined_again_under_a_cell_magic_follows(env, magic):
    env.run(f"{magic}\ndef f(): return 1\nclass C:\n    def get(self): return 1", id="a")
    env.run("g, c = f, C()")
    env.run(f"{magic}\ndef f(): return 2\nclass C:\n    def get(self): return 2", id="a")
    assert env("f(), C().get()") == (2, 2)
    assert env("g(), c.get()") == (2, 2)


def test_a_function_first_defined_plainly_follows_a_time_cell(env):
    env.run("def f(): return 1", id="a")
    env.run("g = f")
    env.run("%%time\ndef f(): return 2", id="a")
    assert env("f(), g()") == (2, 2)


def test_line_magics_and_shell_lines_beside_definitions_work(env):
    env.run("%time x = 1\n!true\ndef f(): return x", id="a")
    env.run("g = f")
    env.run("%time x = 2\n!true\ndef f(): return x * 10", id="a")
    assert env("g()") == 20


def test_timeit_and_help_work_as_before(env):
    env.run("%timeit -n1 -r1 pass")
    assert "loop" in env.output
    env.run("def f():\n    'documented'")
    env.run("f?")
    assert "documented" in env.output


def test_the_last_value_of_a_cell_is_shown(env):
    env.run("def f(): return 1\nf()")
    assert env.output.strip().endswith("1")
    env.run("def f(): return 1\nf();")
    assert env.output == ""


def test_run_line_and_nested_run_cell_work(env):
    env["script.py"] = "def from_script(): return 1\nx = from_script()\n"
    env.run("%run script.py")
    assert env("x, from_script()") == (1, 1)
    env.run("r = get_ipython().run_cell('def f(): return 1'); g = f")
    env.run("r = get_ipython().run_cell('def f(): return 2')")
    assert env("g()") == 2


def test_the_user_s_ast_transformer_still_works(env):
    env.run("""
        import ast
        class Double(ast.NodeTransformer):
            def visit_Constant(self, node):
                if isinstance(node.value, int) and not isinstance(node.value, bool):
                    return ast.copy_location(ast.Constant(node.value * 2), node)
                return node
        double = Double()
        get_ipython().ast_transformers.append(double)
    """)
    env.run("def f(): return 4", id="a")
    env.run("g = f; got = f()")
    env.run("def f(): return 5", id="a")
    env.run("get_ipython().ast_transformers.remove(double); got = got, g()")
    assert env("got") == (8, 10)


def test_future_imports_of_a_cell_hold_for_later_cells(env):
    env.run("from __future__ import annotations")
    env.run("def f(x: Later): return 1", id="a")
    env.run("g = f")
    env.run("def f(x: Sooner): return 2", id="a")
    assert env("g.__annotations__, g(0)") == ({"x": "Sooner"}, 2)


def test_out_and_in_hold_what_they_hold_in_plain_ipython(env):
    env.run("1 + 1")
    env.run("_ + 1")
    assert env("_, Out[max(Out)]") == (3, 3)
