"""The published README's six commands, run as written in a folder laid out as it says.

Added to each command: iterations, repeats, the path of a small CLIP, and sizes (`--width`, `--embed-dim-gpt` ...),
because the published ones (228 M parameters) take minutes an iteration on a CPU. Data, checkpoints, GloVe and output lie
where the commands look for them. Set PGR2M_FULL_SIZE=1 to train at the published sizes instead (8 GB, minutes).
"""

from __future__ import annotations

import importlib
import json
import os
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from published_commands import PUBLISHED
from published_world import make_world

from dataset.keyword_rules import keywords_by_rules
from models.build import load_base_transformer, load_refine_transformer, load_tokenizer
from models.pipeline import TextToMotion
from utils.runtime import UserError

FULL_SIZE = bool(os.environ.get("PGR2M_FULL_SIZE"))
SCRIPTS = {"tokenizer": "pg_tokenizer", "base": "base_trans", "refine": "refine_trans"}
CLIP = "--text-encoder-path clip"
SHORT = "--total-iter 2 --eval-iter 2"
ADDED = {
    "tokenizer": f"{SHORT} --num-sample-videos 1 --width 16 --code-dim 16",
    "base": f"{SHORT} {CLIP} --embed-dim-gpt 32 --num-layers 1",
    "refine": f"{SHORT} {CLIP} --embed-dim-gpt 32 --num-layers 1",
    "eval_tokenizer": "--repeats 1",
    "eval_base": f"--repeats 1 {CLIP}",
    "eval_refine": f"--repeats 1 {CLIP} --eval-reference --guidance-scale 1.5",
}
SIZE_FLAGS = r"--(width|code-dim|embed-dim-gpt|num-layers|num-sample-videos) \d+"


def newest(folder: str) -> Path:
    return sorted(path for path in Path(folder).iterdir() if path.is_dir())[-1]


def run(name: str, extra: str = "") -> None:
    """Run a published command in this process, with {date} the newest run of the folder it stands in."""
    command = re.sub(r"(\S+)/\{date\}", lambda found: str(newest(found[1])), PUBLISHED[name])
    added = re.sub(SIZE_FLAGS, "", ADDED[name]) if FULL_SIZE else ADDED[name]
    kind, _, short = name.rpartition("_")
    script = f"{kind or 'train'}_{SCRIPTS[short]}"
    before = sys.argv
    sys.argv = [f"{script}.py", *shlex.split(f"{command} {added} {extra}")]
    try:
        importlib.import_module(script).main()
    finally:
        sys.argv = before


def table(exp_name: str) -> dict[str, dict]:
    """Rows of an evaluation's results.json: name -> metrics."""
    rows = json.loads((newest(f"eval_output/{exp_name}") / "results.json").read_text())["rows"]
    return {row["name"]: {key: value["mean"] for key, value in row["metrics"].items()} for row in rows}


@pytest.fixture(scope="module")
def world(tmp_path_factory, repo):
    """The working directory after the three training commands."""
    folder, before = tmp_path_factory.mktemp("published"), Path.cwd()
    make_world(folder, repo)
    os.chdir(folder)
    try:
        for name in ("tokenizer", "base", "refine"):
            run(name)
        yield folder
    finally:
        os.chdir(before)


def test_training_leaves_dated_folders_that_load(world):
    tokenizer = load_tokenizer(newest("exp_result/exp_pg_tokenizer"))
    base = load_base_transformer(newest("exp_result/exp_base_trans"))
    refine = load_refine_transformer(newest("exp_result/exp_refine_trans"))
    assert tokenizer.info.pose_frame == "world" and tokenizer.info.iteration == 2
    assert (tokenizer.quantizers, tokenizer.residual_vocabulary) == (6, 512)
    assert (base.info.text_encoder, base.config.clip_dim, base.config.heads) == ("clip", 512, 16)
    assert refine.config.share_weight and refine.config.heads == 8
    assert torch.equal(refine.proc_in.pose_tok_emb.weight, base.trans_base.tok_emb.weight)
    for folder in ("pg_tokenizer", "base_trans", "refine_trans"):
        files = {path.name for path in newest(f"exp_result/exp_{folder}").iterdir()}
        assert {"arguments.yaml", "net_best_fid.pth", "net_best_top1.pth", "net_last.pth", "run.log"} <= files


def test_the_tokenizer_shows_its_codebooks_and_a_sample(world):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = newest("exp_result/exp_pg_tokenizer")
    events = EventAccumulator(str(folder)).Reload()
    images = set(events.Tags()["images"])
    assert {"codebook_similarity/pose_codes", "codebook_similarity/residual_5"} <= images
    assert {"train/loss", "train/lr", "validation/fid", "validation/mpjpe"} <= set(events.Tags()["scalars"])
    if not FULL_SIZE:
        assert (folder / "samples/0000002_0.mp4").stat().st_size > 1000 and "samples/0" in images
        assert events.Images("samples/0")[0].encoded_image_string.startswith(b"GIF8")


def test_the_trainers_log_right_codes(world):
    lines = (newest("exp_result/exp_base_trans") / "run.log").read_text()
    assert "right_angle" in lines and "right_ground" in lines
    assert "right_stage_0" in (newest("exp_result/exp_refine_trans") / "run.log").read_text()


def test_tokenizer_evaluation(world):
    run("eval_tokenizer")
    rows = table("Test/exp_pg_tokenizer")
    assert list(rows) == ["real motion", "reconstruction", "reconstruction, pose codes alone"]
    assert rows["real motion"]["fid"] < 1e-6 < rows["reconstruction"]["fid"]
    assert all(rows["reconstruction"][name] > 0 for name in ("mpjpe", "pa_mpjpe", "acceleration"))


@pytest.mark.skipif(FULL_SIZE, reason="generates 960 motions for the multimodality")
def test_base_evaluation(world, capsys):
    run("eval_base")
    rows = table("Test/exp_base_trans_eval_fast_mode")
    assert list(rows) == ["real motion", "base"]
    assert rows["base"]["multimodality"] > 0 and "multimodality" not in rows["real motion"]
    assert all(np.isfinite(list(rows["base"].values())))
    told = capsys.readouterr().err
    assert "--total-iter" in told and "--pkeep" in told  # flags that mean nothing here say so


@pytest.mark.skipif(FULL_SIZE, reason="minutes on a CPU")
def test_refine_evaluation(world):
    run("eval_refine")
    rows = table("Test/exp_refine_trans")
    assert {"real motion", "reconstruction", "base", "base + refine", "real pose codes + refine"} <= set(rows)
    assert all(0 <= row[top] <= 1 for row in rows.values() for top in ("top1", "top2", "top3"))


@pytest.mark.skipif(FULL_SIZE, reason="minutes on a CPU")
def test_dropped_residuals_and_the_reference_rows(world):
    run("eval_refine", "--force-drop-residual-quantization --exp-name dropped")
    assert list(table("dropped")) == ["real motion", "reconstruction, pose codes alone", "base"]
    run("eval_base", "--no-mm_mode --eval-reference --eval-mode standard --exp-name reference")
    assert {"reconstruction", "base"} < set(table("reference"))


@pytest.mark.skipif(FULL_SIZE, reason="minutes on a CPU")
def test_free_text_is_generated_with_keywords_and_guidance(world):
    folder, data = newest("exp_result/exp_refine_trans"), "dataset/HumanML3D"
    model = TextToMotion.from_pretrained(folder, text_encoder_path="clip", data_root=data)
    text = "a person walks and waves with the left hand"
    none, rules = (model.condition([text], keywords) for keywords in ("none", "rules"))
    assert none.shape == rules.shape == (1, 12, 512)
    assert torch.equal(none[:, 0], rules[:, 0])
    assert not none[:, 1:].any() and rules[:, 1:].any(-1).all()
    own = {key: [f"{key} moves", "b", "c"] for key in keywords_by_rules("")}
    spoken = model.condition([text], lambda sentence: own)
    expected = model.text_encoder.encode([phrases[0] for phrases in own.values()])
    np.testing.assert_allclose(spoken[0, 1:], expected, atol=1e-5)
    settings = {"seconds": 1.0, "guidance": 2.0, "keywords": "rules"}
    assert model.generate(text, **settings).joints.shape == (20, 22, 3)
    with pytest.raises(UserError, match="--keywords psychic"):
        model.condition([text], "psychic")
    model.base.info.arguments.use_keywords = False
    with pytest.raises(UserError, match="trained without keywords"):
        model.condition([text], "rules")


def test_training_starts_from_given_weights(world, capsys):
    weights = newest("exp_result/exp_pg_tokenizer") / "net_last.pth"
    run("tokenizer", f"--resume-pth {weights} --exp-name again --lr 1e-12 --total-iter 1 --batch-size 4")
    old, new = load_tokenizer(weights.parent), load_tokenizer(newest("exp_result/again"))
    assert new.info.iteration == 1
    assert torch.allclose(old.decoder.model[0].weight, new.decoder.model[0].weight, atol=1e-6)
    capsys.readouterr()
    weights = newest("exp_result/exp_base_trans") / "net_last.pth"
    run("base", f"--resume-trans {weights} --exp-name again_base --lr 1e-12 --total-iter 1")
    assert f"starting from the weights in {weights}" in capsys.readouterr().out


def test_scheduled_flags_train(world):
    run("base", "--scheduled-sampling --schedule-pkeep --cond-drop-prob 0.5 --exp-name base_s --total-iter 1")
    extra = "--scheduled-sampling --masking-prob 0.3 --mask-residual-code --pkeep 0.5 --min-sampling-prob 0"
    run("refine", f"{extra} --exp-name refine_s --total-iter 1")
    assert load_refine_transformer(newest("exp_result/refine_s")).info.iteration == 1
