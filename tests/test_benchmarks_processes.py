"""The benchmark of processes: the same loss from one and from two, a row for each."""

from __future__ import annotations

import pytest

from benchmarks import processes
from utils.runtime import UserError

SMALL = "--batch 5 --batches 1 --embed-dim 64 --layers 1 --codes 8 --stages refine --tries 1".split()


def test_one_and_two_processes_have_the_same_loss_and_a_row_each(capsys):
    processes.main(SMALL)  # refuses losses that differ
    lines = capsys.readouterr().out.splitlines()
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ref")
    ]
    assert [row[:3] for row in rows] == [["refine", "1", "5"], ["refine", "2", "5"]]
    assert rows[0][5:] == ["1.00", "100%"] and all(float(row[3]) > 0 for row in rows)


def test_different_losses_stop_it(monkeypatch):
    losses = iter((1.0, 1.1))
    found = lambda *_: {"seconds": 1.0, "batch": 5, "loss": next(losses)}  # noqa: E731
    monkeypatch.setattr(processes, "launch", found)
    with pytest.raises(UserError, match="refine: with 2 processes the loss differs by a share of 1.0e-01"):
        processes.main(SMALL)
