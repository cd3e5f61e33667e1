"""All tables, in the order of the page. In: the outcomes of every case. Out: `Table`s with rows."""

from __future__ import annotations

from collections.abc import Callable

from . import breaks_goals, evolve_goals, goals
from .goals import Results, Table

MAKERS: tuple[Callable[[Results], Table], ...] = (
    goals.idle_table,
    goals.edit_table,
    goals.floor_table,
    goals.comment_table,
    goals.instances_table,
    evolve_goals.evolve_table,
    evolve_goals.few_table,
    goals.load_table,
    breaks_goals.programs_table,
    breaks_goals.handled_table,
    breaks_goals.statements_table,
    breaks_goals.compiling_table,
    breaks_goals.break_table,
)


def tables(results: Results) -> list[Table]:
    return [table for table in (make(results) for make in MAKERS) if table.rows]
