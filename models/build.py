"""Build models from checkpoint folders: ours and the published ones (docs/method.md section 7).

A folder holds ``arguments.yaml`` (JSON text) and ``net_best_fid.pth``. Keys that the published files hold beyond the
weights (causal masks, unused embeddings, aliases) are known and dropped; anything else that is unknown or missing is
an error that lists it.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from dataset.pose_codes.measures import FRAMES, KIT_CODES
from dataset.spec import SPECS, get_spec
from dataset.statistics import read_statistics
from models.base_trans import BaseConfig, BaseTransformer
from models.checkpoint_info import CheckpointInfo
from models.evaluator import load_evaluator
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer
from models.text_encoder import ENCODERS
from utils import published
from utils.checkpoint import ARGUMENTS_FILE, WEIGHT_FILES, load_checkpoint, read_arguments
from utils.normaliser import Normaliser
from utils.present import has_file
from utils.runtime import UserError, warn
from utils.soundness import require_finite
from utils.stage_files import STAGES

__all__ = [
    "CheckpointInfo",
    "adapt_base_weights",
    "adapt_refine_weights",
    "adapt_tokenizer_weights",
    "find_weights",
    "load_base_transformer",
    "load_evaluator",
    "load_refine_transformer",
    "load_tokenizer",
    "normaliser_of",
    "require_same",
    "require_text_tokens",
]

Model = TypeVar("Model", PGTokenizer, BaseTransformer, RefineTransformer)
Config = TypeVar("Config")
SequenceConfig = TypeVar("SequenceConfig", BaseConfig, RefineConfig)

FORMAT = "pgr2m-open-1"  # stored as `format` in our arguments.yaml; the release stores none

BASE_LEFTOVERS = (r"trans_base\.pos_embedding\.weight", r"trans_(base|head)\.blocks\.\d+\.attn\.mask")
REFINE_LEFTOVERS = (
    r"trans_base\.proc_in\..*",
    r"trans_base\.pos_embed(ding)?\..*",
    r"proc_in\.token_embed_weight_",
    r"proc_out\.output_proj_weight_",
    r"trans_base\.blocks\.\d+\.attn\.mask",
)
SHARED_ALIASES = (r"proc_in\.token_embed_weight", r"proc_out\.output_proj_weight")


def find_weights(folder: str | Path) -> Path:
    """Path of the weights in a checkpoint folder: the first of ``WEIGHT_FILES`` that is there.

    UserError when the folder or the file is missing, or something else bears its name.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such checkpoint folder; give a folder that holds arguments.yaml and {WEIGHT_FILES[0]}"
        )
    for name in WEIGHT_FILES:
        if has_file(folder / name):
            return folder / name
    raise UserError(
        f"{folder}: holds none of {', '.join(WEIGHT_FILES)}; has the training saved a checkpoint yet?"
    )


def _open(
    folder: str | Path, stage: str, defaults: Mapping[str, Any]
) -> tuple[CheckpointInfo, dict[str, Tensor]]:
    """Arguments and weights of a stage's folder.

    The release's trainer stores the refine transformer under the base transformer's key: both are taken for it.
    """
    path = find_weights(folder)
    args = Namespace(**{**published.DATA, **defaults, **read_arguments(path.parent)})
    content = load_checkpoint(path)
    keys = [STAGES[stage].weights] + ([STAGES["base"].weights] if stage == "refine" else [])
    key = next((key for key in keys if key in content), None)
    if key is None:
        raise UserError(
            f"{path}: has no {' or '.join(keys)!s}; it holds {', '.join(map(str, content))}: another model's file?"
        )
    require_known(args, path.parent / ARGUMENTS_FILE)
    spec = get_spec(args.dataname)
    mean = std = None
    paths = (path.parent / "mean.npy", path.parent / "std.npy")
    if all([has_file(one) for one in paths]):  # a list: both are looked at
        mean, std = read_statistics(*paths, spec.layout.width, "restore it from the training's run folder")
        std = Normaliser(mean, std).std
    info = CheckpointInfo(
        folder=path.parent,
        arguments=args,
        spec=spec,
        pose_frame=args.pose_frame,
        kit_codes=args.kit_codes,
        text_encoder=getattr(args, "text_encoder", published.TEXT["text_encoder"]),
        iteration=int(content.get("nb_iter", 0)),
        mean=mean,
        std=std,
    )
    state = {name.removeprefix("module."): tensor.float() if tensor.is_floating_point() else tensor
             for name, tensor in content[key].items()}  # fmt: skip
    return info, state


def require_known(args: Namespace, path: Path) -> None:
    """UserError where a stored setting is none of the names it can have."""
    known = {
        "dataname": tuple(SPECS),
        "pose_frame": FRAMES,
        "kit_codes": KIT_CODES,
        "text_encoder": (None, *ENCODERS),
    }
    for key, names in known.items():
        if (value := getattr(args, key, names[0])) not in names:
            listed = ", ".join(name for name in names if name)
            raise UserError(f"{path}: {key} {value!r}: must be one of {listed}; restore the file")


def _construct(kind: Callable[[Config], Model], config: Config, info: CheckpointInfo) -> Model:
    try:
        return kind(config)
    except (UserError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{info.folder}/{ARGUMENTS_FILE}: describes no model that can be built ({error})"
        ) from error


def _fill(
    model: nn.Module, state: dict[str, Tensor], leftovers: Sequence[str], folder: Path, optional: set[str]
) -> None:
    """Load ``state`` strictly, after dropping the known leftovers; UserError lists what does not fit."""
    state = _without(state, leftovers) if leftovers else state
    expected = model.state_dict()
    problems = [f"missing {name}" for name in expected if name not in state and name not in optional]
    problems += [f"unknown {name}" for name in state if name not in expected]
    problems += [
        f"{name} is {tuple(state[name].shape)}, expected {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in state and state[name].shape != tensor.shape
    ]
    if problems:
        shown = "; ".join(problems[:12]) + (f"; and {len(problems) - 12} more" if len(problems) > 12 else "")
        raise UserError(f"{folder}: the weights don't fit its arguments.yaml: {shown}")
    require_finite(state, find_weights(folder))
    model.load_state_dict(state, strict=False)


def adapt_tokenizer_weights(model: PGTokenizer, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights to start a training from, ours or the release's, as ``model.load_state_dict`` takes them."""
    own = model.state_dict()
    # The release stores neither the flag nor, in some versions, the moving averages of its codebooks.
    state = {"rvq.initialised": torch.tensor(True), **state}
    for name in (name for name in own if name.endswith(".code_count") and name not in state):
        state[name] = torch.ones_like(own[name])
    for name in (name for name in own if name.endswith(".code_sum") and name not in state):
        layer = name.rpartition(".")[0]
        if f"{layer}.codebook" in state:  # a code is its sum divided by its count
            state[name] = state[f"{layer}.codebook"].float() * state[f"{layer}.code_count"].float()[:, None]
    return state


def adapt_base_weights(model: BaseTransformer, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As ``adapt_tokenizer_weights``, for the base transformer."""
    return _without(state, BASE_LEFTOVERS)


def adapt_refine_weights(model: RefineTransformer, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """As ``adapt_tokenizer_weights``, for the refine transformer."""
    return _without(state, REFINE_LEFTOVERS + (SHARED_ALIASES if model.config.share_weight else ()))


def _without(state: dict[str, Tensor], leftovers: Sequence[str]) -> dict[str, Tensor]:
    leftover = re.compile("|".join(leftovers))
    return {name: tensor for name, tensor in state.items() if not leftover.fullmatch(name)}


def _finish(model: Model, info: CheckpointInfo, device: torch.device | str) -> Model:
    model.info = info
    return model.to(device).eval().requires_grad_(False)


def load_tokenizer(folder: str | Path, device: torch.device | str = "cpu") -> PGTokenizer:
    """The PG tokenizer of a folder, in evaluation mode, with ``.info`` and, where the folder has it, ``.normaliser``.

    Raises:
        UserError: folder, arguments or weights missing, truncated, or not fitting each other.
    """
    info, state = _open(folder, "tokenizer", published.TOKENIZER)
    model = _construct(PGTokenizer, TokenizerConfig.from_args(info.arguments, info.spec.layout.width), info)
    _fill(model, adapt_tokenizer_weights(model, state), (), info.folder, optional=set())
    model.rvq.initialised.fill_(True)
    if info.mean is not None and info.std is not None:
        model.normaliser = Normaliser(info.mean, info.std)
    return _finish(model, info, device)


def normaliser_of(tokenizer: PGTokenizer, data_root: str | Path | None = None) -> Normaliser:
    """What normalises the features a tokenizer was trained with; it knows it from then on.

    Ours have it in their folder; the release's is made of its data set's ``Mean.npy`` and ``Std.npy``.
    """
    info = tokenizer.info
    if info.mean is not None and info.std is not None:
        tokenizer.normaliser = Normaliser(info.mean, info.std)
        return tokenizer.normaliser
    root = Path(data_root or info.spec.folder)
    paths = (root / "Mean.npy", root / "Std.npy")
    if not all(path.is_file() for path in paths):
        raise UserError(
            f"{info.folder}: no mean.npy and std.npy there, nor {root}/Mean.npy and Std.npy; "
            "give the data set's folder by --data-root"
        )
    remedy = "restore it, or give the data set by --data-root"
    tokenizer.normaliser = Normaliser(*read_statistics(*paths, info.spec.layout.width, remedy))
    return tokenizer.normaliser


def load_base_transformer(folder: str | Path, device: torch.device | str = "cpu") -> BaseTransformer:
    """The base transformer of a folder, in evaluation mode, with ``.info``; errors as ``load_tokenizer``."""
    info, state = _open(folder, "base", published.BASE)
    config = _fit_block_size(BaseConfig.from_args(info.arguments), state, "trans_base.pos_embed.embed")
    model = _construct(BaseTransformer, config, info)
    _fill(model, state, BASE_LEFTOVERS, info.folder, optional={"trans_base.pos_embed.embed"})
    return _finish(model, info, device)


def load_refine_transformer(folder: str | Path, device: torch.device | str = "cpu") -> RefineTransformer:
    """The refine transformer of a folder, in evaluation mode, with ``.info``; errors as ``load_tokenizer``."""
    info, state = _open(folder, "refine", published.REFINE)
    share = "embed_proj_shared_weight" in state
    table = state.get("embed_proj_shared_weight", state.get("proc_out.output_proj_weight"))
    if table is None:
        raise UserError(f"{info.folder}: no output projection in the weights; not a refine transformer")
    config = RefineConfig.from_args(info.arguments, quantizers=table.shape[0], codes=table.shape[1] - 2)
    config = replace(config, share_weight=share, doubled_logits=not share and not info.own)
    if config.doubled_logits:
        warn(f"{info.folder}: unshared weights of the release; its doubled logits are reproduced")
    config = _fit_block_size(config, state, "proc_in.pos_embed.embed")
    model = _construct(RefineTransformer, config, info)
    leftovers = REFINE_LEFTOVERS + (SHARED_ALIASES if share else ())
    _fill(model, state, leftovers, info.folder, optional={"proc_in.pos_embed.embed"})
    return _finish(model, info, device)


def _fit_block_size(config: SequenceConfig, state: dict[str, Tensor], key: str) -> SequenceConfig:
    """The stored positions decide the block size."""
    return replace(config, block_size=state[key].shape[0]) if key in state else config


def require_text_tokens(base: BaseTransformer, refine: RefineTransformer | None) -> None:
    """UserError for a refine transformer that reads text tokens which its base transformer's condition lacks."""
    if refine is not None and refine.config.text_tokens > base.config.text_tokens:
        raise UserError(
            f"{refine.info.folder} reads {refine.config.text_tokens} text tokens, the base transformer "
            f"{base.info.folder} has {base.config.text_tokens}: use models trained with the same --text-tokens"
        )


def require_same(
    what: str,
    models: Sequence[PGTokenizer | BaseTransformer | RefineTransformer],
    read: Callable[[CheckpointInfo], object],
) -> None:
    """Refuse to combine checkpoints that disagree on ``what`` (pose frame, data set, text encoder)."""
    values = {str(model.info.folder): read(model.info) for model in models}
    if len(set(values.values())) > 1:
        listed = ", ".join(f"{folder}: {value}" for folder, value in values.items())
        raise UserError(
            f"the checkpoints disagree on the {what} ({listed}); use folders that were trained together"
        )
