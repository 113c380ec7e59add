"""A clip is one thing: its features, joints, codes and sentences agree, in memory, in its file, and after an edit."""

from dataclasses import fields, replace

import numpy as np
import pytest
from editing_world import FPS, clip, codec, person, write_tokenizer

import edit_motion as script
from dataset.features import joints_in_metres, joints_to_features
from dataset.motion_clip import MotionClip
from editing import edit_motion
from editing.evaluation import ways
from editing.loading import load_bank
from utils.rotation import turn
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

RAISE = "raise the left hand from 1 s to 2 s"
SENTENCES = (("a person stands", 0.0, 1.5), ("still standing", 1.5, 3.0))


def breathing(frames: int = 60) -> MotionClip:
    """A clip as a decoder leaves it: every joint off by some millimetres, frame by frame."""
    noise = np.random.default_rng(1).normal(0, 0.006, (frames, 22, 3))
    joints = person(frames, walk=0.4) + noise
    return replace(clip(frames), segments=SENTENCES).with_motion(
        joints_to_features(joints, clip(frames).features, np.ones(frames), T2M_SKELETON)
    )


def bones(joints: np.ndarray, parents: tuple[int, ...] = T2M_SKELETON.parents) -> np.ndarray:
    return np.linalg.norm(joints[:, 1:] - joints[:, list(parents[1:])], axis=-1)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(np.asarray(a, float) - b, axis=-1).max())


def test_bones_of_constant_length_are_those_of_joints_and_features():
    loose = breathing()
    steady = loose.with_constant_bones()
    assert np.ptp(bones(loose.joints), axis=0).max() > 0.02
    for joints in (steady.joints, joints_in_metres(steady.features)):
        np.testing.assert_allclose(
            bones(joints), T2M_SKELETON.bone_lengths[None, 1:].repeat(60, 0), atol=1e-3
        )
    assert np.array_equal(steady.joints, joints_in_metres(steady.features))
    assert 0 < apart(steady.joints, loose.joints) < 0.04
    for name in ("text", "fps", "pose_frame", "segments"):
        assert getattr(steady, name) == getattr(loose, name)
    assert np.array_equal(steady.pose_codes, loose.pose_codes)  # what it was decoded from
    assert apart(steady.with_constant_bones().joints, steady.joints) < 1e-3


def test_a_clip_that_stands_elsewhere_stays_there():
    loose = breathing()
    there = turn(loose.joints.astype(float), np.float64(2.0)) + (3.0, 0.2, -1.0)
    steady = loose.with_motion(loose.features, there).with_constant_bones()
    assert apart(steady.joints, there) < 0.04
    here = turn(steady.joints - np.array([3.0, 0.2, -1.0]), np.float64(-2.0))
    assert (
        apart(
            here - here[:1, :1], joints_in_metres(steady.features) - joints_in_metres(steady.features)[:1, :1]
        )
        < 0.01
    )
    np.testing.assert_allclose(bones(joints_in_metres(steady.features)), bones(steady.joints), atol=1e-4)


def test_kit_clips_agree_too():
    frames, rng = 20, np.random.default_rng(0)
    joints = np.zeros((frames, 21, 3))
    for chain in KIT_SKELETON.chains:
        for parent, child in zip(chain, chain[1:], strict=False):
            joints[:, child] = joints[:, parent] + 0.2 * np.asarray(KIT_SKELETON.rest_directions[child])
    joints += rng.normal(0, 0.005, joints.shape) - [0, joints[..., 1].min(), 0]
    unit = KIT_SKELETON.metres_per_unit
    features = joints_to_features(
        joints / unit, np.zeros((frames, 251), np.float32), np.ones(frames), KIT_SKELETON
    )
    codes = np.zeros((5, 70), np.uint8)
    loose = MotionClip("stand", features, joints.astype(np.float32), codes, None, 12.5, "heading")
    steady = loose.with_constant_bones()
    assert np.ptp(bones(steady.joints, KIT_SKELETON.parents), axis=0).max() < 1e-3
    moved = joints_in_metres(steady.features)
    assert apart(moved - moved[:1, :1], steady.joints - steady.joints[:1, :1]) < 1e-4
    assert apart(steady.joints, joints) < 0.04


def test_everything_comes_back_from_its_file(tmp_path):
    first = replace(breathing(61), residual_codes=clip(61).residual_codes)
    for kept in (first, replace(first, residual_codes=None, segments=())):
        kept.save(tmp_path / "clip.npz")
        back = MotionClip.load(tmp_path / "clip.npz")
        assert MotionClip.load(tmp_path / "clip.npz", codec().spec, codec().shape).segments == kept.segments
        for field in fields(MotionClip):
            ours, theirs = getattr(kept, field.name), getattr(back, field.name)
            same = np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs
            assert same, field.name


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"segment_texts": None}, "belong together"),
        ({"segment_seconds": np.zeros((3, 2))}, "segment_seconds"),
        ({"segment_seconds": np.array([[0.0, 1.0], [2.0, 1.0]])}, "ends before it begins"),
        ({"segment_texts": np.array([1.0, 2.0])}, "segment_texts"),
        ({"fps": np.array(0.0)}, "fps"),
        ({"features": np.zeros((60, 99), np.float32)}, "99 wide"),
    ],
)
def test_a_file_that_contradicts_itself_is_named(tmp_path, changes, says):
    breathing().save(tmp_path / "clip.npz")
    with np.load(tmp_path / "clip.npz") as stored:
        arrays = {**stored, **changes}
    np.savez(tmp_path / "clip.npz", **{name: value for name, value in arrays.items() if value is not None})
    with pytest.raises(UserError, match=says) as refusal:
        MotionClip.load(tmp_path / "clip.npz")
    assert "clip.npz" in str(refusal.value)


@pytest.mark.parametrize("decoding", ["preserve", "published"])
def test_an_edited_sequence_keeps_its_sentences(tmp_path, monkeypatch, decoding):
    replace(clip(60), segments=SENTENCES).save(tmp_path / "story.npz")
    argv = ["--motion", tmp_path / "story.npz", "--instruction", RAISE, "--device", "cpu", "--decoding", decoding,
            "--checkpoint-folder", write_tokenizer(tmp_path / "tokenizer"), "--out", tmp_path, "--formats", "npz",
            "--consistency", "none"]  # fmt: skip
    monkeypatch.setattr("sys.argv", ["edit_motion.py", *map(str, argv)])
    script.main()
    edited = MotionClip.load(tmp_path / "story_edited.npz")
    assert edited.segments == SENTENCES and edited.ends == [30, 60]
    # Joints with bones of constant length come with the features of these joints.
    assert apart(edited.joints, joints_in_metres(edited.features)) < 0.005


def test_the_published_row_is_the_published_edit():
    source, other = clip(60), codec()
    made = ways(other, source, RAISE, "clip")
    result = edit_motion(source, RAISE, other, decoding="published", consistency="none")
    wanted = source.pose_codes.copy()
    for step in range(len(wanted)):  # only what the edit names changes
        for group in range(70):
            if result.plan.edited[4 * step, group]:
                wanted[step, group] = result.plan.target_codes[4 * step, group]
    assert (wanted != source.pose_codes).any()
    for one in (result, made["published"]):
        np.testing.assert_array_equal(one.edited.pose_codes, wanted)
        np.testing.assert_allclose(one.edited.features, other.decode(wanted, frames=60), atol=1e-6)
    default = edit_motion(source, RAISE, other)
    np.testing.assert_array_equal(made["preserve"].edited.joints, default.edited.joints)
    fitted = edit_motion(source, RAISE, other, decoding="published")
    np.testing.assert_array_equal(made["published + pose fit"].edited.pose_codes, fitted.edited.pose_codes)


def test_the_bank_of_codes_has_one_row_a_step(tmp_path):
    (tmp_path / "codes_heading").mkdir()
    codes = np.zeros((16, 70), np.uint8)
    codes[:, 0] = np.arange(16) % 8  # group 0 has more categories than that
    np.save(tmp_path / "codes_heading/a.npy", codes)
    (tmp_path / "train.txt").write_text("a\n")
    other = codec()
    for stride, rows in ((4, [0, 4]), (8, [0]), (2, [0, 2, 4, 6])):
        other.stride = stride
        assert load_bank(tmp_path, other).codes[:, 0].tolist() == rows
    assert FPS == other.spec.fps
