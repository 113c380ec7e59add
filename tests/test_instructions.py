"""eval_instructions.py: its list, its shares, side consistency, and the real script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from takes import take

from dataset.features import mirror_joints
from evaluation.check_table import check_table, check_words, read_check_actions
from evaluation.instructions import (
    Instruction,
    follow,
    format_summary,
    read_instructions,
    share,
    summary,
    swapped,
)
from evaluation.report import CHECK_ACTIONS, contact_sheet
from utils.runtime import UserError

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "configs" / "evaluation" / "instructions.yaml"


def test_the_list_is_long_and_its_checks_exist():
    rows = read_instructions(LIST)
    assert len(rows) >= 150 and len({row.family for row in rows}) >= 18
    assert len({row.sentence for row in rows}) == len(rows)
    assert all(check["check"] for check in read_check_actions(CHECK_ACTIONS))


@pytest.mark.parametrize("name", ["everyday", "unseen"])
def test_the_other_lists_have_checks_that_exist(name):
    rows = read_instructions(LIST.with_name(f"{name}.yaml"))
    assert len(rows) >= 100 and len({row.family for row in rows}) >= 8


def made(joints: np.ndarray, *ends: int) -> SimpleNamespace:
    """A clip of which the checks see joints, and the frames where its parts end."""
    return SimpleNamespace(joints=joints, ends=[*ends, len(joints)])


def test_exchanging_sides_exchanges_sentence_and_check():
    row = Instruction("x", "a person raises the left arm", {"all": ["walks", {"raises": {"side": "left"}}]})
    assert row.has_side and row.exchanged().sentence == "a person raises the right arm"
    assert row.exchanged().check == {"all": ["walks", {"raises": {"side": "right"}}]}
    assert not Instruction("x", "a person walks", "walks").has_side
    assert swapped(swapped(row.check)) == row.check


def test_side_consistency_needs_both_sides_right():
    rows = [Instruction("arm", "a person raises the left arm", {"raises": {"side": "left"}})]
    left = take("raise_one", 1, "left").joints
    clips = {"a person raises the left arm": left, "a person raises the right arm": mirror_joints(left)}
    clever = follow(rows, lambda texts, _: [made(clips[t]) for t in texts], [0, 1], 10_000)
    assert clever[0].passed == [True, True] and clever[0].consistent == [True, True]
    deaf = follow(rows, lambda texts, _: [made(left) for t in texts], [0], 10_000)
    assert deaf[0].passed == [True] and deaf[0].consistent == [False]
    limit = follow(rows, lambda texts, _: [made(left) for t in texts], [0], len(left))
    assert summary(limit)["at_length_limit"]["share"] == 1.0


def test_shares_have_wilson_intervals():
    value = share([True] * 8 + [False] * 2)
    assert value["share"] == 0.8 and value["low"] == pytest.approx(0.490, abs=1e-3)
    assert value["high"] == pytest.approx(0.943, abs=1e-3)
    assert share([])["share"] is None and 0 <= share([True])["low"] < 1


def test_failures_are_shown():
    rows = [
        Instruction("posture", "a person lies down", "lies_down"),
        Instruction("posture", "a person walks", "walks"),
    ]
    walk = take("walk", 1).joints
    outcomes = follow(rows, lambda texts, _: [made(walk) for _ in texts], [3], 10_000)
    assert [len(outcome.failures) for outcome in outcomes] == [1, 0]
    assert "| posture" in format_summary(summary(outcomes)) and "0.50" in format_summary(summary(outcomes))
    sheet = contact_sheet([("a person lies down", 3, walk)] * 2)
    assert sheet.ndim == 3 and sheet.dtype == np.uint8 and sheet.std() > 1


def test_the_check_table_tells_own_from_other_clips():
    clips = [("walk", take("walk", seed).joints) for seed in range(3)] + [("idle", take("stand", 1).joints)]
    table = check_table([{"check": "walks", "actions": ["walk"]}, {"check": "jumps", "actions": []}], clips)
    assert (table[0]["own"], table[0]["own_clips"], table[0]["other"]) == (1.0, 3, 0.0)
    assert table[1]["own"] is None and check_words({"walks": {"direction": "left"}}) == "walks direction=left"


@pytest.mark.parametrize(
    "content,word",
    [({"a": {"x": "flies"}}, "unknown check"), ({"a": {"x": {"walks": {"pace": 1}}}}, "no setting"),
     ([], "expected families"), ({"a": []}, "needs lines"), ("text", "expected families")],
)  # fmt: skip
def test_a_bad_list_is_one_line(tmp_path, content, word):
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(UserError, match=word):
        read_instructions(path)
    with pytest.raises(UserError, match="--families dance"):
        read_instructions(LIST, ["dance"])


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "eval_instructions.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_the_script_measures_and_writes(tmp_path):
    path = tmp_path / "list.yaml"
    path.write_text(
        "arm:\n  a person raises the left arm: {raises: {side: left}}\n  a person flies: lies_down\n"
    )
    done = run("--instructions", path, "--num-samples", 1, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out" / "instructions.json").read_text())
    assert result["all"]["count"] == 2 and result["side_consistency"]["count"] == 1
    assert (
        result["sentences"]["a person flies"] == 0.0
        and (tmp_path / "out" / "failures.png").stat().st_size > 1000
    )
    assert "side consistency" in done.stdout


@pytest.mark.parametrize(
    "flags,word",
    [(["--instructions", "absent.yaml"], "absent.yaml"),
     (["--families", "dance"], "dance"), (["--num-samples", "0"], "--num-samples"),
     (["--check-table", "absent"], "absent")],
)  # fmt: skip
def test_bad_flags_are_one_line(flags, word):
    done = run(*flags)
    assert done.returncode == 2 and word in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
