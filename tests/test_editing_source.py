"""What nobody edits is the source's: its frames, limbs, path, place and bones, whatever the tokenizer can express."""

from dataclasses import replace

import numpy as np
import pytest
from editing_world import FPS, SPEC, clip, codec, features_of, person, write_tokenizer

import edit_motion as script
from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from dataset.pose_codes import parse_pose_codes
from dataset.pose_codes.measures import measure
from editing import edit_motion, parse_instruction, plan_edit
from editing.assemble import carry
from editing.decode import decode_preserve
from editing.edit import source_of, start_of
from editing.evaluation import ways
from editing.language.prompts import clip_summary
from editing.measure_edits import measure_edit
from editing.own_motion import own_motion, rigid
from editing.pose_fit import fit_poses
from editing.reconstruction import POOR_POSE, reconstruction_error
from editing.sources import clip_of, load_clip, reconstructed
from utils.place import place_of
from utils.rotation import turn
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

RAISE = "raise the left hand from 1 s to 2 s"
LEFT_ARM = [16, 18, 20]  # with its shoulder, which rises with it
REST = [joint for joint in range(22) if joint not in LEFT_ARM]
PARENTS = list(T2M_SKELETON.parents[1:])


def dance(frames: int = 81, size: float = 1.0) -> np.ndarray:
    """Joints (frames, 22, 3) of a person who turns 1.5 times while moving on, far from the origin, facing away."""
    t = np.arange(frames) / FPS
    joints = turn(size * person(frames), 2.0 + 3 * np.pi * t[:, None] / t[-1])
    return joints + np.stack([4 + 0.8 * np.sin(t), 0.3 + 0 * t, -3 + 0.5 * t], -1)[:, None]


def apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances (T, J) of joints (T, J, 3)."""
    return np.linalg.norm(np.asarray(a, float) - b, axis=-1)


def bones(joints: np.ndarray) -> np.ndarray:
    return np.linalg.norm(joints[:, 1:] - joints[:, PARENTS], axis=-1)


def test_a_clip_that_the_tokenizer_cannot_express_keeps_what_nobody_edited():
    source = clip_of(features_of(dance()), codec())
    assert reconstruction_error(source, codec()).pose > POOR_POSE
    result = edit_motion(source, RAISE, codec())
    gap, unedited = apart(result.edited.joints, source.joints), result.plan.weight == 0
    assert unedited.sum() > 20 and gap[unedited].max() == 0
    assert gap[:, REST].max() < 1e-5 and gap[result.plan.held, 20].min() > 0.2
    np.testing.assert_array_equal(result.source.joints, source.joints)
    assert result.success == 1.0
    np.testing.assert_allclose(recover_joints(result.edited.features), result.edited.joints, atol=1e-4)
    today = edit_motion(reconstructed(source, codec()), RAISE, codec(), source="reconstruction")
    assert apart(today.edited.joints, source.joints)[unedited].max() > 0.05


@pytest.mark.parametrize("size", [1.0, 0.7])
def test_a_file_stays_where_it_stands_and_keeps_its_bones(tmp_path, monkeypatch, capsys, size):
    joints = dance(size=size).astype(np.float32)
    np.save(tmp_path / "dance.npy", joints)
    folder = write_tokenizer(tmp_path / "tokenizer")
    argv = ["--motion", tmp_path / "dance.npy", "--instruction", RAISE, "--checkpoint-folder", folder, "--device", "cpu",
            "--out", tmp_path / "out", "--formats", "npz", "npy", "txt"]  # fmt: skip
    monkeypatch.setattr("sys.argv", ["edit_motion.py", *map(str, argv)])
    script.main()
    edited = np.load(tmp_path / "out/dance_edited.npy")
    gap = apart(edited, joints[:80])
    assert gap[:5].max() == gap[-5:].max() == 0  # more than half a second from the edit
    assert gap[:, REST].max() < 1e-4 and gap[25:35, 20].min() > 0.2 * size
    np.testing.assert_allclose(bones(edited), bones(joints[:80]), atol=1e-4)
    said = capsys.readouterr()
    assert (
        "warning: the tokenizer can't express this clip" in said.err
        and "keep the clip's own joints" in said.err
    )
    assert " mm from the source on average" in (tmp_path / "out/dance_edited.txt").read_text()
    with np.load(tmp_path / "out/dance_edited.npz") as saved:  # features and joints are one motion
        np.testing.assert_array_equal(saved["joints"], edited)
        recovered = recover_joints(saved["features"])
    place = place_of(edited, recovered)
    assert apart(place.put(recovered), edited).max() < 1e-3

    monkeypatch.setattr(
        "sys.argv",
        ["edit_motion.py", *map(str, argv[2:]), "--motion", str(tmp_path / "out/dance_edited.npz")],
    )
    script.main()  # again: still the same place and body
    again = np.load(tmp_path / "out/dance_edited_edited.npy")
    assert apart(again, joints[:80])[:, REST].max() < 1e-3


def test_a_clip_with_codes_is_edited_as_it_is_shown():
    """What generate.py writes: features as decoded, joints moved to constant bones."""
    decoded = clip(80)
    shown = decoded.joints + np.random.default_rng(0).normal(0, 0.004, (1, 22, 3)).astype(np.float32)
    source = replace(decoded, joints=shown.astype(np.float32))
    result = edit_motion(source, RAISE, codec())
    gap, unedited = apart(result.edited.joints, shown), result.plan.weight == 0
    assert gap[unedited].max() == 0 and gap[:, REST].max() < 1e-5
    assert apart(recover_joints(result.edited.features), result.edited.joints).max() < 0.02
    far = (result.plan.weight.reshape(-1, 4) == 0).all(1)
    np.testing.assert_array_equal(result.edited.residual_codes[far], source.residual_codes[far])
    np.testing.assert_array_equal(result.plan.source_codes, codec().parse(own_motion(source, codec()).joints))


def test_the_reconstruction_is_edited_as_before():
    source, other = reconstructed(clip(60), codec()), codec()
    result = edit_motion(source, RAISE, other, source="reconstruction")
    start = source_of(source, other)
    operations = parse_instruction(RAISE).operations
    plan = plan_edit(
        parse_pose_codes(start.joints, "heading"), operations, FPS, measure(start.joints, "heading")
    )
    expected = decode_preserve(other, start, plan, fit_poses(start.joints, plan, "heading"))
    np.testing.assert_array_equal(result.edited.joints, expected.joints)
    np.testing.assert_array_equal(result.edited.features, expected.features)
    np.testing.assert_array_equal(result.edited.residual_codes, expected.residual_codes)
    assert result.difference.endswith("mm from its reconstruction\n")


def test_the_error_of_the_reconstruction_is_measured_and_said():
    source, other = clip(60), codec()
    decoded = recover_joints(other.decode(source.pose_codes, source.residual_codes, 60))
    gap = decoded.astype(float) - source.joints
    error = reconstruction_error(source, other)
    np.testing.assert_allclose(error.pose, np.linalg.norm(gap - gap[:, :1], axis=-1).mean(), rtol=1e-4)
    np.testing.assert_allclose(error.path, np.linalg.norm(gap[:, 0, ::2], axis=-1).max(), rtol=1e-4)
    assert error.poor
    assert (
        reconstruction_error(reconstructed(source, other), other) == error
    )  # of the motion that was encoded
    assert f"{1000 * error.pose:.0f} mm from the source" in edit_motion(source, RAISE, other).difference
    features = other.decode(source.pose_codes, source.residual_codes)
    generated = replace(source, features=features, joints=recover_joints(features))
    exact = reconstruction_error(generated, other)
    assert exact.worst < 1e-4 and not exact.poor and str(exact) == "the source itself"


def test_prompt_plan_and_report_speak_of_the_joints_that_are_written(tmp_path, monkeypatch, capsys):
    folder = write_tokenizer(tmp_path / "tokenizer")
    source = clip(60)
    joints = source.joints.copy()
    joints[:, 20] = joints[:, 18] + np.array([0, 0.27, 0])  # a left hand that the features have below
    replace(source, joints=joints).save(tmp_path / "up.npz")
    argv = [
        "--motion",
        tmp_path / "up.npz",
        "--checkpoint-folder",
        folder,
        "--device",
        "cpu",
        "--bones",
        "raw",
    ]
    monkeypatch.setattr(
        "sys.argv", ["edit_motion.py", *map(str, argv), "--instruction", "wave", "--llm", "--dry-run"]
    )
    script.main()
    shown = clip_summary(parse_pose_codes(joints, "heading"), FPS)
    assert shown in capsys.readouterr().out
    clip_, other = load_clip(tmp_path / "up.npz", codec()), codec()
    result = edit_motion(clip_, "lower the left hand", other)
    np.testing.assert_array_equal(result.plan.source_codes, parse_pose_codes(joints, "heading"))
    np.testing.assert_array_equal(result.achieved, parse_pose_codes(result.edited.joints, "heading"))


def test_where_a_clip_stands_does_not_change_its_codes():
    other = codec()
    other.frame = "world"  # codes of the published weights refer to the direction faced at the start
    straight, turned = person(61, walk=0.5), turn(person(61, walk=0.5), 2.0) + (3.0, 0.5, -1.0)
    one, two = (clip_of(extract_features(j, SPEC), other, joints=j) for j in (straight, turned))
    a, b = (start_of(c, other) for c in (one, two))
    np.testing.assert_allclose(a.joints, b.joints, atol=1e-4)
    assert (other.parse(a.joints) == other.parse(b.joints)).mean() > 0.999
    result = edit_motion(two, RAISE, other)
    assert result.success == 1.0 and apart(result.edited.joints, turned[:60])[:, REST].max() < 1e-4


def test_places_are_found_and_undone():
    joints = features_of(person(41, walk=0.4))
    joints = recover_joints(joints)
    there = turn(joints, -2.5) + (1.0, 0.2, -7.0)
    place = place_of(there, joints)
    np.testing.assert_allclose(place.put(joints), there, atol=1e-5)
    np.testing.assert_allclose(place.take(there), joints, atol=1e-5)


def test_a_change_is_carried_to_another_body():
    small, large = person(20), 1.3 * person(20)
    moved = small.copy()
    moved[5:, 20] = moved[5:, 18] + np.array([0.0, np.linalg.norm(small[0, 20] - small[0, 18]), 0.0])
    np.testing.assert_array_equal(carry(small, small, large), large)
    np.testing.assert_allclose(carry(small, moved, small), moved, atol=1e-9)
    np.testing.assert_allclose(carry(small, moved, large)[:, REST], large[:, REST], atol=1e-9)
    np.testing.assert_allclose(carry(small, moved, large)[5:, 20], 1.3 * moved[5:, 20], atol=1e-9)


def test_only_a_decoders_bones_are_made_constant():
    rng = np.random.default_rng(0)
    breathing = person(40) + rng.normal(0, 0.003, (40, 22, 3))
    raw = replace(clip(40), joints=breathing.astype(np.float32))
    np.testing.assert_allclose(np.ptp(bones(rigid(raw).joints), axis=0), 0, atol=1e-5)
    for joints in (person(40), 0.8 * breathing):
        own = replace(raw, joints=joints)
        assert rigid(own) is own


def test_joints_of_nobodys_size_are_taken_on_the_training_skeleton(tmp_path, capsys):
    np.save(tmp_path / "cm.npy", 100 * person(41))
    loaded = load_clip(tmp_path / "cm.npy", codec())
    assert "legs of 8" in capsys.readouterr().err
    np.testing.assert_allclose(
        bones(loaded.joints), T2M_SKELETON.bone_lengths[None, 1:].repeat(40, 0), atol=1e-4
    )


def test_a_bvh_file_is_read_where_it_stands(tmp_path):
    joints = dance(49, 0.9)
    write_bvh(tmp_path / "dance.bvh", joints, FPS)
    read = load_clip(tmp_path / "dance.bvh", codec())
    assert len(read.joints) == 48 and apart(read.joints, joints[:48]).max() < 0.01


def test_the_evaluation_compares_with_the_clip_itself():
    source, other = clip(60), codec()
    made, found = ways(other, source, RAISE, "clip"), {}
    plan, fit = made["preserve"].plan, made["preserve"].fit
    for way, result in made.items():
        edited = result if isinstance(result, MotionClip) else result.edited
        found[way] = measure_edit(source, edited, plan, fit.joints)
    assert found["preserve"].frames_worst == found["preserve"].path == 0 and found["preserve"].limbs < 0.01
    assert found["preserve"].success == 1
    assert found["preserve, reconstruction"].frames_worst > 50 and found["no edit, reconstruction"].limbs > 5
    assert "preserve, no touch-up" in ways(other, source, RAISE, "reconstruction")


def test_sources_are_named(tmp_path):
    np.save(tmp_path / "a.npy", person(30))
    with pytest.raises(UserError, match="--source other"):
        load_clip(tmp_path / "a.npy", codec(), keep="other")
    with pytest.raises(UserError, match="--source other"):
        edit_motion(clip(40), RAISE, codec(), source="other")
    older, newer = (load_clip(tmp_path / "a.npy", codec(), keep=word) for word in ("original", "clip"))
    np.testing.assert_array_equal(older.joints, newer.joints)
