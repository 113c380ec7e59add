"""Edits of the motion through `edit_motion`: alone and mixed with edits of codes, from Python and from files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from editing_world import FPS, codec, person, write_tokenizer

import edit_motion as script
import editing
from dataset.composing.bodies import lengths_of
from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from dataset.procedural import toy_motions, toy_travel
from editing import SetCode, Span, edit_motion, load_clip
from editing.sources import clip_of
from utils import quantities
from utils.place import place_of
from utils.rotation import turn
from utils.runtime import UserError

ROOT = Path(__file__).resolve().parents[1]
ELBOW = SetCode("L-elbow angle", value=90, span=Span(1, 2))


def made(action, size: float = 1.0, **how) -> np.ndarray:
    """Joints (81, 22, 3) of a puppet of some size, elsewhere and facing another way than a tokenizer sees it."""
    rng = np.random.default_rng(5)
    puppet = toy_travel.make_puppet(81, FPS, rng)
    action(puppet, 0.5, 3.5, rng, **how)
    return turn(size * puppet.joints(), np.float64(2.0)) + (3.0, 0.2, -1.0)


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    joints = made(toy_travel.walk, size=0.95)
    return clip_of(extract_features(joints, codec().spec), codec(), "a person walks", joints=joints)


def assert_consistent(clip: MotionClip) -> None:
    """Joints, features and codes are of one motion of one length."""
    frames = len(clip.joints)
    assert len(clip.features) == frames and len(clip.pose_codes) == -(-frames // 4) == len(
        clip.residual_codes
    )
    recovered = recover_joints(clip.features)
    at_home = place_of(clip.joints, recovered).take(clip.joints.astype(float))
    assert np.abs(at_home - recovered).max() < 5e-3
    assert (codec().parse(at_home)[::4] == clip.pose_codes).mean() > 0.95


MIXTURES = [
    [editing.Turn(90, span=Span(1, 2)), ELBOW],
    [ELBOW, editing.Retime(2.0)],
    [editing.MirrorMotion(), editing.Head(nod=2), editing.Amplitude("arms", 0.0)],
    [editing.Cut(span=Span(0, 1)), editing.Repeat(2), editing.StepAside(0.3, "left")],
    [editing.Pause(0.5), SetCode("R-elbow angle", value=60, shape="gesture")],
]


@pytest.mark.parametrize("operations", MIXTURES, ids=str)
def test_any_mixture_gives_a_consistent_clip(walk, operations):
    result = edit_motion(walk, operations, codec())
    assert_consistent(result.edited)
    frames = len(result.edited.joints)
    assert result.operations == tuple(operations)
    assert result.plan.weight.shape == result.origin.shape == (frames,) and result.marks.shape == (frames, 22)
    assert result.achieved.shape == result.plan.target_codes.shape == (frames, 70)
    for operation in operations:
        if isinstance(operation, editing.MotionOperation):
            assert type(operation).__name__ in result.difference
    bones = [lengths_of(clip.joints) for clip in (walk, result.edited)]
    assert np.abs(bones[1] - bones[0][0]).max() < 2e-4  # float32, metres from the origin


def test_operations_are_carried_out_in_order(walk):
    """An edit after a change of time counts in the new time, one before it moves along with it."""
    after = edit_motion(
        walk, [editing.Retime(2.0), SetCode("L-elbow angle", value=60, span=Span(1, 1.5))], codec()
    )
    before = edit_motion(
        walk, [SetCode("L-elbow angle", value=60, span=Span(2, 3)), editing.Retime(2.0)], codec()
    )
    for result in (after, before):
        assert len(result.edited.joints) == 40
        held = np.flatnonzero(result.plan.held)
        assert held[0] == pytest.approx(20, abs=1) and held[-1] == pytest.approx(29, abs=1)
        assert result.success > 0.9
        assert np.abs(quantities.elbow_bend(result.edited.joints, 0)[22:28] - 120).max() < 12


def test_frames_that_nobody_edited_are_the_clips_exactly(walk):
    for operation in (
        editing.Pause(1.0, span=Span(2)),
        editing.Exchange("arms"),
        editing.Turn(60, span=Span(2, 3)),
    ):
        result = edit_motion(walk, operation, codec())
        first = slice(0, 24) if not isinstance(operation, editing.Exchange) else slice(0, 0)
        assert (result.edited.joints[first] == walk.joints[first]).all()
        assert (result.edited.pose_codes[:6] == walk.pose_codes[:6])[: len(range(81)[first]) // 4].all()
        legs = [0, 1, 2, 4, 5, 7, 8, 10, 11]
        if isinstance(operation, editing.Exchange):
            assert (result.edited.joints[:, legs] == walk.joints[:, legs]).all()


def test_steps_that_nobody_edited_keep_their_codes(walk):
    result = edit_motion(walk, editing.Cut(span=Span(0.4, 1.4)), codec())
    # 20 frames are cut: steps after the transition are the clip's, five later.
    assert (result.edited.residual_codes[9:-1] == walk.residual_codes[14:-1]).all()
    assert (result.edited.pose_codes[9:-1] == walk.pose_codes[14:-1]).all()
    assert "moved along with the path" in result.difference


def test_what_an_edit_of_codes_wanted_is_forgotten_where_the_motion_is_changed(walk):
    result = edit_motion(walk, [ELBOW, editing.MirrorMotion()], codec())
    assert not result.plan.edited.any() and np.isnan(result.success)
    turned = edit_motion(walk, [ELBOW, editing.Turn(90, span=Span(2.5, 3.5))], codec())
    assert turned.plan.edited.any() and turned.success > 0.9 and turned.fit is None


def test_mirroring_the_body_mirrors_the_motion():
    curve = made(toy_travel.walk, turn=80.0)
    source = clip_of(extract_features(curve, codec().spec), codec(), joints=curve)
    for edit in (editing.Mirror(), editing.Mirror("body"), "mirror the motion"):
        result = edit_motion(source, edit, codec())
        assert quantities.turned(result.edited.joints) == pytest.approx(
            -quantities.turned(source.joints), abs=1
        )
    only_arms = edit_motion(source, editing.Mirror(["left arm", "right arm"]), codec())
    assert quantities.turned(only_arms.edited.joints) == pytest.approx(
        quantities.turned(source.joints), abs=10
    )


def test_a_deeper_squat_goes_deeper_and_comes_up_again():
    joints = made(toy_motions.squat)
    source = clip_of(extract_features(joints, codec().spec), codec(), joints=joints)
    knees = ["L-knee angle", "R-knee angle"]
    height = [
        source.joints[:, 0, 1],
        edit_motion(source, editing.Scale(knees, factor=1.25), codec()).edited.joints[:, 0, 1],
    ]
    assert height[1].min() < height[0].min() - 0.04
    assert np.abs(height[1] - height[0])[[0, -1]].max() < 0.02
    with pytest.raises(UserError, match="hardly moves 'L-elbow angle'"):
        still = clip_of(extract_features(np.repeat(person(2)[:1], 61, 0), codec().spec), codec())
        edit_motion(still, editing.Scale("L-elbow angle", amount=-30.0), codec())


def test_a_higher_raise_still_rises():
    joints = made(toy_motions.raise_arms, sides=(1,))
    source = clip_of(extract_features(joints, codec().spec), codec(), joints=joints)
    result = edit_motion(source, editing.Scale("R-hand vs R-shoulder relY", factor=0.6), codec())
    before, after = (
        quantities.wrist_over(c.joints, 1, quantities.SHOULDERS[1]) for c in (source, result.edited)
    )
    assert after.max() < before.max() - 0.15 and np.ptp(after) > 0.4
    assert np.abs(after - before)[:8].max() < 0.05


def test_a_gesture_has_an_onset_a_hold_and_a_release_where_the_clip_moves_the_limb():
    joints = made(toy_motions.raise_arms, sides=(1,))
    source = clip_of(extract_features(joints, codec().spec), codec(), joints=joints)
    up = quantities.wrist_over(source.joints, 1, quantities.SHOULDERS[1]) > -0.2
    result = edit_motion(source, SetCode("R-elbow angle", value=90, shape="gesture"), codec())
    held = result.plan.held
    assert 0.5 < held.sum() / FPS < 3.2 and not held[[0, -1]].any()
    assert (up & held).sum() > 0.8 * min(up.sum(), held.sum())
    always = edit_motion(source, SetCode("R-elbow angle", value=90), codec())
    assert always.plan.held.all()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SetCode("left elbow", value=0.5), "'L-elbow vs R-elbow distance'"),
        (lambda: SetCode("left arm", category=1), "of different kinds"),
        (lambda: editing.Shift("L-hand vs L-hip relY", amount=30.0), "give -2.5 to 2.5 metres"),
        (lambda: SetCode("L-elbow angle", value=400), "give 0 to 180 degrees"),
        (lambda: editing.Clamp("left arm", low=0.1), "of different kinds"),
    ],
)
def test_one_number_for_groups_of_different_kinds_is_refused_with_their_names(walk, make, said):
    with pytest.raises(UserError, match=re.escape(said)):
        edit_motion(walk, make(), codec())


def test_degrees_for_a_joint_are_its_bend(walk):
    assert SetCode("left elbow", value=90).resolved() == (2,)
    assert editing.Shift("legs", amount=-20.0).resolved() == (0, 1)
    result = edit_motion(walk, SetCode("left elbow", value=90, span=Span(1, 2)), codec())
    assert result.plan.groups == (2,)


def test_files_in_place_of_clips_are_one_line(walk, tmp_path):
    with pytest.raises(UserError, match=r"'walk.npz' is no clip; load_clip") as error:
        edit_motion("walk.npz", ELBOW, codec())
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="is no tokenizer; load_codec"):
        edit_motion(walk, ELBOW, "pretrained/small")
    with pytest.raises(UserError, match="is no operation; see editing.OPERATIONS"):
        edit_motion(walk, [3], codec())


def test_the_readme_shows_an_edit_that_works(tmp_path, monkeypatch):
    code = re.findall(r"```python\n(from editing import .*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(code) == 1 and len([line for line in code[0].splitlines() if line.strip()]) == 5
    np.save(tmp_path / "walk.npy", made(toy_travel.walk))
    tokenizer = write_tokenizer(tmp_path / "tokenizer")
    places = {"pretrained/small": tokenizer}
    places |= {"walk.bvh": tmp_path / "walk.npy", "edited.npz": tmp_path / "edited.npz"}
    for shown, here in places.items():
        assert code[0].count(f'"{shown}"') == 1
        code[0] = code[0].replace(f'"{shown}"', repr(str(here)))
    exec(compile(code[0], "README.md", "exec"), {})
    assert_consistent(load_clip(tmp_path / "edited.npz", codec()))


def run(monkeypatch, *argv) -> None:
    monkeypatch.setattr("sys.argv", ["edit_motion.py", *map(str, argv)])
    script.main()


def test_a_saved_list_is_carried_out(tmp_path, monkeypatch, capsys):
    np.save(tmp_path / "walk.npy", made(toy_travel.walk))
    listed = tmp_path / "mine.yaml"
    listed.write_text(
        editing.operations_to_yaml([editing.Turn(90, span=Span(1, 2)), editing.Retime(1.5), ELBOW])
    )
    how = ["--checkpoint-folder", write_tokenizer(tmp_path / "tokenizer"), "--out", tmp_path / "out"]
    run(
        monkeypatch,
        "--motion",
        tmp_path / "walk.npy",
        "--operations",
        listed,
        "--formats",
        "npz",
        "mp4",
        "txt",
        *how,
    )
    assert "turned to the left" in capsys.readouterr().out
    edited = load_clip(tmp_path / "out/walk_edited.npz", codec())
    assert len(edited.joints) == round(80 / 1.5)
    assert (tmp_path / "out/walk_edited.txt").read_text().startswith("operations of mine.yaml")
    listed.write_text("- Trn: {degrees: 90}")
    with pytest.raises(UserError, match="did you mean Turn"):
        run(monkeypatch, "--motion", tmp_path / "walk.npy", "--operations", listed, *how)
