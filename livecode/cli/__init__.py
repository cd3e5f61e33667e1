"""The command line, `livecode`: arguments in, an exit status out.

`livecode demo` takes a short tour through a real kernel. Each command is a module of this package,
imported only when it is asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0: all went well; 1: it failed, and said why; 2: wrong arguments."""
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        from livecode.cli.demo import demo

        return demo(step=options.step, colour=not options.plain)
    _parser().print_help()
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="livecode", description="Live coding for IPython and Jupyter."
    )
    parser.add_argument("--version", action="version", version=f"livecode {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    tour = commands.add_parser(
        "demo",
        help="a short tour through a real kernel, which checks itself",
        description="A short tour through a real kernel: prints each cell, what was saved, and "
        "what followed. The exit status is 0 only if every outcome was as expected.",
    )
    tour.add_argument("--step", action="store_true", help="wait for Enter after each step")
    tour.add_argument("--plain", action="store_true", help="no colours, also in a terminal")
    return parser


def _version() -> str:
    try:
        return version("livecode")
    except PackageNotFoundError:
        return "(not installed)"
