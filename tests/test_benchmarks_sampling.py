"""Benchmarks of sampling, evaluation and growth run, and what they compare agrees."""

import pytest
import torch

from benchmarks import evaluation, growth, sampling
from benchmarks.machine import Machine


@pytest.fixture(autouse=True)
def no_probe(monkeypatch):
    """Rates that took no time to find."""
    machine = Machine(1e9, {torch.float32: 1e9}, "a test")
    monkeypatch.setattr(sampling, "probe_products", lambda dtypes: machine)
    for module in (evaluation, growth):
        monkeypatch.setattr(module, "probe", lambda: machine)


@pytest.mark.parametrize("extra", [[], ["--spread", "--keywords"]])
def test_benchmark_finds_the_naive_codes(capsys, extra):
    sizes = "--steps 6 --embed-dim 128 --base-layers 1 --refine-layers 1 --tokenizer-width 32 --tries 1"
    sampling.main([*sizes.split(), "--batches", "1", "3", "--naive-clips", "3", *extra])
    rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "| float32 |" in line]
    assert [row[7].strip() for row in rows] == ["1 of 1", "3 of 3"]


def test_evaluation_benchmark_finds_the_naive_embeddings(capsys):
    sizes = "--steps 6 --embed-dim 128 --base-layers 1 --refine-layers 1 --tokenizer-width 32"
    evaluation.main([*sizes.split(), "--batch-size", "3", "--naive-clips", "3"])
    assert capsys.readouterr().out.strip().endswith("embeddings of both float32 paths agree")


def test_growth_benchmark_times_every_row(capsys):
    sizes = "--divide 50 --embed-dim 128 --base-layers 1 --refine-layers 1 --tokenizer-width 32"
    growth.main([*sizes.split(), "--source", "none"])
    rows = capsys.readouterr().out.splitlines()[3:]
    assert len(rows) == 8 and all(row.count("|") == 6 for row in rows)
