"""A stand-in for %resume until the magic is there."""

import pytest

STAND_IN = '''
def _resume(line):
    import ast
    from livecode.breaks import restarts
    from livecode.breaks.rest import CannotRestart
    from IPython.core.error import UsageError
    breaks = get_ipython().livecode.breaks
    suspended = breaks.open[-1]
    what, _, text = line.strip().partition(" ")
    what = what or "resume"
    try:
        if what in ("resume", "retry", "skip"):
            action, notes = restarts.resume(suspended, what)
        elif what == "abort":
            action = restarts.abort()
        elif what == "restart":
            action = restarts.restart(suspended, int(text or 0))
        elif what == "return":
            action = restarts.give_back(suspended, 0, eval(text))
        elif what in ("use", "store"):
            action, notes = getattr(restarts, what)(suspended, eval(text))
        else:
            action = restarts.invoke(suspended, what, eval(text or "None"))
    except CannotRestart as error:
        raise UsageError(str(error))
    breaks.go_on(suspended, action)
if "resume" not in get_ipython().magics_manager.magics["line"]:
    get_ipython().register_magic_function(_resume, "line", "resume")
'''


@pytest.fixture(autouse=True)
def stand_in(request):
    if "env" in request.fixturenames:
        request.getfixturevalue("env").run(STAND_IN)
