"""The toy data set: complete, repeatable, and its motions do what their captions say."""

from __future__ import annotations

import filecmp

import numpy as np
import pytest

from dataset.captions import parse_line, read_captions
from dataset.features import recover_joints
from dataset.prepare import make_toy
from dataset.procedural.toy_captions import LEXICON, PREDICATES, SUBJECTS, base_kind, conjugate
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON, facing_direction

FPS = 20.0
LEFT_WRIST, RIGHT_WRIST, HEAD = (T2M_SKELETON.index(name) for name in ("left_wrist", "right_wrist", "head"))
TOES, ANKLES = [10, 11], [7, 8]


def act(kind: str, seed: int = 0, seconds: float | None = None) -> np.ndarray:
    """Joints of one action with 0.3 s of rest before and after it."""
    rng = np.random.default_rng(seed)
    seconds = seconds or (KINDS[kind].shortest + KINDS[kind].longest) / 2
    puppet = make_puppet(int((seconds + 0.6) * FPS), FPS, rng)
    KINDS[kind].action(puppet, 0.3, 0.3 + seconds, rng)
    return puppet.joints()


def heading(joints: np.ndarray) -> np.ndarray:
    """Unwrapped yaw (T,) in degrees, positive to the left (counterclockwise from above)."""
    facing = facing_direction(joints, T2M_SKELETON)
    return np.degrees(np.unwrap(np.arctan2(facing[:, 0], facing[:, 2])))


@pytest.fixture(scope="module")
def data_set(tmp_path_factory):
    out = tmp_path_factory.mktemp("toy") / "Toy"
    make_toy.main(["--out", str(out), "--clips", "40", "--seed", "3"])
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_bodies_keep_their_bones_stay_on_the_floor_and_move_smoothly(kind, seed):
    joints = act(kind, seed)
    bones = np.linalg.norm(joints[:, 1:] - joints[:, list(T2M_SKELETON.parents[1:])], axis=-1)
    assert np.abs(bones - T2M_SKELETON.bone_lengths[1:]).max() < 1e-3
    assert joints[..., 1].min() > -0.005
    if "jump" not in kind and kind not in ("jog_forward", "run_in_place"):
        assert joints[:, TOES, 1].min(1).max() < 0.02  # one foot on the floor at all times
    assert np.abs(np.diff(joints, axis=0)).max() < 0.45
    assert np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).max() < 0.3


@pytest.mark.parametrize("kind", KINDS)
def test_feet_on_the_floor_do_not_slide_and_knees_bend_forward(kind):
    joints = act(kind)
    toes = joints[:, TOES]
    down = toes[..., 1] < 0.006
    planted = down[1:] & down[:-1]
    steps = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1)
    assert steps[planted].max() < 0.02
    for hip, knee, ankle in ((1, 4, 7), (2, 5, 8)):
        middle = (joints[:, hip] + joints[:, ankle]) / 2
        assert ((joints[:, knee] - middle) * facing_direction(joints, T2M_SKELETON)).sum(-1).min() > -0.02


@pytest.mark.parametrize(("kind", "sign"), [("turn_left", 1), ("turn_right", -1)])
def test_turns_go_to_their_side(kind, sign):
    turned = heading(act(kind))
    assert turned[0] == pytest.approx(0, abs=8)
    assert 80 < sign * turned[-1] < 370
    assert np.ptp(act(kind)[:, 0, [0, 2]], axis=0).max() < 0.3  # on the spot


@pytest.mark.parametrize(("kind", "sign"), [("walk_circle_left", 1), ("walk_circle_right", -1)])
def test_circles_go_to_their_side(kind, sign):
    joints = act(kind)
    way = joints[:, 0, [0, 2]]
    assert sign * heading(joints)[-1] > 80
    assert sign * way[:, 0].mean() > 0.2  # left is +x
    assert np.linalg.norm(np.diff(way, axis=0), axis=1).sum() > 1.5


@pytest.mark.parametrize(
    ("kind", "axis", "sign"),
    [
        ("walk_forward", 2, 1),
        ("jog_forward", 2, 1),
        ("walk_backward", 2, -1),
        ("sidestep_left", 0, 1),
        ("sidestep_right", 0, -1),
        ("jump_forward", 2, 1),
    ],
)
def test_travel_goes_the_right_way_without_turning(kind, axis, sign):
    joints = act(kind)
    moved = joints[-1, 0] - joints[0, 0]
    assert sign * moved[axis] > 0.3
    assert abs(moved[2 - axis]) < 0.1
    assert np.abs(heading(joints)).max() < 30


@pytest.mark.parametrize("kind", ["raise", "wave"])
def test_arms_go_up_on_their_side(kind):
    for side, wrist, other in (("left", LEFT_WRIST, RIGHT_WRIST), ("right", RIGHT_WRIST, LEFT_WRIST)):
        joints = act(f"{kind}_{side}")
        height = joints[..., 1] - joints[:, HEAD, 1][:, None]
        assert height[len(joints) // 2 - 6 : len(joints) // 2 + 6, wrist].max() > (
            0.1 if kind == "raise" else -0.1
        )
        assert height[:, other].max() < -0.3
        assert height[[0, -1], wrist].max() < -0.3
    both = act(f"{kind}_both")
    assert (both[len(both) // 2, [LEFT_WRIST, RIGHT_WRIST], 1] > both[len(both) // 2, 12, 1] - 0.15).all()


def test_raising_the_left_arm_brings_the_wrist_over_the_head_for_any_seed():
    for seed in range(6):
        joints = act("raise_left", seed)
        assert (joints[:, LEFT_WRIST, 1] - joints[:, HEAD, 1]).max() > 0.15


def test_kicks_punches_lunges_and_stretches_use_the_named_side():
    for side, sign, toe, wrist in (("left", 1, 10, LEFT_WRIST), ("right", -1, 11, RIGHT_WRIST)):
        kick = act(f"kick_{side}")
        assert kick[:, toe, 1].max() > 0.3 > 0.15 > kick[:, 21 - toe, 1].max()
        punch = act(f"punch_{side}")
        ahead = punch[:, [LEFT_WRIST, RIGHT_WRIST], 2] - punch[:, :1, 2]
        assert ahead[:, wrist - LEFT_WRIST].max() > 0.5 > ahead[:, RIGHT_WRIST - wrist].max()
        lunge = act(f"lunge_{side}")
        low = lunge[:, 0, 1].argmin()
        assert lunge[low, toe, 2] - lunge[low, 21 - toe, 2] > 0.45
        stretch = act(f"stretch_{side}")
        lean = stretch[:, HEAD, 0] - stretch[:, 0, 0]
        assert sign * lean[np.abs(lean).argmax()] > 0.15


def test_squats_bows_seats_and_jumps():
    assert act("squat")[:, 0, 1].min() < 0.7
    assert act("sit")[:, 0, 1].min() == pytest.approx(0.5, abs=0.05)
    bow = act("bow")
    assert (bow[:, HEAD, 2] - bow[:, 0, 2]).max() > 0.25
    jump = act("jump")
    assert jump[:, TOES, 1].min(1).max() > 0.1
    clap = act("clap")
    apart = np.linalg.norm(clap[:, LEFT_WRIST] - clap[:, RIGHT_WRIST], axis=-1)
    assert apart.min() < 0.13 and ((apart[1:-1] < apart[:-2]) & (apart[1:-1] < apart[2:])).sum() >= 3
    run = act("run_in_place")
    assert np.ptp(run[:, 0, [0, 2]], axis=0).max() < 0.15 and run[:, TOES, 1].max() > 0.14


def test_the_layout_is_complete(data_set):
    names = [f"{i:06d}" for i in range(40)]
    assert (data_set / "all.txt").read_text().split() != []
    splits = {
        s: (data_set / f"{s}.txt").read_text().split() for s in ("train", "val", "test", "train_val", "all")
    }
    assert [len(splits[s]) for s in ("train", "val", "test")] == [32, 2, 6]
    assert splits["train_val"] == splits["train"] + splits["val"]
    assert sorted(splits["all"]) == names
    for name in names:
        features = np.load(data_set / "new_joint_vecs" / f"{name}.npy")
        joints = np.load(data_set / "new_joints" / f"{name}.npy")
        assert 60 <= len(features) <= 196 and features.shape[1] == 263
        assert np.allclose(recover_joints(features), joints, atol=1e-4)
        for folder in ("codes", "codes_heading"):
            assert np.load(data_set / folder / f"{name}.npy").shape == (len(features), 70)
    assert np.load(data_set / "Mean.npy").shape == np.load(data_set / "Std.npy").shape == (263,)
    assert (np.load(data_set / "Std.npy") > 0).all()


def test_captions_are_three_each_and_pairs_have_times(data_set):
    tagged = 0
    for path in sorted((data_set / "texts").iterdir()):
        captions = read_captions(path)
        whole = [caption for caption in captions if not caption.is_tagged]
        assert len({caption.text for caption in whole}) == len(whole) == 3
        frames = len(np.load(data_set / "new_joint_vecs" / f"{path.stem}.npy"))
        for caption in captions:
            assert len(caption.text.split()) == len(caption.tokens)
            if caption.is_tagged:
                start, end = caption.frame_range(FPS)
                assert end - start >= 40 and end <= frames
                tagged += 1
    assert tagged >= 4


def test_the_same_seed_makes_the_same_files(data_set, tmp_path):
    again, other = tmp_path / "again", tmp_path / "other"
    make_toy.main(["--out", str(again), "--clips", "40", "--seed", "3"])
    for path in sorted(data_set.rglob("*.*")):
        assert filecmp.cmp(path, again / path.relative_to(data_set), shallow=False), path.name
    make_toy.main(["--out", str(other), "--clips", "20", "--seed", "4"])
    name = "new_joints/000000.npy"
    assert not filecmp.cmp(data_set / name, other / name, shallow=False)


def test_all_kinds_are_present():
    lines = [line for clip in make_toy.toy_clips(400, 0) for line in clip.lines]
    text = " ".join(parse_line(line).text for line in lines)
    assert len(KINDS) >= 20
    for phrase in ("walks forward", "circle to the left", "turns to the right", "left hand", "right arm", "both arms",
                   "squat", "jump", "kick", "bow", "to the left", "backward", "clap", "punch", "stands up", "lunge",
                   "in place", "stretch"):  # fmt: skip
        assert phrase in text, phrase


def test_every_word_of_the_grammar_has_a_tag_and_every_kind_a_template():
    assert {base_kind(kind) for kind in KINDS} == set(PREDICATES)
    facts = {"shape": "circle curve", "side": "left right", "amount": "ninety degrees half way around all the",
             "manner": "quickly slowly", "limb": "both hands arms the hand arm", "way": "front side",
             "times": "once twice three four five six seven eight times", "high": "high low", "deep": "deep deeply "
             "slightly", "arms": "forward", "knees": "high", "stay": "a while", "other": "left"}  # fmt: skip
    words = [w for s in (*SUBJECTS, *facts.values()) for w in s.split()]
    words += [w for ts in PREDICATES.values() for t in ts for w in t.split()]
    unknown = [w for w in words if not w.startswith(("*", "{")) and "/" not in w and w not in LEXICON]
    assert unknown == []


@pytest.mark.parametrize(
    ("verb", "third", "progressive"),
    [
        ("walk", "walks", "walking"),
        ("punch", "punches", "punching"),
        ("raise", "raises", "raising"),
        ("squat", "squats", "squatting"),
        ("do", "does", "doing"),
        ("sidestep", "sidesteps", "sidestepping"),
        ("bow", "bows", "bowing"),
    ],
)
def test_verbs(verb, third, progressive):
    assert (conjugate(verb, "s"), conjugate(verb, "ing")) == (third, progressive)


def test_a_finished_folder_is_left_alone_and_a_strange_one_is_not_overwritten(data_set, tmp_path, capsys):
    before = (data_set / "build.json").stat().st_mtime_ns
    make_toy.main(["--out", str(data_set), "--clips", "40", "--seed", "3"])
    assert "nothing to do" in capsys.readouterr().out
    assert (data_set / "build.json").stat().st_mtime_ns == before
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(UserError, match="did not make"):
        make_toy.main(["--out", str(tmp_path)])
    assert (tmp_path / "mine.txt").read_text() == "precious"
    with pytest.raises(UserError, match="--clips 3: must be a whole number from 20"):
        make_toy.main(["--out", str(tmp_path / "x"), "--clips", "3"])


def test_a_failure_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(make_toy, "captions_for", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_toy.main(["--out", str(tmp_path / "Toy"), "--clips", "20"])
    assert list(tmp_path.iterdir()) == []
