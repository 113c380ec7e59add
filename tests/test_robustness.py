"""Bad input for every script: a fixed share of the table of tests/robustness, and of its fuzzers.

All of it: `python -m tests.robustness`, see docs/robustness.md.
"""

from __future__ import annotations

import shutil
from collections import defaultdict

import numpy as np
import pytest
from robustness.fuzz import FUZZERS, fuzz
from robustness.judge import REFUSED, faults, tree
from robustness.known import KNOWN
from robustness.play import play
from robustness.sandbox import KEY, Outcome
from robustness.server import Answers
from robustness.table import all_cases, draw, known
from robustness.world import build_world

SHARE = 1  # cases of each group, that is of each script and file, or script and flag
SEEDS = 12  # inputs for each fuzzer


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Sound inputs for every script, made by the scripts themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TQDM_DISABLE", "1")
        return build_world(tmp_path_factory.mktemp("robustness") / "world")


@pytest.fixture(scope="session")
def server():
    with Answers() as answers:
        yield answers


def shares() -> dict[str, list]:
    """The drawn cases by kind; sound commands all."""
    drawn = defaultdict(list)
    for case in draw(all_cases(), SHARE):
        if not known(case):
            drawn[case.of].append(case)
    return drawn


CASES = shares()


@pytest.mark.parametrize("kind", CASES)
def test_bad_input_gets_one_line_and_nothing_is_left_or_lost(kind, world, server, tmp_path):
    wrong = []
    for number, case in enumerate(CASES[kind]):
        home = tmp_path / f"case{number}"
        found, _ = play(case, world, home, server)
        wrong += [f"{case.name}: {fault}" for fault in found]
        shutil.rmtree(home)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", FUZZERS)
def test_a_reader_answers_or_refuses(name, world, tmp_path):
    wrong = [
        f"seed {seed}: {fault}"
        for seed, found in fuzz(name, range(SEEDS), world, tmp_path / "fuzz")
        for fault in found
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_known_to_fail():
    assert not KNOWN


def test_the_table_covers_every_script_and_has_hundreds_of_cases():
    cases = all_cases()
    assert len(cases) > 3000
    scripts = {case.command.split("_")[0] for case in cases if case.of != "sound"}
    assert {"train", "eval", "generate", "edit", "export", "convert", "import", "build", "make"} <= scripts


# ------------------------------------------------------------------------------------------- the judge itself
REFUSAL = Outcome(code=2, err="error: mine.txt: is no text; give one\n")


def judged(outcome: Outcome, home, ends: str = REFUSED, change=None) -> list[str]:
    (home / "out").mkdir(exist_ok=True)
    (home / "mine.txt").write_text("mine")
    before = tree([home])
    if change is not None:
        change()
    return [
        fault.split(":")[0]
        for fault in faults(outcome, ends, ("mine.txt",), before, tree([home]), [home / "out"])
    ]


def test_the_judge_accepts_one_clear_line(tmp_path):
    assert judged(REFUSAL, tmp_path) == []


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (Outcome(crash="Traceback\nValueError: x"), "traceback"),
        (Outcome(code=0), "accepted"),
        (Outcome(code=1, err=REFUSAL.err), "exit code"),
        (Outcome(code=2, err="error: something\n"), "unclear"),
        (Outcome(code=2, err="error: mine.txt\nand more\n"), "unclear"),
        (Outcome(code=2, err=f"error: mine.txt {KEY}\n"), "secret"),
        (Outcome(code=2, err="error: mine.txt \x1b[31m\n"), "unclear"),
    ],
)
def test_the_judge_finds(outcome, kind, tmp_path):
    assert kind in judged(outcome, tmp_path)


def test_the_judge_finds_what_is_lost_left_over_or_nonsense(tmp_path):
    assert judged(REFUSAL, tmp_path, change=(tmp_path / "new").mkdir) == ["leftover"]
    assert judged(REFUSAL, tmp_path, change=(tmp_path / "mine.txt").unlink) == ["lost"]
    np.save(tmp_path / "out" / "joints.npy", np.full((2, 22, 3), np.nan))
    assert judged(Outcome(code=0, out="mine.txt"), tmp_path, "works") == ["silently wrong"]
