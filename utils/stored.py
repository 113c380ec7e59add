"""What a run's files may hold: checked where they are read, so that nobody meets it as a failure far away."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from utils.ranges import size_problem
from utils.runtime import UserError

TEXTS = (
    *("dataname", "data_root", "cache_dir", "codes_folder_name", "pose_frame", "kit_codes"),
    *("text_encoder", "text_encoder_path", "word_vectors", "vq_act", "vq_norm", "objective", "format"),
    *("rvq_quantizer_type", "rvq_init_method", "dec_checkpoint_folder", "t2m_checkpoint_folder"),
)
SWITCHES = (
    *("use_keywords", "share_weight", "rvq_shared_codebook", "unuse_ema", "detach_p_latent"),
    *("freeze_pose_code_emb", "load_pretrained_pose_code_emb"),
)
TRAINING_STATE = {
    "optimizer": dict,
    "scheduler": dict,
    "rng": dict,
    "best": dict,
    "stage": dict,
    "nb_iter": int,
}


def require_settings(values: Mapping[str, Any], origin: str | os.PathLike[str]) -> None:
    """UserError that names `origin`, an arguments.yaml, unless what models are built from has possible values."""
    problem = size_problem(values)
    for names, kind, what in ((TEXTS, str, "a text"), (SWITCHES, bool, "true or false")):
        for name in names:
            value = values.get(name)
            if problem is None and value is not None and (not isinstance(value, kind) or "\0" in str(value)):
                problem = f"{name} {value!r}: must be {what}"
    if problem is not None:
        shown = " ".join(problem.split())[:200]
        raise UserError(f"{origin}: {shown}; restore the file from the training that wrote it")


def require_weights(content: Mapping[Any, Any], keys: Iterable[str], origin: str | os.PathLike[str]) -> None:
    """UserError unless each of `keys` that a checkpoint holds is names with plain tensors, and its iteration a count."""
    for key in keys:
        if key not in content:
            continue
        weights = content[key]
        if not isinstance(weights, Mapping):
            raise UserError(
                f"{origin}: '{key}' is no set of weights but a {type(weights).__name__}; use another checkpoint"
            )
        for name, tensor in weights.items():
            plain = isinstance(tensor, torch.Tensor) and tensor.layout is torch.strided
            if not isinstance(name, str) or not plain or tensor.is_complex() or tensor.is_quantized:
                raise UserError(f"{origin}: {name!r} in '{key}' is no weight; use another checkpoint")
    iteration = content.get("nb_iter", 0)
    if isinstance(iteration, bool) or not isinstance(iteration, int) or iteration < 0:
        raise UserError(f"{origin}: nb_iter {str(iteration)[:40]!r} is no number of iterations; use another")


def require_training_state(content: Mapping[str, Any], origin: str | os.PathLike[str]) -> None:
    """UserError unless a checkpoint holds what a training needs to go on."""
    wrong = [
        name for name, kind in TRAINING_STATE.items() if not isinstance(content.get(name), kind)
    ]  # as `require_weights` has it, nb_iter is no bool
    if wrong:
        raise UserError(
            f"{origin}: holds no training state ({', '.join(wrong)} missing or damaged); give its weights as a start "
            "instead"
        )
