"""Files of a run: checkpoints, the arguments they were made with, and the dated folder around them.

A training checkpoint is a dict: `nb_iter`, the weights under a model key ("net" tokenizer, "trans" base,
"r_trans" refine, "evaluator"), and for `net_last.pth` also `optimizer`, `scheduler`, `rng`, `best` and
`stage`. Everything is loaded with `weights_only=True`, so a checkpoint can't run code.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pickle
import random
import shutil
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from utils.distributed import Distributed
from utils.leftovers import sweep
from utils.present import has_file
from utils.runtime import UserError, atomic_write, naming, warn
from utils.soundness import check_archive, require_finite
from utils.stage_files import STAGES
from utils.stored import require_settings, require_weights
from utils.texts import parse_json, parse_yaml, read_text

ARGUMENTS_FILE = "arguments.yaml"
LAST_FILE = "net_last.pth"
BEST_FID_FILE = "net_best_fid.pth"
WEIGHT_FILES = (BEST_FID_FILE, LAST_FILE)  # what a model is loaded from, the first that is there
EVALUATOR_KEY = "evaluator"
MODEL_KEYS = (*(files.weights for files in STAGES.values()), EVALUATOR_KEY)
WEIGHT_KEYS = (*MODEL_KEYS, "movement_encoder", "text_encoder", "motion_encoder")
# What torch raises for pickles that don't fit together; it makes tensors of whatever sizes they name.
DAMAGED = (
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    ImportError,
    MemoryError,
)
HALF_LIMIT = torch.finfo(torch.float16).max

# Numpy numbers (a best score, say) sit in checkpoints of other code; they are data and safe to admit. The
# second name is where numpy 1 kept them.
_NUMPY_SCALAR: Any = np.float64(0).__reduce__()[0]  # how numpy pickles a number; its module moved in numpy 2
_SAFE_GLOBALS = [
    _NUMPY_SCALAR,
    (_NUMPY_SCALAR, "numpy.core.multiarray.scalar"),
    np.dtype,
    np.dtypes.Float64DType,
    np.dtypes.Float32DType,
    np.dtypes.Int64DType,
]


# ---------------------------------------------------------------------------------------------- weights
def save_checkpoint(path: str | os.PathLike[str], content: Mapping[str, Any]) -> None:
    """Write `content` to `path` atomically: a kill at any moment leaves the old file or the new one."""
    # Given a name, torch would say nothing of why a write failed.
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        torch.save(dict(content), file)


def load_checkpoint(
    path: str | os.PathLike[str], model_key: str | None = None, map_location: str | torch.device = "cpu"
) -> dict[str, Any]:
    """Read a checkpoint file; with `model_key`, insist that it holds that model's weights.

    Raises UserError naming the file when it is missing, damaged, not a checkpoint, or another model's. What it holds
    may still be NaN: who uses weights checks them (`require_finite`).
    """
    path = Path(path)
    if not has_file(path):
        raise UserError(f"{path}: no such checkpoint; train the model first or correct the folder")
    check_archive(path)
    try:
        with torch.serialization.safe_globals(_SAFE_GLOBALS), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle versions of foreign files
            content = torch.load(path, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        raise UserError(f"{path}: not a checkpoint of tensors and numbers; give a *.pth of a run") from error
    except DAMAGED as error:
        raise UserError(f"{path}: damaged or truncated checkpoint; train or download it again") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: not a checkpoint of this project: it holds a {type(content).__name__}")
    require_weights(content, WEIGHT_KEYS, path)
    if model_key is not None:
        _require(content, model_key, path)
    return content


def _require(content: Mapping[str, Any], model_key: str, path: str | os.PathLike[str]) -> None:
    if model_key not in content:
        keys = [key for key in MODEL_KEYS if key in content]
        what = f"it holds '{keys[0]}'" if keys else "it holds no model's weights"
        raise UserError(f"{path}: expected weights under '{model_key}', but {what}; give the right folder")


def load_weights(path: str | os.PathLike[str], model_key: str) -> dict[str, torch.Tensor]:
    """Weights of `model_key` from a checkpoint file, on the CPU.

    The published trainer stores the refine transformer ("r_trans") under "trans": both are taken for it.
    """
    content = load_checkpoint(path)
    base, refine = STAGES["base"].weights, STAGES["refine"].weights
    if model_key == refine and refine not in content and base in content:
        return content[base]
    _require(content, model_key, path)
    return content[model_key]


def load_into(model: torch.nn.Module, weights: Mapping[str, torch.Tensor], origin: str) -> None:
    """Load `weights` strictly; a mismatch, or NaN, is a UserError that names `origin` and the first names at fault."""
    require_finite(weights, origin)
    try:
        model.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:] if line.strip()]
        detail = "; ".join(lines)[:400] or str(error)[:400]
        raise UserError(f"{origin}: weights do not fit the model: {detail}") from error


def as_half(name: str, tensor: torch.Tensor) -> torch.Tensor:
    """A tensor as float16, or a copy where it holds no floating numbers; UserError when one is too large for that."""
    if not tensor.is_floating_point():
        return tensor.clone()
    if tensor.numel() and tensor.abs().max() > HALF_LIMIT:
        raise UserError(f"{name} exceeds float16: export it without --half")
    return tensor.half()


def export_weights(
    folder_in: str | os.PathLike[str],
    folder_out: str | os.PathLike[str],
    model_key: str,
    half: bool = False,
    file_name: str = BEST_FID_FILE,
    leave_out: tuple[str, ...] = (),
) -> Path:
    """Copy a run's arguments and weights without training state, optionally as float16, for publishing.

    leave_out: endings of names that stay behind.

    Tensors that share storage in the checkpoint still do in the copy. Loading float16 weights into a
    float32 model converts them back. Returns the file written; raises UserError when a weight does not fit.
    """
    folder_in, folder_out = Path(folder_in), Path(folder_out)
    arguments = read_arguments(folder_in)
    content = load_checkpoint(folder_in / file_name, model_key)
    copies: dict[tuple, torch.Tensor] = {}

    def compact(name: str, tensor: torch.Tensor) -> torch.Tensor:
        place = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        if place not in copies:
            copies[place] = as_half(name, tensor) if half else tensor.clone()
        return copies[place]

    require_finite(content[model_key], folder_in / file_name)
    weights = {
        name: compact(name, tensor)
        for name, tensor in content[model_key].items()
        if not name.endswith(leave_out)
    }
    write_arguments(folder_out, arguments)
    path = folder_out / file_name
    save_checkpoint(path, {"nb_iter": content.get("nb_iter", 0), model_key: weights})
    return path


# -------------------------------------------------------------------------------------------- arguments
def write_arguments(folder: str | os.PathLike[str], args: argparse.Namespace | Mapping[str, Any]) -> Path:
    """Write the arguments as JSON text (which is YAML too) to `folder`/arguments.yaml."""
    values = dict(args) if isinstance(args, Mapping) else vars(args)
    path = Path(folder) / ARGUMENTS_FILE
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def arguments_file(folder: str | os.PathLike[str]) -> Path:
    """The file of a run's arguments, which may be given itself."""
    path = Path(folder)
    return path if path.is_file() else path / ARGUMENTS_FILE


def read_arguments(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Read `folder`/arguments.yaml (or the file itself), JSON or YAML. UserError when it can't be read."""
    path = arguments_file(folder)
    try:
        text = read_text(path)
    except UserError as error:
        raise UserError(f"{error}; a model folder holds arguments.yaml beside *.pth") from error
    try:
        values = parse_json(text)
    except ValueError:
        try:
            values = parse_yaml(text)
        except ValueError as error:
            raise UserError(f"{path}: neither JSON nor YAML ({error})") from error
    if not isinstance(values, dict):
        raise UserError(f"{path}: expected a mapping of arguments, got {type(values).__name__}")
    wrong = next((key for key in values if not isinstance(key, str)), None)
    if wrong is not None:
        raise UserError(f"{path}: {wrong!r} is no name of an argument; restore the file")
    require_settings(values, path)
    return values


# ---------------------------------------------------------------------------------------- random states
def random_state() -> dict[str, Any]:
    """State of the global generators of python, numpy and torch, in types that load with weights_only."""
    # Libraries draw from numpy's global generator; the old form of its state is a tuple.
    kind, keys, *rest = cast(tuple, np.random.get_state(legacy=True))  # noqa: NPY002
    state = {
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(keys.astype(np.int64)), *rest),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_random_state(state: Mapping[str, Any]) -> None:
    """Undo of `random_state`; GPU states are restored where the number of GPUs is the same."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002 - as above
    torch.set_rng_state(state["torch"].cpu())
    if "cuda" in state and torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([one.cpu() for one in state["cuda"]])


# ------------------------------------------------------------------------------------------ run folders
class RunFolder:
    """Folder of one run: out_dir/exp_name/<date>, with arguments.yaml, run.log and TensorBoard files.

    `resume` continues in an existing folder. Only the first process of several writes.
    """

    def __init__(self, out_dir: str, exp_name: str, resume: str | None = None) -> None:
        self.active = Distributed.from_env().is_main
        self._writer: Any = None  # a SummaryWriter, once it is needed
        self._made: list[Path] = []  # folders above the run's that were not there before, innermost first
        self.is_new = resume is None
        if resume is not None:
            self.path = Path(resume)
            if not self.path.is_dir():
                raise UserError(f"--resume {resume}: no such folder; give the dated folder of a run")
            if self.active:
                sweep(self.path)
        elif self.active:
            above = Path(out_dir) / exp_name
            self._made = [folder for folder in (above, *above.parents) if not folder.exists()]
            self.path = make_date_folder(above)
        else:
            self.path = Path(out_dir) / exp_name

    def write_arguments(self, args: argparse.Namespace | Mapping[str, Any]) -> None:
        """Store the run's arguments, from which evaluation and generation rebuild the model."""
        if self.active:
            write_arguments(self.path, args)

    def remove_unused(self) -> None:
        """Undo a new run that was refused before its first iteration; one that is continued stays."""
        if self.active and self.is_new:
            self.close()
            shutil.rmtree(self.path, ignore_errors=True)
            with contextlib.suppress(OSError):
                for folder in self._made:  # those that are still empty: it was the only run
                    folder.rmdir()

    def log(self, line: str, show: bool = True) -> None:
        """Append a line with the time to run.log, and print it unless `show` is off."""
        if not self.active:
            return
        if show:
            print(line, flush=True)
        log = self.path / "run.log"
        with naming(log), open(log, "a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")

    def scalars(self, values: Mapping[str, float], iteration: int) -> None:
        """Write numbers to TensorBoard under their names ("train/loss")."""
        for name, value in values.items():
            if self.active:
                self.writer.add_scalar(name, value, iteration)

    @property
    def writer(self) -> Any:
        """The TensorBoard SummaryWriter, opened on first use."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter  # takes a second to import: only when used

            self._writer = SummaryWriter(str(self.path))
        return self._writer

    def close(self) -> None:
        """Flush TensorBoard."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def make_date_folder(parent: Path) -> Path:
    """Make and return parent/<YYYY-mm-dd-HH-MM-SS>, with a counter when runs start in the same second."""
    name = f"{datetime.now():%Y-%m-%d-%H-%M-%S}"
    for counter in range(100):
        folder = parent / (f"{name}-{counter}" if counter else name)
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(f"{folder}: can't be made ({error.strerror}); change --out-dir") from error
    raise UserError(f"{parent}: 100 runs in one second; choose another --exp-name")


def has_weights(run: Path) -> bool:
    """Whether a folder is a run that has saved a checkpoint; what was stopped before counts nowhere.

    A name counts even where it is no file: the run is then refused by name, and no other is taken in its place.
    """
    return os.path.lexists(run / ARGUMENTS_FILE) and any(os.path.lexists(run / name) for name in WEIGHT_FILES)


def newest_run(folder: str | os.PathLike[str]) -> Path:
    """`folder` itself when it holds arguments.yaml, else its newest dated subfolder that has saved a checkpoint."""
    folder = Path(folder)
    if os.path.lexists(folder / ARGUMENTS_FILE):
        return folder
    dated = sorted(entry for entry in folder.glob("*/") if has_weights(entry))
    if not dated:
        raise UserError(
            f"{folder}: no run with {ARGUMENTS_FILE} and a checkpoint in it; give the dated folder of a run"
        )
    if len(dated) > 1:
        warn(f"{folder} holds {len(dated)} runs: using the newest, {dated[-1].name}")
    return dated[-1]
