"""What only a real kernel can show: cell ids, deleted cells, HTML, messages, interrupts."""

import time


def test_the_cell_id_of_the_message_is_the_cell_s_identity(kernel):
    kernel.run("def lonely(): return 1\ndef g(): return 1", id="a1b2")
    kernel.run("held = g")
    kernel.run("def g(): return 2", id="a1b2")
    rows = kernel.rows("%livedefs")
    assert "orphan" in next(row for row in rows if "lonely" in row)
    assert kernel("held()") == 2


def test_a_deleted_cell_s_definitions_become_orphans(kernel):
    kernel.run("def lonely(): return 1", id="a")
    kernel.run("def other(): return 1", id="b")
    kernel.run("pass", id="c", deletedCells=["a"])
    rows = kernel.rows("%livedefs")
    assert "orphan" in next(row for row in rows if "lonely" in row)
    assert "orphan" not in next(row for row in rows if "other" in row)
    assert kernel("lonely()") == 1


def test_a_deleted_cell_s_definitions_can_be_removed(kernel):
    kernel.run("%config LiveCode.cell_removals = 'remove'")
    kernel.run("def lonely(): return 1", id="a")
    kernel.run("pass", id="c", deletedCells=["a"])
    kernel.fails("lonely()", "NameError")
    kernel.run("%config LiveCode.cell_removals = 'keep'")


def test_an_unknown_deleted_cell_does_no_harm(kernel):
    assert kernel.run("1 + 1", id="c", deletedCells=["never-seen", 5, None]) == 2


def test_an_edit_is_told_within_the_output_of_the_cell(kernel):
    kernel["m.py"] = "def area(r): return r\n"
    kernel.run("import m")
    kernel["m.py"].replace("return r", "return -r")
    kernel.run("print('cell')")
    assert "livecode: " in kernel.output and "area" in kernel.output
    assert kernel.output.index("livecode: ") < kernel.output.index("cell")
    shown = [data for data in kernel.displayed if "livecode" in data.get("text/plain", "")]
    assert shown and "area" in shown[0]["text/html"]


def test_magics_show_html_and_plain_text(kernel):
    kernel["m.py"] = "def area(r): return r\nclass Shape:\n    x = '<b>'\n"
    kernel.run("import m\ndef from_a_cell(): return 1")
    for magic, word in (("%livetrack", "m.py"), ("%livedefs", "area")):
        kernel.run(magic)
        assert word in kernel.output, magic
        assert "<" in kernel.html and word in kernel.html, magic
    kernel["m.py"].replace("return r", "return r < 1")
    kernel.run("%livediff")
    assert "area" in kernel.output and "area" in kernel.html
    assert "r < 1" not in kernel.html, "text is escaped in HTML"


def test_a_failure_is_shown_in_html_and_plain_text(kernel):
    kernel["m.py"] = "def area(r): return r\n"
    kernel.run("import m")
    kernel["m.py"] = "def area(r): return (r\n\n"
    kernel.run("pass")
    assert "m.py" in kernel.output and "m.py" in kernel.html
    assert kernel.reply["status"] == "ok"


def test_the_value_of_liveeval_is_an_execute_result(kernel):
    kernel["m.py"] = "x = 20\n"
    kernel.run("import m")
    assert kernel.run("%liveeval -m m x + 1") == 21


def test_a_failing_liveeval_is_an_error_of_the_cell_or_told(kernel):
    kernel["m.py"] = "x = 20\n"
    kernel.run("import m")
    kernel.attempt("%liveeval -m m x / 0")
    assert "ZeroDivisionError" in kernel.output
    assert kernel("1 + 1") == 2


def test_a_wrong_argument_is_a_usage_line_without_a_traceback(kernel):
    kernel.usage("%liveeval --no-such-option")
    kernel.usage("%liveundo x")


def test_silent_cells_and_user_expressions_work(kernel):
    kernel.run("x = 5")
    reply, _ = kernel.process.send("x = 6", silent=True, user_expressions={"v": "x"})
    assert reply["status"] == "ok"
    assert reply["user_expressions"]["v"]["data"]["text/plain"] == "6"


def test_an_interrupt_stops_the_cell_and_nothing_else(kernel):
    import threading

    kernel["m.py"] = "import time\ndef f():\n    time.sleep(30)\n"
    kernel.run("import m")
    manager = kernel.process.manager
    timer = threading.Timer(0.7, manager.interrupt_kernel)
    timer.start()
    start = time.perf_counter()
    kernel.fails("m.f()", "KeyboardInterrupt")
    assert time.perf_counter() - start < 10
    assert kernel("1 + 1") == 2


def test_queued_cells_run_in_order_with_edits_between(kernel):
    kernel["m.py"] = "x = 1\n"
    kernel.run("import m")
    kernel.run("got = []")
    for number in range(2, 6):
        kernel["m.py"] = f"x = {number}\n"
        kernel.run("got.append(m.x)")
    assert kernel("got") == [2, 3, 4, 5]


def test_input_is_never_asked_for(kernel):
    """The client forbids stdin, as nbval does."""
    kernel["m.py"] = "def f(): return 1\n"
    kernel.run("import m")
    kernel["m.py"] = "def f(: return 1\n"
    kernel.run("pass")
    kernel["m.py"] = ""
    kernel.run("pass")
    assert kernel("m.f()") == 1


def test_an_async_cell_in_the_kernel_s_own_loop_keeps_its_tasks(kernel):
    kernel.run(
        """
        import asyncio
        done = []
        async def work():
            await asyncio.sleep(0.05)
            done.append(step())
        def step(): return 1
        task = asyncio.ensure_future(work())
    """,
        id="a",
    )
    kernel.run("def step(): return 2", id="b")
    kernel.run("await task")
    assert kernel("done") == [2]


def test_tracebacks_of_a_cell_name_the_cell(kernel):
    kernel.run("def f():\n    return 1 / 0\n", id="a")
    kernel.run("held = f")
    kernel.run("# one\ndef f():\n    return 1 / 0\n", id="a")
    failure = kernel.fails("held()", "ZeroDivisionError")
    assert "return 1 / 0" in failure.text


def test_the_kernel_s_debugger_finds_the_cell_s_file(kernel):
    """Breakpoints are set by the name that ipykernel's compiler gives a cell's text."""
    kernel.run(
        """
        from ipykernel.compiler import get_file_name
        def f(): return 1
    """,
        id="a",
    )
    text = "def f(): return 2"
    kernel.run(text, id="b")
    assert kernel(f"f.__code__.co_filename == get_file_name({text!r})") is True


def test_ipywidgets_like_comms_and_display_ids_are_left_alone(kernel):
    kernel["m.py"] = "x = 1\n"
    kernel.run("import m\nfrom IPython.display import display\nh = display('a', display_id=True)")
    kernel["m.py"].replace("1", "2")
    kernel.run("h.update('b')")
    assert kernel("m.x") == 2


def test_a_traceback_marks_the_lines_that_failed(kernel):
    # In a kernel IPython asked the frames where they were: in the handler, on the first line.
    kernel.run("def invert(n):\n    found = []\n    found.append(1 / n)\n    return found")
    shown = kernel.fails("invert(0)", "ZeroDivisionError")
    assert "----> 3     found.append(1 / n)" in shown.text
