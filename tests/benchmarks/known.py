"""Well-known programs of pure Python: where their texts are found, and one piece of work of each.

In: the scripts of the package pyperformance, which are its data files, and the standard library's json.
Out: texts to be imported as modules (their `pyperf` main is not run), and calls that take some 20 ms.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Program:
    """One program: where its text is, and what makes its piece of work from the module."""

    name: str
    work: Callable[[Any], Work]
    found: str = ""

    def text(self) -> str:
        if self.found == "json":
            return _json_text()
        return (_scripts() / f"bm_{self.name}" / "run_benchmark.py").read_text(encoding="utf-8")


def _scripts() -> Path:
    spec = importlib.util.find_spec("pyperformance")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pyperformance is not installed; it is in the `bench` extra")
    return Path(spec.origin).parent / "data-files" / "benchmarks"


def _json_text() -> str:
    """The pure-Python scanner, decoder and encoder of the standard library as one module."""
    folder = Path(str(json.__file__)).parent
    parts = [
        (folder / f"{name}.py").read_text(encoding="utf-8")
        for name in ("scanner", "decoder", "encoder")
    ]
    text = "\n\n".join(parts).replace("from json import scanner", "")
    return text.replace("scanner.make_scanner", "py_make_scanner")


def _json(module: Any) -> Work:
    module.c_make_encoder = None
    decoder, encoder = module.JSONDecoder(), module.JSONEncoder()
    decoder.parse_string = module.py_scanstring
    decoder.scan_once = module.py_make_scanner(decoder)
    value = {"people": [{"name": f"A\n{n}", "tags": ["x", n, n / 3, None]} for n in range(150)]}

    def work() -> None:
        assert decoder.decode(encoder.encode(value)) == value

    return work


def _chaos(module: Any) -> Work:
    kept: list[Any] = []

    class Runner:
        """Keeps what it is to measure."""

        def __init__(self) -> None:
            self.metadata: dict[str, Any] = {}

        def bench_func(self, name: str, *call: Any) -> None:
            kept.extend(call)

    sizes = {"thickness": 0.25, "width": 64, "height": 64, "iterations": 1500}
    module.main(Runner(), SimpleNamespace(**sizes, filename=None, rng_seed=1234))
    call, *arguments = kept
    return lambda: call(*arguments)


def _meteor(module: Any) -> Work:
    board, cti, pieces = module.get_puzzle(module.WIDTH, module.HEIGHT)
    places, next_to = module.get_footprints(board, cti, pieces), module.get_senh(board, cti)

    def work() -> None:
        free, solutions = frozenset(range(len(board))), list[Any]()
        current, left = [-1] * len(board), list(range(len(pieces)))
        module.solve(5, 0, free, current, left, solutions, places, next_to)

    return work


def _scimark(module: Any) -> Work:
    def work() -> None:
        module.bench_SOR(1, 20, 4, module.Array2D)
        module.bench_LU(1, 10)
        module.bench_FFT(1, 128, 4)
        module.bench_MonteCarlo(1, 8000)

    return work


def _spectral(module: Any) -> Work:
    module.DEFAULT_N = 30
    return lambda: module.bench_spectral_norm(1)


def _generators(module: Any) -> Work:
    def work() -> None:
        for _ in range(2):
            for _ in module.tree(range(5000)):
                pass

    return work


PROGRAMS = (
    Program("richards", lambda module: lambda: module.Richards().run(1)),
    Program("deltablue", lambda module: lambda: module.delta_blue(300)),
    Program("nbody", lambda module: lambda: module.bench_nbody(1, "sun", 2500)),
    Program("chaos", _chaos),
    Program("json", _json, "json"),
    Program("raytrace", lambda module: lambda: module.bench_raytrace(1, 20, 20, None)),
    Program("hexiom", lambda module: lambda: module.main(2, 25)),
    Program("float", lambda module: lambda: module.benchmark(8000)),
    Program("go", lambda module: module.versus_cpu),
    Program("spectral_norm", _spectral),
    Program("fannkuch", lambda module: lambda: module.fannkuch(7)),
    Program("nqueens", lambda module: lambda: module.bench_n_queens(6)),
    Program("meteor_contest", _meteor),
    Program("scimark", _scimark),
    Program("generators", _generators),
)


def plain_module(name: str, text: str) -> ModuleType:
    """A module whose code is as Python compiles it."""
    module = ModuleType(name)
    exec(compile(text, f"<plain {name}>", "exec"), module.__dict__)
    return module
