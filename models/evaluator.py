"""Text-motion evaluator of Guo et al. 2022 (reference, section 8): maps motion and text into one space.

Architecture and file format are the published ones (`text_mot_match/model/finest.tar`), so the official
checkpoint loads unchanged; layer sizes are read from the tensors, so a small one of our own loads as well.

What the two convolutions see after a clip's end differs between evaluators, and evaluator.json says which it is
("padding"): "published", the default for the official format, computes what the published code does, where a clip
is followed by zeros up to 196 frames; "masked", that of our own, what it does for a clip without anything after it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from dataset.spec import STEP
from dataset.statistics import divisor, read_statistics
from models.dropout import Dropout
from utils.checkpoint import as_half, load_checkpoint, save_checkpoint
from utils.normaliser import Normaliser
from utils.present import has_file
from utils.runtime import UserError, atomic_write
from utils.soundness import require_finite
from utils.texts import read_json

CONTACTS = 4  # the foot contacts end the feature vector; the evaluator does not see them
SLOPE = 0.2  # of the leaky ReLUs
PUBLISHED_FRAMES = 196  # to which the published loaders pad every clip by zeros
PUBLISHED, MASKED = PADDINGS = ("published", "masked")
MODEL_FILE = Path("text_mot_match/model/finest.tar")
NOTE_FILE = Path("text_mot_match/evaluator.json")
STATISTICS_FOLDER = Path("VQVAEV3_CB1024_CMT_H1024_NRES3/meta")
PARTS = ("movement_encoder", "text_encoder", "motion_encoder")


@dataclass(frozen=True)
class EvaluatorSizes:
    """Widths; the defaults are the official ones for HumanML3D (KIT-ML: features 251 - 4)."""

    features: int = 259  # without contacts
    movement_hidden: int = 512
    movement: int = 512
    motion_hidden: int = 1024
    text_hidden: int = 512
    word: int = 300
    part_of_speech: int = 15
    embedding: int = 512


class MovementEncoder(nn.Module):
    """Features (B, T, features) -> one movement vector per four frames, (B, T // 4, movement)."""

    def __init__(self, features: int, hidden: int, width: int, dropout: float):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(features, hidden, kernel_size=4, stride=2, padding=1),
            Dropout(dropout),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(hidden, width, kernel_size=4, stride=2, padding=1),
            Dropout(dropout),
            nn.LeakyReLU(SLOPE),
        )
        self.out_net = nn.Linear(width, width)

    def forward(self, features: Tensor, steps: Tensor, padding: str = PUBLISHED) -> Tensor:
        """`features` (B, T, features), `steps` (B,) valid steps of four frames -> (B, T // 4, movement).

        The clips are laid end to end with one step of zeros after each; after the first convolution that step holds
        two vectors of which the last is zeroed, as before a clip's beginning. The first is what reaches a clip's last
        step from behind its end: with "published" padding it is kept for clips under 196 frames (the last frame, zeros
        and the bias make it), else zeroed. So a clip's vectors don't depend on the batch it is in, and no padding is
        computed.
        """
        batch, longest = features.shape[0], features.shape[1] // STEP
        place = torch.arange(longest + 1, device=features.device)
        kept, real = place <= steps[:, None], place < steps[:, None]  # (B, longest + 1) with and without gap
        inside = real[kept]  # (N,) of all steps, gaps included
        x = F.pad(features[:, : longest * STEP], (0, 0, 0, STEP)).unflatten(1, (-1, STEP))[kept]
        x = torch.where(inside[:, None, None], x, x.new_zeros(()))  # (N, 4, features)
        x = self.main[:3](x.flatten(0, 1).t()[None])  # (1, hidden, 2 N)
        spills = (steps < PUBLISHED_FRAMES // STEP) & (padding == PUBLISHED)  # (B,)
        passes = (real | spills[:, None])[kept]  # (N,)
        x = self.main[3:](x * torch.stack((passes, inside), dim=1).flatten())  # (1, movement, N)
        movements = self.out_net(x[0].t()[inside])
        padded = movements.new_zeros(batch, longest + 1, movements.shape[1])
        return padded.masked_scatter(real[..., None], movements)[:, :longest]


class SequenceEncoder(nn.Module):
    """Linear, bidirectional GRU with a learned initial state, two-layer head on the two last states."""

    def __init__(self, width: int, hidden: int, embedding: int):
        super().__init__()
        self.input_emb = nn.Linear(width, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.hidden = nn.Parameter(torch.randn(2, 1, hidden))
        self.output_net = nn.Sequential(
            nn.Linear(2 * hidden, hidden),
            nn.LayerNorm(hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(hidden, embedding),
        )

    def embed(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """`inputs` (B, L, width), `lengths` (B,) at least 1 -> (B, embedding). Any order of lengths."""
        x = pack_padded_sequence(
            self.input_emb(inputs), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        start = self.hidden.expand(-1, inputs.shape[0], -1).contiguous()
        _, last = self.gru(x, start)  # (2, B, hidden): forward and backward
        return self.output_net(torch.cat((last[0], last[1]), dim=-1))


class MotionEncoder(SequenceEncoder):
    """Movement vectors and steps -> motion embedding."""

    def forward(self, movements: Tensor, steps: Tensor) -> Tensor:
        """`movements` (B, L, movement), `steps` (B,) -> (B, embedding)."""
        return self.embed(movements, steps)


class TextEncoder(SequenceEncoder):
    """Word vectors and part-of-speech one-hots -> text embedding (B, embedding)."""

    def __init__(self, word: int, part_of_speech: int, hidden: int, embedding: int):
        super().__init__(word, hidden, embedding)
        self.pos_emb = nn.Linear(part_of_speech, word)

    def forward(self, words: Tensor, part_of_speech: Tensor, lengths: Tensor) -> Tensor:
        """`words` (B, L, word), `part_of_speech` (B, L, 15), `lengths` (B,) -> (B, embedding)."""
        return self.embed(words + self.pos_emb(part_of_speech), lengths)


class TextMotionEvaluator(nn.Module):
    """The three networks together, with what is known about where they come from.

    `mean`, `std` (D,) normalise features for this evaluator; None: use the data set's. `note` tells the
    origin ("official" or "own"), the word vectors and the padding ("published" or "masked"); without the last, only
    own ones are masked.
    """

    def __init__(
        self, sizes: EvaluatorSizes | None = None, note: Mapping | None = None, dropout: float = 0.2
    ):
        super().__init__()
        self.sizes = sizes = sizes or EvaluatorSizes()
        self.movement_encoder = MovementEncoder(
            sizes.features, sizes.movement_hidden, sizes.movement, dropout
        )
        self.text_encoder = TextEncoder(sizes.word, sizes.part_of_speech, sizes.text_hidden, sizes.embedding)
        self.motion_encoder = MotionEncoder(sizes.movement, sizes.motion_hidden, sizes.embedding)
        self.note = dict(note or {})
        self.note.setdefault("padding", MASKED if self.note.get("origin") == "own" else PUBLISHED)
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None

    @property
    def normaliser(self) -> Normaliser | None:
        """What normalises the features it takes; None: whatever the data goes by."""
        if self.mean is None or self.std is None:
            return None
        return Normaliser(self.mean, self.std)

    def encode_motion(self, features: Tensor, lengths: Tensor) -> Tensor:
        """`features` (B, T, D) normalised, contacts included; `lengths` (B,) frames -> (B, embedding).

        A clip counts in whole steps: 43 frames are encoded as their first 40. Raises ValueError for a wrong
        width or a clip under 4 frames.
        """
        width = self.sizes.features + CONTACTS
        if features.ndim != 3 or features.shape[2] != width:
            raise ValueError(f"evaluator: expected features (B, T, {width}), got {tuple(features.shape)}")
        steps = torch.as_tensor(lengths, device=features.device) // STEP
        if int(steps.min()) < 1 or int(steps.max()) * STEP > features.shape[1]:
            raise ValueError(f"evaluator: lengths must lie in {STEP}..{features.shape[1]} frames")
        movements = self.movement_encoder(features[..., :-CONTACTS], steps, self.note["padding"])
        return self.motion_encoder(movements, steps)

    def encode_text(self, words: Tensor, part_of_speech: Tensor, lengths: Tensor) -> Tensor:
        """`words` (B, L, 300), `part_of_speech` (B, L, 15) one-hot, `lengths` (B,) -> (B, embedding)."""
        return self.text_encoder(words, part_of_speech, torch.as_tensor(lengths))

    @property
    def is_official(self) -> bool:
        return self.note.get("origin") == "official"


# ----------------------------------------------------------------------------------- files


def save_evaluator(
    evaluator: TextMotionEvaluator, root: str | Path, dataname: str, *, epoch: int = 0, half: bool = False
) -> Path:
    """Write `<root>/<dataname>/` in the published layout: finest.tar, evaluator.json, mean and std.

    `half` stores the tensors as float16 (loading restores float32). Returns the path of finest.tar.
    """
    folder = Path(root) / dataname
    states = {}
    for part in PARTS:
        tensors = {key: value.detach().cpu() for key, value in getattr(evaluator, part).state_dict().items()}
        require_finite({part: tensors}, folder / MODEL_FILE)
        states[part] = {
            key: as_half(f"{part}.{key}", value) if half else value.clone() for key, value in tensors.items()
        }
    note = {
        "origin": "own",
        **evaluator.note,
        "dataname": dataname,
        "precision": "float16" if half else "float32",
        "sizes": asdict(evaluator.sizes),
    }
    if evaluator.mean is not None and evaluator.std is not None:
        for name, values in (("mean", evaluator.mean), ("std", evaluator.std)):
            with atomic_write(folder / STATISTICS_FOLDER / f"{name}.npy") as temporary:
                np.save(temporary, np.asarray(values, dtype=np.float32))
    with atomic_write(folder / NOTE_FILE) as temporary:
        temporary.write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    save_checkpoint(folder / MODEL_FILE, {**states, "epoch": int(epoch)})
    return folder / MODEL_FILE


def load_evaluator(
    root: str | Path, dataname: str, device: str | torch.device = "cpu"
) -> TextMotionEvaluator:
    """Load `<root>/<dataname>/text_mot_match/model/finest.tar`, the official one or our own, in eval mode.

    Without an evaluator.json beside it the file counts as official (GloVe word vectors, published padding). Raises UserError
    when the file is absent, not a checkpoint, or has missing, unknown or misshapen tensors.
    """
    folder = Path(root) / dataname
    path = folder / MODEL_FILE
    if not has_file(path):
        raise UserError(
            f"{path}: no evaluator for '{dataname}'; download the official one "
            f"(bash dataset/prepare/download_extractor.sh) or train one (python train_evaluator.py "
            f"--dataname {dataname}), or point --checkpoints-dir at the folder that holds it"
        )
    content = load_checkpoint(path)
    missing = [part for part in PARTS if part not in content]
    if missing:
        raise UserError(
            f"{path}: not an evaluator, missing {', '.join(missing)}; expected {', '.join(PARTS)}"
        )
    evaluator = TextMotionEvaluator(_infer_sizes(content, path), _read_note(folder / NOTE_FILE))
    for part in PARTS:
        _load_part(getattr(evaluator, part), content[part], part, path)
    evaluator.mean, evaluator.std = _read_statistics(folder / STATISTICS_FOLDER, evaluator.sizes)
    return evaluator.to(device).eval().requires_grad_(False)


def _infer_sizes(content: Mapping, path: Path) -> EvaluatorSizes:
    """Layer widths from the tensors' shapes."""
    wanted = {
        ("movement_encoder", "main.0.weight"): ("movement_hidden", "features", None),
        ("movement_encoder", "out_net.weight"): ("movement", None),
        ("motion_encoder", "input_emb.weight"): ("motion_hidden", None),
        ("motion_encoder", "output_net.3.weight"): ("embedding", None),
        ("text_encoder", "input_emb.weight"): ("text_hidden", "word"),
        ("text_encoder", "pos_emb.weight"): (None, "part_of_speech"),
    }
    missing = [f"{part}.{key}" for part, key in wanted if key not in content[part]]
    if missing:
        raise UserError(f"{path}: not an evaluator, missing tensors {', '.join(missing)}; fetch it again")
    sizes = {}
    for (part, key), names in wanted.items():
        shape = content[part][key].shape
        if len(shape) != len(names):
            raise UserError(
                f"{path}: {part}.{key} has shape {tuple(shape)}, expected {len(names)} dimensions"
            )
        sizes.update({name: size for name, size in zip(names, shape, strict=True) if name})
    return EvaluatorSizes(**sizes)


def _load_part(module: nn.Module, tensors: Mapping, part: str, path: Path) -> None:
    """Strict loading whose errors are one line; float16 tensors become float32."""
    expected = module.state_dict()
    missing = [f"{part}.{key}" for key in expected if key not in tensors]
    unknown = [f"{part}.{key}" for key in tensors if key not in expected]
    if missing or unknown:
        problems = [
            f"{what} {', '.join(keys)}" for what, keys in (("missing", missing), ("unknown", unknown)) if keys
        ]
        raise UserError(f"{path}: tensors do not fit the evaluator: {'; '.join(problems)}; fetch it again")
    wrong = [f"{part}.{key}" for key in expected if tensors[key].shape != expected[key].shape]
    if wrong:
        raise UserError(f"{path}: tensors of inconsistent shape: {', '.join(wrong)}; fetch it again")
    floats = {key: value.float() for key, value in tensors.items()}
    require_finite({part: floats}, path)
    module.load_state_dict(floats)


def _read_note(path: Path) -> dict:
    if not has_file(path):
        return {"origin": "official", "word_vectors": "glove"}
    try:
        note = read_json(path)
    except UserError as error:
        raise UserError(f"{error}; restore the file, or train the evaluator again") from error
    if not isinstance(note, dict):
        raise UserError(f"{path}: expected a JSON object; restore the file, or train the evaluator again")
    if note.get("padding", PUBLISHED) not in PADDINGS:
        raise UserError(f"{path}: padding {note['padding']!r} is unknown; use one of {', '.join(PADDINGS)}")
    return {"origin": "own", **note}


def _read_statistics(folder: Path, sizes: EvaluatorSizes) -> tuple[np.ndarray | None, np.ndarray | None]:
    """mean, std (D,) of the evaluator, or (None, None) where it has none of its own."""
    paths = folder / "mean.npy", folder / "std.npy"
    if not any([has_file(path) for path in paths]):  # a list: both are looked at
        return None, None
    mean, std = read_statistics(*paths, sizes.features + CONTACTS, "restore it beside the evaluator")
    return mean, divisor(std)
