"""Composites: bones stay, feet stand, arms and bodies go together, and captions tell what is there."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from takes import take

from dataset.captions import parse_line
from dataset.composing.bend import bent
from dataset.composing.bodies import (
    BONES,
    PARENTS,
    assemble,
    blend,
    directions_of,
    grounded,
    resample,
    smooth,
)
from dataset.composing.drawing import Material
from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, perform
from dataset.composing.overlay import overlay_arms
from dataset.composing.phrases import (
    Doing,
    caption_lines,
    inflect,
    more_phrases,
    phrase_table,
    predicate,
    sentence,
)
from dataset.composing.recipes import RECIPES
from dataset.composing.sequence import Piece, join, sequence
from dataset.composing.verify import check_of, shows
from dataset.features import mirror_joints
from utils import quantities as q

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def material() -> Material:
    """Procedural takes in place of captured ones, so that the test needs no data."""
    names = (
        "walk",
        "walk_back",
        "wave_one",
        "raise_one",
        "wave_both",
        "raise_both",
        "bow",
        "squat",
        "kick",
        "stand",
    )
    takes = [take(name, seed) for name in names for seed in range(3)]
    takes += [replace(take("kneel", 1), doing=Doing("lie_down"))]  # the puppet can't lie
    takes += [
        perform([p], np.random.default_rng(7), seconds=6.5) for p in LEG_PROCEDURES if p.action == "walk"
    ]
    return Material([*takes, *(one.mirrored() for one in takes)])


def bone_error(joints: np.ndarray) -> float:
    length = np.linalg.norm(joints[:, 1:] - joints[:, PARENTS[1:]], axis=-1)
    return float(np.abs(length - BONES[1:]).max())


def test_directions_and_root_give_the_joints_back():
    joints = take("walk").joints
    assert np.abs(assemble(joints[:, 0], directions_of(joints)) - joints).max() < 1e-9


def test_blending_stays_on_the_sphere_and_reaches_both_ends():
    rng = np.random.default_rng(0)
    a, b = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in rng.normal(size=(2, 50, 3)))
    for weight in (0.0, 0.3, 1.0):
        assert np.allclose(np.linalg.norm(blend(a, b, np.full(50, weight)), axis=-1), 1)
    assert np.allclose(blend(a, b, np.zeros(50)), a) and np.allclose(blend(a, b, np.ones(50)), b)
    assert smooth(np.array([-1.0, 0.5, 2.0])).tolist() == [0.0, 0.5, 1.0]


def test_an_overlay_keeps_legs_and_root_and_carries_the_arm():
    walk, wave = take("walk").joints, take("wave_one", side="right")
    frames = min(len(wave.joints), len(walk) - 5)
    both = overlay_arms(walk, wave.joints[:frames], (1,), 5)
    untouched = [joint for joint in range(22) if joint not in (14, 17, 19, 21)]
    assert np.abs(both[:, untouched] - walk[:, untouched]).max() < 1e-9
    assert bone_error(both) < 1e-6
    assert q.wrist_over(both, 1, 17).max() > 0 > q.wrist_over(walk, 1, 17).max()


def test_sequences_have_constant_bones_no_jump_and_turn_with_the_first():
    turn, walk = take("turn_around", 1), take("walk", 2)
    joints = join(Piece(turn.joints, 0, len(turn.joints)), Piece(walk.joints, 0, 50))
    assert len(joints) == len(turn.joints) + 50 and bone_error(joints) < 1e-4
    step = np.linalg.norm(np.diff(joints, axis=0), axis=-1)
    assert step.max() < 0.3
    later = joints[len(turn.joints) + 15 :]
    # The walker goes where the turn left him facing, that is, back.
    assert (later[-1, 0] - later[0, 0])[2] < -0.3


def test_feet_that_stand_step_across_instead_of_sliding():
    one, other = take("stand", 1), take("squat", 5)
    joints = join(Piece(one.joints, 0, 30), Piece(other.joints, 0, 40))
    toes = joints[25:50][:, [10, 11]]
    pace = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1)
    low = toes[1:, :, 1] < 0.02
    assert pace[low].max(initial=0.0) < 0.02  # metres a frame of a foot on the floor


def test_three_pieces_say_where_each_begins():
    pieces = [Piece(take(name, 3).joints, 0, 40) for name in ("walk", "squat", "walk_back")]
    joints, starts = sequence(pieces)
    assert starts == [0, 40, 80] and len(joints) == 120


@pytest.mark.parametrize("name", sorted(set(RECIPES)))
def test_every_recipe_makes_clips_with_captions_that_parse(material, name):
    made = []
    for seed in range(40):
        composite = RECIPES[name][0](material, np.random.default_rng(seed))
        if composite is not None:
            made.append(composite)
        if len(made) == 3:
            break
    assert made, "nothing in forty tries"
    for composite in made:
        assert bone_error(composite.joints) < 1e-3 and 40 < len(composite.joints) <= 197
        assert np.isfinite(composite.joints).all()
        captions = [parse_line(line) for line in composite.lines]
        assert len({caption.text for caption in captions}) >= 2
        for caption in captions:
            assert caption.end * 20 <= len(composite.joints) + 1
            assert "*" not in caption.text and "{" not in caption.text and "|" not in caption.text


def test_a_recipe_is_a_function_of_its_generator(material):
    one, two = (RECIPES["procedural"][0](material, np.random.default_rng(4)) for _ in range(2))
    assert one.lines == two.lines and np.array_equal(one.joints, two.joints)


def test_every_action_has_phrases_and_they_inflect():
    rng = np.random.default_rng(0)
    facts = {
        "side": "left",
        "times": "twice",
        "deep": "deep",
        "number": "one",
        "knees": "high",
        "amount": "around",
        "first": "up",
        "second": "forward",
    }
    for action in phrase_table():
        for _ in range(8):
            text = sentence([Doing(action, facts)], False, rng)
            assert "*" not in text and "(" not in text and text == text.strip()
    assert set(more_phrases()) <= set(phrase_table())
    used = {p.action for p in [*LEG_PROCEDURES, *BODY_PROCEDURES, *ARM_PROCEDURES]}
    assert used <= set(phrase_table())
    assert inflect("*walk and *wave", "ing") == "walking and waving"
    assert inflect("*don't move", "s") == "doesn't move"
    assert " steps" not in predicate(Doing("steps_forward", {"number": "one"}), rng)


def test_sides_follow_the_mirror():
    left = take("wave_one", side="left")
    assert left.mirrored().doing.facts["side"] == "right"
    assert shows(left.doing, left.joints) and shows(left.mirrored().doing, mirror_joints(left.joints))
    assert not shows(left.doing, mirror_joints(left.joints))


def test_two_actions_at_once_are_one_part_of_a_sequence():
    both = Doing("walk", also=Doing("wave_one", {"side": "left"}))
    assert both.mirrored().also == Doing("wave_one", {"side": "right"})
    assert check_of(both) == {"all": [check_of(Doing("walk")), check_of(both.also)]}
    assert check_of(Doing("march", also=Doing("salute", {"side": "left"}))) is None
    rng = np.random.default_rng(2)
    texts = [sentence([both, Doing("bow")], False, rng) for _ in range(30)]
    assert all("left" in text or "wav" in text or "greet" in text or "hello" in text for text in texts)
    assert not any("*" in text or "{" in text for text in texts)


def test_parts_have_their_times():
    doings = [Doing("walk"), Doing("wave_one", {"side": "left"})]
    lines = caption_lines(doings, 2, np.random.default_rng(1), times=[(0.0, 2.0), (2.0, 4.5)])
    spans = [(parse_line(line).start, parse_line(line).end) for line in lines]
    assert spans == [(0, 0), (0, 0), (0, 2.0), (2.0, 4.5)]
    assert "left" in parse_line(lines[0]).text


@pytest.mark.parametrize(
    "action",
    ["walk", "walk_back", "raise_one", "wave_one", "kick", "squat", "one_leg", "hop_one_leg", "kneel"],
)
def test_procedural_actions_pass_the_checks_of_the_evaluation(action):
    passed = 0
    for seed in range(6):
        made = take(action, seed)
        assert check_of(made.doing) is not None
        passed += shows(made.doing, made.joints)
    assert passed >= 5


def test_a_quicker_clip_is_shorter_and_keeps_bones():
    joints = take("walk").joints
    quick = resample(joints, np.arange(len(joints) // 2) * 2.0)
    assert np.allclose(quick[10], joints[20], atol=1e-9) and bone_error(quick) < 1e-6


def source(folder: Path, captions: bool = True) -> Path:
    """A captured set of four short clips, in the format of ../shared/data/mocap."""
    folder.mkdir()
    names = ["000001", "000002", "000003", "000004", "000005"]
    actions = ["walk", "wave-left-hand", "raise-up-both-hands", "idle", "bow"]
    made = [
        take(n, 1, s)
        for n, s in zip(
            ("walk", "wave_one", "raise_both", "stand", "bow"), ("", "left", "", "", ""), strict=True
        )
    ]
    joints = [np.asarray(one.joints, np.float32)[:90] for one in made]
    offsets = np.concatenate([[0], np.cumsum([len(j) for j in joints])])
    flat = np.concatenate(joints)
    local = np.round((flat - flat[:, :1]) / 1e-4).astype(np.int16)
    np.savez(folder / "joints.npz", ids=np.array(names), offsets=offsets, root=flat[:, 0], local=local)
    rows = [
        json.dumps(
            {
                "id": n,
                "source": "x",
                "take": n,
                "action": a,
                "style": "",
                "lines": ["a man moves#a/DET man/NOUN move/VERB#0.0#0.0"],
            }
        )
        for n, a in zip(names, actions, strict=True)
    ]
    (folder / "captions.jsonl").write_text("\n".join(rows if captions else rows[:-1]) + "\n")
    for split, own in (("train", names[:4]), ("val", names[4:]), ("test", names[4:])):
        (folder / f"{split}.txt").write_text("\n".join(own) + "\n")
    return folder


def compose(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "dataset" / "prepare" / "compose.py", *arguments]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)


def test_the_script_writes_a_data_set_and_reports(tmp_path):
    folder, out = source(tmp_path / "captured"), tmp_path / "out"
    # A set this small lacks most actions: recipes that need them are passed over.
    done = compose("--source", folder, "--out", out, "--clips", 8)
    assert done.returncode == 0, done.stderr
    train = (out / "train.txt").read_text().split()
    assert sum(name.startswith("c") for name in train) == 8 and "c000000" in train and "Mc000000" in train
    assert not any("c0" in name for name in (out / "test.txt").read_text().split())
    assert "made" in done.stdout and "dropped" in done.stdout
    twice = compose("--source", folder, folder, "--out", tmp_path / "twice")
    assert twice.returncode == 2 and "two clips are called 000001" in twice.stderr
    again = compose("--source", folder, "--out", out, "--clips", 8)
    assert "nothing to do" in again.stdout


@pytest.mark.parametrize("damage", ["captions", "missing", "count", "foreign"])
def test_bad_sources_are_one_line(tmp_path, damage):
    folder, out = source(tmp_path / "captured", captions=damage != "captions"), tmp_path / "out"
    clips = "0" if damage == "count" else "2"
    if damage == "missing":
        (folder / "joints.npz").unlink()
    if damage == "foreign":
        out.mkdir()
        (out / "thesis.txt").write_text("mine")
    done = compose("--source", folder, "--out", out, "--clips", clips)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists() or damage == "foreign" and (out / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("degrees", [120.0, -360.0])
def test_a_bent_walk_turns_as_far_as_asked_with_feet_that_stand(degrees):
    joints = take("walk").joints
    curved = bent(joints, degrees)
    assert q.turned(curved) - q.turned(joints) == pytest.approx(degrees, abs=15)
    assert bone_error(curved) < 1e-6
    stands = grounded(joints)[1:] & grounded(joints)[:-1]
    drift = np.linalg.norm(np.diff(curved[:, [10, 11]], axis=0)[..., [0, 2]], axis=-1)[stands]
    assert drift.mean() < 0.012  # metres a frame: what counts as standing
    assert np.allclose(bent(joints, 0.0)[..., 1], joints[..., 1], atol=0.01)


def test_a_clip_that_goes_nowhere_is_not_bent():
    assert bent(np.repeat(take("walk").joints[:1], 40, axis=0), 90.0) is None
