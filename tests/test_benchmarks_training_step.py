"""The training benchmark: both ways compute the same, and a step never waits for the device."""

from __future__ import annotations

import os
import random
import shutil

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks import training_step
from benchmarks.machine import Machine
from benchmarks.training_step import CASES, LATE, Case, Sizes, compare_losses, main, make_case
from models import refine_trans
from training.compilation import compile_model, missing_compiler
from utils.runtime import UserError

CPU = torch.device("cpu")
SMALL = "--tokenizer-batch 2 --window 32 --tokenizer-width 16 --codes 8 --batch 2 --batches 1 --embed-dim 64 --layers 1"
SIZES = Sizes(2, 32, 16, 8, 3, 2, 64, base_layers=1, refine_layers=2, text_layers=1)


def small_case(name: str) -> Case:
    torch.manual_seed(0)
    return make_case(name, SIZES, CPU)


@pytest.mark.parametrize("name", CASES)
def test_both_ways_have_the_same_loss_and_gradients(name):
    case = small_case(name)
    assert compare_losses(case) < 1e-5
    case.model.eval()
    found = []
    for loss in (case.naive, case.ours):
        torch.manual_seed(1)
        case.model.zero_grad(set_to_none=True)
        loss(case.batches[1], 0).backward()
        found.append({key: p.grad for key, p in case.model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys() and len(found[0]) > 10
    for key, gradient in found[0].items():
        torch.testing.assert_close(found[1][key], gradient, rtol=1e-4, atol=1e-7, msg=key)


def test_different_losses_stop_the_benchmark():
    case = small_case("base")
    naive = case.naive
    case.naive = lambda batch, iteration: naive(batch, iteration) * 1.001
    with pytest.raises(UserError, match="base: .*differ by a share of 1.0e-03"):
        compare_losses(case)


def test_benchmark_prints_every_way_and_its_ratio(capsys, monkeypatch):
    # A large product in bfloat16 takes minutes where that is emulated, and no number of it is looked at here.
    rates = dict.fromkeys((torch.float32, torch.bfloat16), 1e11)
    monkeypatch.setattr(training_step, "probe", lambda device, dtypes: Machine(1e10, rates, "a machine"))
    main([*SMALL.split(), "--tries", "1", "--ways", "naive", "float32", "bf16"])
    lines = capsys.readouterr().out.splitlines()
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines if line.startswith("| ")]
    assert [row[:2] for row in rows[1:]] == [
        [name, way] for name in CASES for way in ("naive", "float32", "bf16")
    ]
    for row in rows[1:]:
        assert float(row[2]) > 0 and float(row[4]) > 0 and row[7].endswith("GB")


class NeverAsk(TorchDispatchMode):
    """Refuses whatever makes the host wait for a GPU: reading a value, sizes that depend on values."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "equal.", "is_nonzero")

    def __init__(self) -> None:
        super().__init__()
        self.free = False  # a call in progress asks nothing of a GPU

    def allow(self, function):
        """The function, allowed to read values."""

        def called(*args):
            self.free = True
            try:
                return function(*args)
            finally:
                self.free = False

        return called

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func)
        asks = any(part in name for part in self.FORBIDDEN)
        if "aten.index" in name and len(args) > 1 and isinstance(args[1], list | tuple):
            asks |= any(isinstance(i, torch.Tensor) and i.dtype == torch.bool for i in args[1])
        if asks and not self.free:
            raise AssertionError(f"{name} waits for the device")
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("ask", [lambda x: x.sum().item(), lambda x: bool(x.any()), lambda x: x[x > 0]])
def test_the_guard_notices(ask):
    with NeverAsk(), pytest.raises(AssertionError, match="waits for the device"):
        ask(torch.ones(3))


@pytest.mark.parametrize("name", CASES)
def test_a_step_never_waits_for_the_device(name, monkeypatch):
    """Forward and backward, shares of right codes included; after the first step, which asks for the codebooks."""
    case, guard = small_case(name), NeverAsk()
    case.ours(case.batches[0], LATE).backward()
    # On a CPU alone, where that costs nothing, the model asks whether a batch is padded at all: say that it is.
    # one_hot checks its input on the CPU alone.
    monkeypatch.setattr(torch.nn.functional, "one_hot", guard.allow(torch.nn.functional.one_hot))
    monkeypatch.setattr(refine_trans, "int", lambda least: -1, raising=False)
    with guard:
        case.ours(case.batches[0], LATE).backward()


# ------------------------------------------------------------------------------------------------- compiling
def test_compiling_without_a_compiler_is_one_clear_line(monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        UserError, match="--compile: no C\\+\\+ compiler .*install one; or leave the flag out"
    ):
        compile_model(torch.nn.Linear(2, 2), CPU)
    monkeypatch.setenv("CXX", "nowhere++")
    assert "nowhere++" in missing_compiler(CPU)


@pytest.mark.skipif("PGR2M_FULL_SIZE" not in os.environ, reason="compiling takes a minute: PGR2M_FULL_SIZE=1")
@pytest.mark.skipif(missing_compiler(CPU) is not None, reason="no C++ compiler")
@pytest.mark.parametrize("name", CASES)
def test_compiled_steps_equal_eager_ones(name):
    case = small_case(name)
    for module in case.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif hasattr(module, "dropout"):
            module.dropout = 0.0
    if name == "tokenizer":
        case.model.rvq.dropout_prob = 0.5

    def steps() -> list[tuple[float, dict[str, torch.Tensor]]]:
        found = []
        for batch in case.batches:  # of two lengths
            random.seed(3)
            case.model.zero_grad(set_to_none=True)
            loss = case.ours(batch, 0)
            loss.backward()
            gradients = {key: p.grad for key, p in case.model.named_parameters() if p.grad is not None}
            found.append((loss.item(), gradients))
        return found

    eager = steps()
    compile_model(case.model, CPU)
    for (loss, gradients), (compiled, others) in zip(eager, steps(), strict=True):
        assert compiled == pytest.approx(loss, rel=1e-4) and others.keys() == gradients.keys()
        for key, gradient in gradients.items():
            torch.testing.assert_close(others[key], gradient, rtol=1e-3, atol=1e-6, msg=key)
