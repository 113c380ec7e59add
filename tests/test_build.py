"""Folders that can't be loaded say so in one line; what a trainer of ours stored comes back as it was."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from published_files import BASE, REFINE, TOKENIZER, base_state, refine_state, tokenizer_state, write_folder
from tiny_models import random_condition, random_pose_codes, tiny_base, tiny_refine, tiny_tokenizer

from models.build import (
    FORMAT,
    find_weights,
    load_base_transformer,
    load_refine_transformer,
    load_tokenizer,
    require_same,
)
from options import base_parser, parse, refine_parser, tokenizer_parser
from utils.checkpoint import save_checkpoint, write_arguments
from utils.runtime import UserError


@pytest.fixture
def folders(tmp_path) -> dict[str, Path]:
    """One folder of each model."""
    return {
        "tokenizer": write_folder(tmp_path / "tokenizer", "net", tokenizer_state(TOKENIZER), TOKENIZER),
        "base": write_folder(tmp_path / "base", "trans", base_state(BASE), BASE),
        "refine": write_folder(tmp_path / "refine", "r_trans", refine_state(REFINE), REFINE),
    }


LOADERS = {"tokenizer": load_tokenizer, "base": load_base_transformer, "refine": load_refine_transformer}
EACH = pytest.mark.parametrize("stage", LOADERS)


def refused(stage: str, folder: Path) -> str:
    """The one line with which a folder is refused."""
    with pytest.raises(UserError) as error:
        LOADERS[stage](folder)
    message = str(error.value)
    assert message and "\n" not in message
    return message


# -------------------------------------------------------------------------------------------- bad folders
@EACH
def test_missing_folder_or_files(stage, folders, tmp_path):
    assert "no such checkpoint folder" in refused(stage, tmp_path / "nowhere")
    (folders[stage] / "net_best_fid.pth").unlink()
    message = refused(stage, folders[stage])
    assert str(folders[stage]) in message and "net_best_fid.pth" in message


@EACH
def test_missing_or_broken_arguments(stage, folders):
    arguments = folders[stage] / "arguments.yaml"
    arguments.write_text("- a list\n")
    assert "arguments.yaml" in refused(stage, folders[stage])
    arguments.unlink()
    assert "arguments.yaml" in refused(stage, folders[stage])


@EACH
def test_truncated_and_foreign_files(stage, folders):
    weights = folders[stage] / "net_best_fid.pth"
    whole = weights.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:10], b"", b"<html>quota exceeded</html>"):
        weights.write_bytes(content)
        assert str(weights) in refused(stage, folders[stage])
    torch.save([1, 2, 3], weights)
    assert "list" in refused(stage, folders[stage])


def test_another_model_s_folder(folders):
    assert "it holds nb_iter, trans" in refused("tokenizer", folders["base"])
    assert "it holds nb_iter, net" in refused("base", folders["tokenizer"])
    assert "not a refine transformer" in refused("refine", folders["base"])  # both may lie under `trans`
    as_trans = write_folder(folders["refine"], "trans", refine_state(REFINE), REFINE)
    assert "missing trans_base.tok_emb.weight" in refused("base", as_trans)


@pytest.mark.parametrize(
    ("stage", "changes", "said"),
    [
        ("tokenizer", {"dataname": "humanml"}, "humanml"),
        ("tokenizer", {"vq_act": "tanh"}, "tanh"),
        ("tokenizer", {"vq_norm": "GN"}, "32 groups"),
        ("tokenizer", {"rvq_quantizer_type": "lfq"}, "soft or hard"),
        ("base", {"n_head_gpt": 3}, "--n-head-gpt 3"),
        ("base", {"num_layers": None}, "arguments.yaml"),
        ("refine", {"n_head_gpt": 3}, "--n-head-gpt 3"),
    ],
)
def test_arguments_that_describe_no_model(folders, stage, changes, said):
    path = folders[stage] / "arguments.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    assert said in refused(stage, folders[stage])


# ------------------------------------------------------------------------------------------- what is read
def test_best_weights_come_before_the_last(folders, tmp_path):
    assert find_weights(folders["base"]).name == "net_best_fid.pth"
    (folders["base"] / "net_best_fid.pth").rename(folders["base"] / "net_last.pth")
    assert find_weights(str(folders["base"])).name == "net_last.pth"
    assert load_base_transformer(folders["base"]).info.iteration == 4000


def test_statistics_beside_the_weights(folders):
    assert load_tokenizer(folders["tokenizer"]).info.mean is None
    mean, std = np.arange(263.0), np.full(263, 2.0)
    np.save(folders["tokenizer"] / "mean.npy", mean)
    np.save(folders["tokenizer"] / "std.npy", std)
    info = load_tokenizer(folders["tokenizer"]).info
    np.testing.assert_array_equal(info.mean, mean)
    assert info.std.dtype == np.float32 and info.folder == folders["tokenizer"]


@EACH
def test_loaded_models_are_ready_for_use(stage, folders):
    model = LOADERS[stage](str(folders[stage]))
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_checkpoints_that_disagree():
    models = [
        SimpleNamespace(info=SimpleNamespace(folder=Path(name), pose_frame=frame))
        for name, frame in (("a", "world"), ("b", "heading"))
    ]
    require_same("pose frame", models[:1] * 2, lambda info: info.pose_frame)
    with pytest.raises(UserError, match=r"disagree on the pose frame \(a: world, b: heading\)"):
        require_same("pose frame", models, lambda info: info.pose_frame)


# -------------------------------------------------------------------------------- what we stored ourselves
def store(folder: Path, key: str, model: torch.nn.Module, args: Namespace) -> Path:
    args.format = FORMAT
    write_arguments(folder, args)
    save_checkpoint(folder / "net_last.pth", {"nb_iter": 7, key: model.state_dict()})
    return folder


@pytest.mark.parametrize("flags", ["", "--rvq-quantizer-type hard", "--rvq-shared-codebook --vq-norm LN"])
def test_our_tokenizer_comes_back(tmp_path, flags):
    sizes = "--width 16 --code-dim 8 --depth 2 --rvq-num-quantizers 3 --rvq-nb-code 8 --residual-ratio 0.5"
    args = parse(tokenizer_parser(), f"--dataname toy --pose-frame heading {sizes} {flags}".split())
    quantizer = {"kind": args.rvq_quantizer_type, "shared_codebook": args.rvq_shared_codebook}
    model = tiny_tokenizer(quantizer, norm=args.vq_norm, residual_ratio=0.5)
    loaded = load_tokenizer(store(tmp_path, "net", model, args))
    assert loaded.info.own and loaded.info.pose_frame == "heading" and loaded.info.iteration == 7
    motion, codes = torch.randn(1, 32, 263), random_pose_codes(1, 8)
    torch.testing.assert_close(loaded(motion, codes).motion, model(motion, codes).motion, rtol=0, atol=0)


SIZES = "--dec-checkpoint-folder x --text-encoder minilm --embed-dim-gpt 16 --num-layers 2 --n-head-gpt 2 --block-size 24"


def test_our_base_transformer_comes_back(tmp_path):
    args = parse(base_parser(), SIZES.split())
    args.dataname, args.pose_frame, args.kit_codes = "toy", "heading", "corrected"
    model = tiny_base(clip_dim=384)
    loaded = load_base_transformer(store(tmp_path, "trans", model, args))
    assert loaded.info.text_encoder == "minilm" and loaded.config == model.config
    condition = torch.randn(1, 12, 384)
    codes = random_pose_codes(1, 4)
    assert torch.equal(loaded(codes, condition), model(codes, condition))


@pytest.mark.parametrize("share", [True, False])
def test_our_refine_transformer_comes_back_without_doubled_logits(tmp_path, share):
    flags = SIZES.split() + (["--share-weight"] if share else [])
    args = parse(refine_parser(), flags)
    args.dataname, args.pose_frame, args.kit_codes = "toy", "heading", "corrected"
    model = tiny_refine(clip_dim=384, share_weight=share)
    loaded = load_refine_transformer(store(tmp_path, "r_trans", model, args))
    assert loaded.config == model.config and not loaded.config.doubled_logits
    codes, residual = random_pose_codes(2, 4), torch.zeros(2, 4, 3, dtype=torch.long)
    condition, stage = torch.randn(2, 12, 384), torch.tensor([0, 2])
    assert torch.equal(loaded(codes, residual, condition, stage), model(codes, residual, condition, stage))


def test_weights_of_several_processes_load(folders):
    """Data-parallel training may store names behind `module.`"""
    state = {f"module.{name}": value for name, value in base_state(BASE).items()}
    write_folder(folders["base"], "trans", state, BASE)
    condition = random_condition(1)
    logits = load_base_transformer(folders["base"])(random_pose_codes(1, 2), condition)
    assert torch.isfinite(logits).all()
