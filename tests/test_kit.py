"""KIT-ML from joints to generated motion: real clips on its 21 joints, in millimetres at 12.5 fps, through all stages."""

from __future__ import annotations

import importlib
import json
import os
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED
from published_world import make_clip, make_evaluator, make_glove

from dataset.cache import load_split
from dataset.features import extract_features, feature_statistics, joints_in_metres, recover_joints
from dataset.pose_codes import parse_pose_codes
from dataset.prepare import parse_motion
from dataset.prepare.make_toy import toy_clips
from dataset.spec import get_spec
from models.build import load_tokenizer
from models.pipeline import TextToMotion
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON

KIT = get_spec("kit")
CAPTION = "a person walks slowly#a/DET person/NOUN walk/VERB slowly/ADV#0.0#0.0\n"
SPLITS = {"train": slice(0, 6), "val": slice(6, 9), "test": slice(0, 32)}
LONGEST = 90  # frames


def kit_joints(joints: np.ndarray) -> np.ndarray:
    """HumanML3D joints (T, 22, 3) at 20 fps -> KIT-ML's order (T', 21, 3), millimetres, 12.5 fps."""
    order = [0, 3, 6, 9, 12, 16, 18, 20, 17, 19, 21, 1, 4, 7, 7, 10, 2, 5, 8, 8, 11]
    result = joints[:, order].astype(np.float64) * 1000
    result[:, [14, 19]] = (result[:, [13, 18]] + result[:, [15, 20]]) / 2  # heels
    times = np.arange(0, (len(joints) - 1) / 20, 1 / KIT.fps) * 20
    before, share = times.astype(int), (times % 1)[:, None, None]
    return result[before] * (1 - share) + result[np.minimum(before + 1, len(result) - 1)] * share


@pytest.fixture(scope="module")
def clips():
    """32 clips, KIT joints (T, 21, 3): captured ones where they are at hand, else procedural ones."""
    captured = SHARED / "data/mocap/joints.npz"
    if captured.is_file():
        with np.load(captured, allow_pickle=False) as arrays:
            offsets, root, local = arrays["offsets"], arrays["root"], arrays["local"]
        long_enough = np.flatnonzero(np.diff(offsets) >= 80)[::7][:32]
        spans = [(offsets[i], offsets[i + 1]) for i in long_enough]
        found = [root[a:b, None] + local[a:b].astype(np.float32) * 1e-4 for a, b in spans]
    else:
        found = [clip.joints for clip in toy_clips(60, seed=2) if len(clip.joints) >= 80][:32]
    return [kit_joints(joints)[:LONGEST] for joints in found]


@pytest.fixture(scope="module")
def world(tmp_path_factory, clips, repo):
    """A working directory with dataset/KIT-ML, its pose codes in three folders, GloVe, evaluator, CLIP."""
    folder, before = tmp_path_factory.mktemp("kit"), Path.cwd()
    root = folder / KIT.folder
    for name in ("new_joints", "new_joint_vecs", "texts"):
        (root / name).mkdir(parents=True)
    features = [extract_features(joints, KIT) for joints in clips]
    for number, rows in enumerate(features):
        np.save(root / f"new_joint_vecs/{number:05d}.npy", rows)
        np.save(root / f"new_joints/{number:05d}.npy", recover_joints(rows))
        (root / f"texts/{number:05d}.txt").write_text(CAPTION)
    for split, chosen in SPLITS.items():
        names = [f"{number:05d}" for number in range(len(clips))][chosen]
        (root / f"{split}.txt").write_text("\n".join(names) + "\n")
    mean, std = feature_statistics(features, KIT.layout)
    np.save(root / "Mean.npy", mean)
    np.save(root / "Std.npy", std)
    arguments = ["--dataname", "kit", "--data-root", str(root)]
    parse_motion.main(arguments)
    published = ["--kit-codes", "published", "--codes-folder-name", "codes_published"]
    parse_motion.main([*arguments, *published, "--pose-frame", "world"])
    make_glove(folder / "glove")
    make_evaluator(folder / "checkpoints", KIT)
    make_clip(folder / "clip")
    (folder / "configs").symlink_to(repo / "configs")
    os.chdir(folder)
    yield folder
    os.chdir(before)


def run(script: str, arguments: str) -> None:
    before, sys.argv = sys.argv, [script, *shlex.split(arguments)]
    try:
        importlib.import_module(script).main()
    finally:
        sys.argv = before


def newest(folder: str) -> Path:
    return sorted(path for path in Path(folder).iterdir() if path.is_dir())[-1]


def test_features_recover_the_joints_in_both_units(clips):
    for joints in clips[:8]:
        features = extract_features(joints, KIT)
        assert features.shape == (len(joints) - 1, 251) and np.isfinite(features).all()
        recovered = recover_joints(features)
        span = np.ptp(recovered[..., 1])  # a person's height
        assert 1000 < span < 3000
        assert np.ptp(joints_in_metres(features)[..., 1]) == pytest.approx(span / 1000, rel=1e-3)
        between = [
            np.linalg.norm(pose[:, 1:] - pose[:, list(KIT_SKELETON.parents[1:])], axis=-1)
            for pose in (recovered, joints[:-1])
        ]
        np.testing.assert_allclose(*between, atol=0.5)  # millimetres


def test_the_loader_gives_features_and_codes_back(world, clips):
    loaded = load_split(world / KIT.folder, KIT, "test", pose_frame="heading", kit_codes="corrected")
    assert len(loaded) == 32 and loaded.features.shape[1] == 251
    expected = extract_features(clips[3], KIT)
    np.testing.assert_array_equal(loaded.features[loaded.slice(3)], expected)
    codes = parse_pose_codes(recover_joints(expected), "heading", skeleton=KIT_SKELETON)
    np.testing.assert_array_equal(loaded.pose_codes[loaded.slice(3)], codes)


def test_corrected_and_published_codes_are_never_mixed(world):
    root = world / KIT.folder
    with pytest.raises(UserError, match="holds corrected KIT-ML pose codes, not published"):
        load_split(root, KIT, "val", pose_frame="world", kit_codes="published")
    settings = {"pose_frame": "world", "codes_folder": "codes_published"}
    with pytest.raises(UserError, match="use --kit-codes published"):
        load_split(root, KIT, "val", kit_codes="corrected", **settings)
    published = load_split(root, KIT, "val", kit_codes="published", **settings)
    corrected = load_split(root, KIT, "val", pose_frame="world", kit_codes="corrected")
    assert np.mean(published.pose_codes != corrected.pose_codes) > 0.1


@pytest.mark.parametrize("kind", ["corrected", "published"])
def test_all_stages_train_measure_and_generate(world, kind):
    short = "--total-iter 2 --eval-iter 2 --batch-size 4"
    codes = "--kit-codes published --codes-folder-name codes_published" if kind == "published" else ""
    run(
        "train_pg_tokenizer",
        f"--dataname kit {codes} --exp-name tok_{kind} {short} --width 16 --code-dim 16 --rvq-nb-code 16",
    )
    tokenizer = newest(f"exp_result/tok_{kind}")
    assert load_tokenizer(tokenizer).info.kit_codes == kind
    sizes = f"--text-encoder-path clip --embed-dim-gpt 16 --num-layers 1 --n-head-gpt 2 {short}"
    run("train_base_trans", f"--dec-checkpoint-folder {tokenizer} --exp-name base_{kind} {sizes}")
    base = newest(f"exp_result/base_{kind}")
    folders = f"--dec-checkpoint-folder {tokenizer} --t2m-checkpoint-folder {base}"
    run("train_refine_trans", f"{folders} --exp-name refine_{kind} {sizes}")
    refine = newest(f"exp_result/refine_{kind}")
    run(
        "eval_refine_trans",
        f"{folders} --residual-t2m-checkpoint-folder {refine} --repeats 1 --exp-name {kind} "
        "--text-encoder-path clip",
    )
    rows = json.loads((newest(f"eval_output/{kind}") / "results.json").read_text())["rows"]
    errors = {row["name"]: row["metrics"].get("mpjpe", {}).get("mean") for row in rows}
    assert 10 < errors["reconstruction"] < 2000  # millimetres, of a model that has learned next to nothing
    model = TextToMotion.from_pretrained(refine, text_encoder_path="clip")
    clip = model.generate("a person walks", seconds=1.6)
    assert (clip.fps, clip.joints.shape, clip.features.shape) == (12.5, (20, 21, 3), (20, 251))
    assert 0.5 < np.ptp(clip.joints[..., 1]) < 5  # metres
