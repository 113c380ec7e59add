"""Run the table and the fuzzers: what fails, and the counts.

python -m tests.robustness                         # every case, 200 seeds for each fuzzer
python -m tests.robustness --only "edit_clip"      # the cases with these words in their name
python -m tests.robustness --list
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

# Before anything imports them.
os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TQDM_DISABLE="1", MPLBACKEND="Agg")


def main() -> int:
    """Parse options, play, print a line for each fault and a table of counts; 1 where anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], help="cases whose name has one of these")
    parser.add_argument("--each", type=int, help="so many of each group of cases instead of all")
    parser.add_argument("--seed", type=int, default=0, help="of the draw, and first seed of the fuzzers")
    parser.add_argument("--seeds", type=int, default=200, help="inputs for each fuzzer; 0: the table alone")
    parser.add_argument("--no-table", action="store_true", help="the fuzzers alone")
    parser.add_argument("--world", type=Path, help="folder of the sound inputs, made where it is not there")
    parser.add_argument("--list", action="store_true", help="print the cases' names")
    parser.add_argument("--verbose", action="store_true", help="what every case said, too")
    args = parser.parse_args()

    from .table import all_cases, draw

    cases = [case for case in all_cases() if not args.only or any(part in case.name for part in args.only)]
    cases = draw(cases, args.each, args.seed) if args.each else cases
    if args.list:
        print("\n".join(case.name for case in cases))
        return 0
    return play_all([] if args.no_table else cases, args)


def play_all(cases: list, args: argparse.Namespace) -> int:
    """The exit code."""
    import torch

    from .fuzz import FUZZERS, fuzz
    from .play import play
    from .server import Answers
    from .world import build_world

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="robustness-") as folder, Answers() as server:
        world = args.world or Path(folder) / "world"
        if not world.is_dir():
            build_world(world)
        verdicts: dict[str, Counter] = {}
        for number, case in enumerate(cases):
            home = Path(folder) / f"case{number}"
            found, outcome = play(case, world, home, server)
            _note(verdicts, case.of, found)
            if found:
                print(f"FAIL {case.name}: {found[0]}", flush=True)
            elif args.verbose:
                print(
                    f"{outcome.code} {outcome.seconds:.2f} s {case.name}: {outcome.err.strip()[:300]}",
                    flush=True,
                )
            shutil.rmtree(home)
        for name in FUZZERS if args.seeds else ():
            if args.only and not any(part in f"fuzz {name}" for part in args.only):
                continue
            for seed, found in fuzz(
                name, range(args.seed, args.seed + args.seeds), world, Path(folder) / "fuzz"
            ):
                _note(verdicts, f"fuzz {name}", found)
                if found:
                    print(f"FAIL fuzz {name} | seed {seed}: {found[0]}", flush=True)
    print(counts(verdicts))
    return int(any(kind != "as it should be" for counter in verdicts.values() for kind in counter))


def _note(verdicts: dict[str, Counter], of: str, found: list[str]) -> None:
    verdicts.setdefault(of, Counter())[found[0].split(":")[0] if found else "as it should be"] += 1


def counts(verdicts: dict[str, Counter]) -> str:
    """A Markdown table: a row for each kind of case, a column for each verdict."""
    kinds = [
        "as it should be",
        *sorted({k for counter in verdicts.values() for k in counter} - {"as it should be"}),
    ]
    rows = [["cases", "in all", *kinds]]
    total: Counter = Counter()
    for of, counter in verdicts.items():
        rows.append([of, str(counter.total()), *(str(counter[kind]) for kind in kinds)])
        total += counter
    rows.append(["**all**", str(total.total()), *(str(total[kind]) for kind in kinds)])
    rows.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the tests' own helpers
    sys.exit(main())
