"""The command `python -m tests.benchmarks`: runs the cases, prints and writes the page.

In: options that narrow the run. Out: tables on stdout, progress on stderr, and for a full
run docs/benchmarks.md. The exit code is 1 if a goal was missed or livecode failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from . import cases, driver, goals, report, tables

PAGE = driver.ROOT / "docs" / "benchmarks.md"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], choices=cases.SECTIONS, help="only these sections"
    )
    parser.add_argument(
        "--contenders",
        nargs="+",
        default=[],
        choices=cases.FOLLOWING,
        help="only these, beside plain IPython",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--keys", action="store_true", help="begin lines with the remark's key")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to FILE")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="where the page goes (default for a full run: docs/benchmarks.md)",
    )
    return parser.parse_args()


def run_all(chosen: tuple[cases.Case, ...]) -> goals.Results:
    results: goals.Results = {}
    for number, case in enumerate(chosen, 1):
        start = time.perf_counter()
        print(f"[{number}/{len(chosen)}] {case.key} …", end=" ", file=sys.stderr, flush=True)
        results[case.key] = driver.run(case)
        took = time.perf_counter() - start
        failed = [name for name, one in results[case.key].items() if one.error]
        note = f", failed: {', '.join(failed)}" if failed else ""
        print(f"{took:.0f} s{note}", file=sys.stderr)
    return results


def samples(results: goals.Results) -> dict[str, object]:
    return {
        case: {name: vars(outcome) for name, outcome in outcomes.items()}
        for case, outcomes in results.items()
    }


def main() -> int:
    chosen_options = options()
    known = report.facts()
    chosen = cases.chosen(
        chosen_options.only, chosen_options.contenders, quick=chosen_options.quick
    )
    results = run_all(chosen)
    found = tables.tables(results)
    print("\n".join(f"{name}: {value}" for name, value in known))
    for table in found:
        print(f"\n{report.as_text(table)}")
        if chosen_options.keys:
            print("\n".join(f"  key {row.key!r}: {row.name}" for row in table.rows))
    print(f"\n{report.summary(found)}")
    for line in report.failures(results):
        print(f"not measured: {line}")
    if chosen_options.json:
        chosen_options.json.write_text(json.dumps(samples(results), indent=1), encoding="utf-8")
    full = not (chosen_options.only or chosen_options.contenders or chosen_options.quick)
    target = chosen_options.write or (PAGE if full else None)
    if target:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(report.page(found, results, known), encoding="utf-8")
        print(f"written: {target}")
    missed = any(row.met is False for table in found for row in table.rows)
    broken = any(one["livecode"].error for one in results.values() if "livecode" in one)
    return int(missed or broken)


if __name__ == "__main__":
    sys.exit(main())
