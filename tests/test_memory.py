"""Memory is estimated before a training starts."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from training.memory import bytes_per_sample, memory_of, require_memory
from utils.runtime import UserError


def test_activations_are_counted_without_the_weights():
    layer = nn.Linear(50, 50)
    batch = {"x": torch.randn(4, 50, requires_grad=False), "names": ["a"] * 4}
    # The square saves the layer's output, the layer its input, which is the sample itself.
    found = bytes_per_sample(lambda samples: layer(samples["x"]).square().mean(), batch)
    assert 2 * 50 * 4 <= found <= 3 * 50 * 4 + 8


def test_more_than_there_is_is_refused_in_one_line():
    there = memory_of(torch.device("cpu"))
    assert there is not None and there > 2**28
    require_memory(there / 2, torch.device("cpu"), "half", "no")
    with pytest.raises(UserError, match="--batch-size 9: .* GiB of memory, cpu has .* GiB: lower it$"):
        require_memory(2 * there, torch.device("cpu"), "--batch-size 9: a batch", "lower it")


def test_a_batch_that_can_not_fit_is_refused_before_anything_is_made(tmp_path, repo):
    run = [sys.executable, "dataset/prepare/make_toy.py", "--out", str(tmp_path / "Toy"), "--clips", "20"]
    subprocess.run(run, cwd=repo, check=True, capture_output=True)
    flags = f"--data-root {tmp_path}/Toy --out-dir {tmp_path}/runs --batch-size 1000000 --device cpu"
    command = [
        sys.executable,
        "train_pg_tokenizer.py",
        "--preset",
        "configs/toy/tokenizer.yaml",
        *flags.split(),
    ]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "error: --batch-size 1000000: a batch of 1000000 samples needs"
    )
    assert "Traceback" not in done.stderr and not (tmp_path / "runs").exists()
