"""The prompt of an IPython terminal, which says at which level of breaks the person is.

In: a shell, and what gives the number of open breaks. Out: from the second level on its prompt begins with
``[level 2]``. A kernel has no prompt of its own: its front end draws one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_SHOWS = "in_prompt_tokens"


def install(shell: Any, level: Callable[[], int]) -> None:
    """Let the prompt say the level.

    Args:
        shell: the InteractiveShell.
        level: gives how many breaks are open.
    """
    prompts = getattr(shell, "prompts", None)
    if prompts is None:
        return
    own = getattr(prompts, _SHOWS)

    def with_level() -> list[tuple[Any, str]]:
        tokens: list[tuple[Any, str]] = own()
        depth = level()
        if depth < 2 or not tokens:
            return tokens
        kind, _ = tokens[0]
        return [(kind, f"[level {depth}] "), *tokens]

    prompts.__dict__[_SHOWS] = with_level


def remove(shell: Any) -> None:
    """Give the prompt back as it was."""
    prompts = getattr(shell, "prompts", None)
    if prompts is not None and getattr(prompts.__dict__.get(_SHOWS), "__module__", "") == __name__:
        del prompts.__dict__[_SHOWS]
