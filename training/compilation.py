"""``--compile``: torch.compile where its compilers are there, one clear line where they are not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
import warnings

import torch
from torch import nn

from utils.runtime import UserError

COMPILERS = ("g++", "clang++")


def compile_model(model: nn.Module, device: torch.device) -> None:
    """Compile a model's forward pass in place: names of weights stay as they are.

    Lengths of batches differ, so sizes that change are compiled as unknowns after their second value.
    Raises UserError where this machine has no compiler for the device.
    """
    missing = missing_compiler(device)
    if missing:
        raise UserError(f"--compile: {missing}; or leave the flag out")
    # Decisions about whole batches are drawn between two compiled parts, as they should be.
    warnings.filterwarnings("ignore", message="Dynamo does not know how to trace the builtin .*random")
    model.compile()


def missing_compiler(device: torch.device) -> str | None:
    """What torch.compile would lack on this machine and how to get it; None when all is there."""
    chosen = os.environ.get("CXX")
    if not any(shutil.which(name) for name in ((chosen,) if chosen else COMPILERS)):
        return f"no C++ compiler ({chosen or ' or '.join(COMPILERS)}) on this machine: install one"
    if (
        not os.path.isfile(os.path.join(sysconfig.get_paths()["include"], "Python.h"))
        and device.type == "cuda"
    ):
        return "no Python headers (Python.h) on this machine: install python3-dev"
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        return "no triton in this environment: pip install triton"
    return None
