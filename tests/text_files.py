"""Files of text encoders and word vectors, with random numbers."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

WIDTH, LAYERS, PROJECTION, POSITIONS = 128, 2, 24, 77  # two heads of 64, as OpenAI's rule has it


def write_tiny_tokenizer(folder) -> int:
    """CLIP's BPE files over single letters; returns the number of words."""
    letters = [chr(code) for code in range(33, 127)]
    words = letters + [letter + "</w>" for letter in letters] + ["th", "the</w>"]
    words += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\nt h\nth e</w>\n")
    settings = {"tokenizer_class": "CLIPTokenizer", "model_max_length": POSITIONS}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return len(words)


def openai_state(vocabulary: int, seed: int = 0) -> dict[str, Tensor]:
    """Random weights under the names of OpenAI's file, with a bit of the image tower."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return 0.2 * torch.randn(*shape, generator=generator)

    state = {
        "visual.conv1.weight": normal(4, 3, 2, 2),
        "logit_scale": normal(1),
        "token_embedding.weight": normal(vocabulary, WIDTH),
        "positional_embedding": normal(POSITIONS, WIDTH),
        "text_projection": normal(WIDTH, PROJECTION),
        "ln_final.weight": 1 + normal(WIDTH),
        "ln_final.bias": normal(WIDTH),
    }
    for layer in range(LAYERS):
        prefix = f"transformer.resblocks.{layer}."
        for name, shape in {
            "attn.in_proj_weight": (3 * WIDTH, WIDTH),
            "attn.in_proj_bias": (3 * WIDTH,),
            "attn.out_proj.weight": (WIDTH, WIDTH),
            "attn.out_proj.bias": (WIDTH,),
            "ln_1.weight": (WIDTH,),
            "ln_1.bias": (WIDTH,),
            "mlp.c_fc.weight": (4 * WIDTH, WIDTH),
            "mlp.c_fc.bias": (4 * WIDTH,),
            "mlp.c_proj.weight": (WIDTH, 4 * WIDTH),
            "mlp.c_proj.bias": (WIDTH,),
            "ln_2.weight": (WIDTH,),
            "ln_2.bias": (WIDTH,),
        }.items():
            state[prefix + name] = normal(*shape)
    return state


def write_openai_clip(folder: Path) -> Path:
    """OpenAI's file with random weights, its tokenizer beside it; returns the file's path."""
    vocabulary = write_tiny_tokenizer(folder)
    path = folder / "ViT-B-32.pt"
    torch.save(openai_state(vocabulary), path)
    return path


VOCABULARY = ["unk", "sos", "eos", "a", "person", "walk", "left", "strange", "slowly", "arm", "stair"]


def write_glove(folder: Path) -> Path:
    """The official GloVe files with a few words and random vectors; returns their folder."""
    folder.mkdir()
    vectors = np.random.default_rng(0).standard_normal((len(VOCABULARY), 300))
    np.save(folder / "our_vab_data.npy", vectors)
    (folder / "our_vab_words.pkl").write_bytes(pickle.dumps(VOCABULARY))
    (folder / "our_vab_idx.pkl").write_bytes(pickle.dumps({word: row for row, word in enumerate(VOCABULARY)}))
    return folder
