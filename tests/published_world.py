"""A working directory as the published README describes it, made of random numbers: data, GloVe, evaluator, CLIP."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import torch
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from dataset.prepare import parse_motion
from dataset.spec import DatasetSpec, get_spec
from models.evaluator import EvaluatorSizes, TextMotionEvaluator, save_evaluator

SPLITS = {"train": 6, "val": 3, "test": 32}  # clips; 32 are one batch of the protocol
WORDS = ("unk", "sos", "eos", "a", "person", "walk", "jump", "slowly")
CAPTIONS = (
    "a person walks slowly#a/DET person/NOUN walk/VERB slowly/ADV#0.0#0.0",
    "a person jumps#a/DET person/NOUN jump/VERB#0.0#0.0",
)
CLIP_WIDTH = 512


def make_dataset(root: Path, spec: DatasetSpec, frames: int = 64) -> None:
    """A data set folder as HumanML3D's instructions leave it, with CoMo's keyword embeddings and world codes."""
    rng = np.random.default_rng(0)
    for folder in ("new_joints", "new_joint_vecs", "texts", "keyword_embeddings"):
        (root / folder).mkdir(parents=True)
    everything = []
    for split, count in SPLITS.items():
        names = [f"{split}{number:03d}" for number in range(count)]
        everything += names
        (root / f"{split}.txt").write_text("\n".join(names) + "\n")
        for number, name in enumerate(names):
            length = frames + 4 * (number % 4)
            np.save(root / "new_joints" / f"{name}.npy", rng.standard_normal((length, spec.joints, 3)))
            features = rng.standard_normal((length, spec.layout.width)).astype(np.float32)
            np.save(root / "new_joint_vecs" / f"{name}.npy", features)
            (root / "texts" / f"{name}.txt").write_text("\n".join(CAPTIONS) + "\n")
            vectors = rng.standard_normal((33, CLIP_WIDTH)).astype(np.float32)
            np.save(root / "keyword_embeddings" / f"{name}.npy", vectors)
    (root / "all.txt").write_text("\n".join(everything) + "\n")
    np.save(root / "Mean.npy", np.zeros(spec.layout.width, np.float32))
    np.save(root / "Std.npy", np.ones(spec.layout.width, np.float32))
    arguments = ["--dataname", spec.name, "--data-root", str(root), "--pose-frame", "world", "--khot"]
    parse_motion.main(arguments)
    if spec.name != "kit":
        (root / "codes" / "frame.json").unlink()  # CoMo's folder has none


def make_glove(folder: Path) -> None:
    """The three official files, with a handful of words."""
    folder.mkdir(parents=True)
    np.save(folder / "our_vab_data.npy", np.random.default_rng(0).standard_normal((len(WORDS), 300)))
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(list(WORDS)))
    index = {word: row for row, word in enumerate(WORDS)}
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps(index))


def make_evaluator(root: Path, spec: DatasetSpec) -> None:
    """A small evaluator in the official file format."""
    torch.manual_seed(0)
    sizes = EvaluatorSizes(spec.layout.width - 4, 16, 16, 16, 16, embedding=16)
    save_evaluator(
        TextMotionEvaluator(sizes, {"origin": "official", "word_vectors": "glove"}), root, spec.name
    )


def make_clip(folder: Path) -> None:
    """A Hugging Face folder of a tiny CLIP text tower with 512-wide vectors."""
    torch.manual_seed(0)
    letters = [chr(code) for code in range(33, 127)]
    words = letters + [letter + "</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    config = CLIPTextConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        projection_dim=CLIP_WIDTH,
        bos_token_id=len(words) - 2,
        eos_token_id=len(words) - 1,
        pad_token_id=len(words) - 1,
    )
    CLIPTextModelWithProjection(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: row for row, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def make_world(folder: Path, repo: Path, dataname: str = "t2m", frames: int = 64) -> DatasetSpec:
    """Everything a published command looks for, below `folder`."""
    spec = get_spec(dataname)
    (folder / "configs").symlink_to(repo / "configs")
    make_dataset(folder / spec.folder, spec, frames)
    make_glove(folder / "glove")
    make_evaluator(folder / "checkpoints", spec)
    make_clip(folder / "clip")
    return spec
