"""The three stages by what their files are called: keys of weights, folders, options."""

from __future__ import annotations

from typing import NamedTuple


class StageFiles(NamedTuple):
    """Names that belong to one stage."""

    weights: str  # key of the weights in a checkpoint
    folder: str  # of a published model
    pattern: str  # of folders that hold a run of it
    option: str  # that names such a folder, as stored with what was trained on it


STAGES = {
    "tokenizer": StageFiles("net", "exp_pg_tokenizer", "*tokenizer*", "dec_checkpoint_folder"),
    "base": StageFiles("trans", "exp_base_transformer", "*base*", "t2m_checkpoint_folder"),
    "refine": StageFiles("r_trans", "exp_refine_transformer", "*refine*", "residual_t2m_checkpoint_folder"),
}
TRAINED_ON = ("tokenizer", "base")  # stages that later ones start from
DEFAULT_MODELS = "pretrained/small"  # the folder of models that scripts take where none is named
