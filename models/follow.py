"""What scripts take over from trained models: checkpoint folders and the settings that decide for what follows."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from models.build import require_known
from utils.checkpoint import arguments_file, newest_run, read_arguments
from utils.published import DATA, TEXT
from utils.runtime import UserError
from utils.stage_files import STAGES

# Settings that a script takes over from a trained model, and what published models, whose arguments lack
# them, were trained with. Order matters: data_root follows dataname.
FROM_TOKENIZER: dict[str, Any] = {
    "dataname": DATA["dataname"],
    "data_root": None,
    "pose_frame": DATA["pose_frame"],
    "kit_codes": DATA["kit_codes"],
    "codes_folder_name": None,
}
FROM_TRANSFORMER: dict[str, Any] = {
    "use_keywords": TEXT["use_keywords"],
    "text_encoder": TEXT["text_encoder"],
    "text_encoder_path": None,
    "clip_dim": None,
    "text_tokens": TEXT["text_tokens"],
}
# A model may be used on another data set, its files may lie elsewhere, and a refine transformer may read no text tokens.
MAY_DIFFER = ("dataname", "data_root", "text_encoder_path", "text_tokens")


def inherit(
    args: Namespace,
    stored: Mapping[str, Any],
    origin: str,
    settings: Mapping[str, Any] = FROM_TOKENIZER,
) -> Namespace:
    """Fill settings that follow a trained model, where they were not given, from its stored arguments.

    `settings`: FROM_TOKENIZER or FROM_TRANSFORMER, as `stored` is one's or the other's arguments. A setting
    given here that contradicts the model's raises UserError, which names the model's folder, `origin`.
    """
    same_data = getattr(args, "dataname", None) in (None, stored.get("dataname"))
    for dest, published in settings.items():
        if not hasattr(args, dest) or (dest == "data_root" and not same_data):
            continue
        value, trained = getattr(args, dest), stored.get(dest, published)
        if value is None:
            setattr(args, dest, trained)
        elif value != trained and trained is not None and dest not in MAY_DIFFER:
            flag = "--" + dest.replace("_", "-")
            raise UserError(f"{flag} {value}: {origin} was trained with {trained}; leave the flag out")
    return args


def resolve_folders(args: Namespace) -> Namespace:
    """Make checkpoint folders point at runs: a folder of dated runs stands for its newest."""
    for stage, folder in stage_folders(args).items():
        if folder:
            setattr(args, STAGES[stage].option, str(newest_run(folder)))
    return args


def stage_folders(args: Namespace) -> dict[str, str | None]:
    """The folders that options name, by the stages' names; None where none is given."""
    return {stage: getattr(args, files.option, None) for stage, files in STAGES.items()}


def follow_tokenizer(args: Namespace) -> Namespace:
    """Take over what the tokenizer decides: data set, pose frame, code files. UserError for a contradiction."""
    folder = resolve_folders(args).dec_checkpoint_folder
    stored = read_arguments(folder)
    require_known(Namespace(**stored), arguments_file(folder))  # else the flags would be blamed
    return inherit(args, stored, folder)
