"""Folders of the release load unchanged and compute what the published equations say (docs/method.md sections 3 to 7)."""

from __future__ import annotations

import numpy as np
import published_reference as naive
import pytest
import torch
from published_files import BASE, REFINE, TOKENIZER, base_state, refine_state, tokenizer_state, write_folder
from tiny_models import random_condition, random_pose_codes

from dataset.spec import get_spec
from models.build import load_base_transformer, load_refine_transformer, load_tokenizer
from utils.runtime import UserError

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
TOKENIZERS = {
    "published": {},
    "shared codebook, ratio": {"rvq_shared_codebook": True, "residual_ratio": 0.5, "vq_act": "silu"},
    "hard, down 3": {"rvq_quantizer_type": "hard", "down_t": 3, "vq_act": "gelu", "unuse_ema": False},
    "hard by gradient, shared": {"rvq_quantizer_type": "hard", "rvq_shared_codebook": True, "vq_norm": "LN"},
    "hard with averages, shared": {
        "rvq_quantizer_type": "hard",
        "rvq_shared_codebook": True,
        "unuse_ema": False,
    },
    "down 1, group norm": {"down_t": 1, "vq_norm": "GN", "width": 64, "depth": 1},
    "batch norm, dilation 2": {"vq_norm": "BN", "dilation_growth_rate": 2, "depth": 3},
    "kit": {"dataname": "kit", "code_dim": 6, "rvq_vq_loss_beta": 1.0},
}


def arrays(state: dict) -> naive.Weights:
    return {name: value.double().numpy() for name, value in state.items()}


def close(found, expected) -> None:
    np.testing.assert_allclose(np.asarray(found.detach()), expected, **CLOSE)


# --------------------------------------------------------------------------------------------- tokenizer
@pytest.mark.parametrize("changes", TOKENIZERS.values(), ids=TOKENIZERS)
def test_tokenizer(tmp_path, changes):
    o = TOKENIZER | changes
    features = get_spec(o["dataname"]).layout.width
    state = tokenizer_state(o, features)
    w, step = arrays(state), 2 ** o["down_t"]
    model = load_tokenizer(write_folder(tmp_path, "net", state, o))
    assert (model.frames_per_step, model.quantizers, model.residual_vocabulary) == (step, 3, 7)
    assert model.info.pose_frame == "world" and model.info.text_encoder == "clip" and not model.info.own
    assert model.info.iteration == 4000

    motion = torch.randn(2, 32, features, generator=torch.Generator().manual_seed(1))
    pose_codes = random_pose_codes(2, 32 // step)
    expected = [
        naive.tokenizer_forward(w, motion[i].double().numpy(), pose_codes[i].numpy(), o) for i in (0, 1)
    ]
    codes = model.encode(motion, pose_codes)
    output = model(motion, pose_codes)
    decoded = model.decode(pose_codes, codes)
    for row, found in enumerate(expected):
        np.testing.assert_array_equal(codes[row], found["codes"])
        close(output.motion[row], found["motion"])
        close(decoded[row], found["motion"])
    single = model(motion[:1], pose_codes[:1])
    close(single.vq_loss, expected[0]["loss"])
    close(single.entropy, expected[0]["entropy"])

    # A shorter clip beside a longer one, in a padded batch.
    short = 16
    lengths = torch.tensor([32, short])
    codes = model.encode(motion, pose_codes, lengths)
    alone = naive.tokenizer_forward(
        w, motion[1, :short].double().numpy(), pose_codes[1, : short // step].numpy(), o
    )
    np.testing.assert_array_equal(codes[1, : short // step], alone["codes"])
    decoded = model.decode(pose_codes, codes, lengths // step)
    close(decoded[0], expected[0]["motion"])
    close(decoded[1, :short], alone["motion"])

    # Dropped stages, and none at all.
    partial = alone["codes"].copy()
    partial[::2, 1:] = -1
    found = model.decode(pose_codes[1:, : short // step], torch.from_numpy(partial)[None])
    close(found[0], naive.tokenizer_decode(w, pose_codes[1, : short // step].numpy(), partial, o))
    bare = naive.decoder(w, naive.pose_latent(w, pose_codes[0].numpy()), o)
    close(model.decode(pose_codes[:1])[0], bare)


def test_tokenizer_defaults_fill_what_old_arguments_leave_unsaid(tmp_path):
    o = TOKENIZER | {"rvq_num_quantizers": 6}
    left_out = ("residual_ratio", "rvq_shared_codebook", "vq_norm", "rvq_num_quantizers", "detach_p_latent")
    stored = {name: value for name, value in o.items() if name not in left_out}
    model = load_tokenizer(write_folder(tmp_path, "net", tokenizer_state(o), stored))
    assert model.quantizers == 6 and model.config.residual_ratio == 1.0 and model.config.norm is None


# ------------------------------------------------------------------------------------------ transformers
def load_base(folder):
    state = base_state(BASE)
    return load_base_transformer(write_folder(folder, "trans", state, BASE)), arrays(state)


def test_base_forward(tmp_path):
    model, w = load_base(tmp_path)
    codes, condition = random_pose_codes(2, 5), random_condition(2)
    logits = model(codes, condition)
    for row, length in enumerate((5, 3)):  # the second as if padded
        expected = naive.base_logits(w, codes[row, :length].numpy(), condition[row].double().numpy(), BASE)
        close(logits[row, : length + 1], expected)


def test_base_greedy_generation(tmp_path):
    model, w = load_base(tmp_path)
    condition = random_condition(5)
    codes, lengths = model.generate(condition, temperature=0)
    expected = [naive.base_greedy(w, row.double().numpy(), BASE) for row in condition]
    assert lengths.tolist() == [len(found) for found in expected]
    assert len(set(lengths.tolist())) >= 3  # they do end by themselves, at different steps
    for made, found in zip(codes, expected, strict=True):
        np.testing.assert_array_equal(made[: len(found)], found)


def load_refine(folder, share: bool, key: str = "r_trans"):
    o = REFINE | {"share_weight": share}
    state = refine_state(o)
    return load_refine_transformer(write_folder(folder, key, state, o)), arrays(state), o


@pytest.mark.parametrize("share", [True, False])
def test_refine_forward_and_greedy_generation(tmp_path, share):
    model, w, o = load_refine(tmp_path, share)
    codes, condition = random_pose_codes(3, 6), random_condition(3)
    residual = torch.randint(7, (3, 6, 3), generator=torch.Generator().manual_seed(0))
    lengths, stage = torch.tensor([6, 2, 4]), torch.tensor([2, 0, 1])
    logits = model(codes, residual, condition, stage, lengths)
    made = model.generate(codes, lengths, condition, temperature=0)
    for row, length in enumerate(lengths.tolist()):
        steps, context = codes[row, :length].numpy(), condition[row].double().numpy()
        expected = naive.refine_logits(w, steps, residual[row, :length].numpy(), context, int(stage[row]), o)
        close(logits[row, :length], expected)
        np.testing.assert_array_equal(made[row, :length], naive.refine_greedy(w, steps, context, o))


def test_doubled_logits_only_for_unshared_weights_of_the_release(tmp_path, capsys):
    shared, _, _ = load_refine(tmp_path / "shared", True)
    assert "doubled" not in capsys.readouterr().err and not shared.config.doubled_logits
    released, _, _ = load_refine(tmp_path / "released", False)
    assert "doubled logits" in capsys.readouterr().err
    o = REFINE | {"share_weight": False, "format": "pgr2m-open-1"}
    state = {
        name: value for name, value in refine_state(o).items() if not name.startswith("trans_base.proc_in.")
    }
    ours = load_refine_transformer(write_folder(tmp_path / "ours", "r_trans", state, o))
    assert "doubled" not in capsys.readouterr().err
    codes, condition, stage = random_pose_codes(1, 4), random_condition(1), torch.tensor([1])
    residual = torch.zeros(1, 4, 3, dtype=torch.long)
    bias = state["proc_out.output_proj_bias"][1]
    plain = ours(codes, residual, condition, stage) - bias
    torch.testing.assert_close(released(codes, residual, condition, stage) - bias, 2 * plain)


def test_refine_weights_stored_under_trans_as_while_training(tmp_path):
    a, b = (load_refine(tmp_path / key, True, key)[0] for key in ("trans", "r_trans"))
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name])


def test_stored_positions_decide_the_block_size(tmp_path):
    folder = write_folder(tmp_path, "trans", base_state(BASE), BASE | {"block_size": 62})
    assert load_base_transformer(folder).config.block_size == BASE["block_size"]


def test_half_precision_weights_load_as_float32(tmp_path):
    state = {
        name: value.half() if value.is_floating_point() else value for name, value in base_state(BASE).items()
    }
    model = load_base_transformer(write_folder(tmp_path, "trans", state, BASE))
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


# ---------------------------------------------------------------------------------- keys that do not fit
CASES = {
    "tokenizer": ("net", tokenizer_state, TOKENIZER, load_tokenizer, "rvq.layers.1.attn.to_v.bias"),
    "base": ("trans", base_state, BASE, load_base_transformer, "trans_head.ln_f.weight"),
    "refine": ("r_trans", refine_state, REFINE, load_refine_transformer, "trans_base.blocks.1.mlp.2.bias"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_wrong_keys_are_listed(tmp_path, case):
    key, make, o, load, victim = case
    state = make(o)
    value = state.pop(victim)
    folder = write_folder(tmp_path / "missing", key, state, o)
    with pytest.raises(UserError, match=f"missing {victim}") as error:
        load(folder)
    assert str(folder) in str(error.value) and "\n" not in str(error.value)
    state |= {victim: value, "something.else": torch.zeros(2), "encoder.mystery": torch.zeros(2)}
    with pytest.raises(UserError, match="unknown something.else; unknown encoder.mystery"):
        load(write_folder(tmp_path / "unknown", key, state, o))
    del state["something.else"], state["encoder.mystery"]
    state[victim] = torch.zeros(99)
    with pytest.raises(UserError, match=rf"{victim} is \(99,\), expected"):
        load(write_folder(tmp_path / "shape", key, state, o))


def test_many_wrong_keys_are_counted(tmp_path):
    folder = write_folder(tmp_path, "net", tokenizer_state(TOKENIZER), TOKENIZER | {"rvq_num_quantizers": 6})
    with pytest.raises(UserError, match=r"missing rvq.layers.3.codebook.*and \d+ more"):
        load_tokenizer(folder)
