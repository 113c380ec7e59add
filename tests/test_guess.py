"""Skeletons that no map fits are guessed right, under the names and in the trees of common rigs, or refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from plain_motion_files import write_cmu
from rigs import RIGS, ROLES, SIDES, TREES, names_of, raw_motion, rig_motion, tree_motion, walking

from dataset.motion_files import BadMotion, convert, read_motion
from dataset.motion_files.bvh import Bvh, write_bvh_file
from dataset.motion_files.bvh_hierarchy import BvhJoint
from dataset.motion_files.joint_names import find_names, normalise, words_of
from dataset.motion_files.rest_pose import starts_at_rest
from dataset.motion_files.skeleton_map import find_map, load_map
from dataset.prepare import import_motion
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON

SPINE = [ROLES.index(f"spine{k}") for k in (1, 2, 3)]
MADE_UP = [ROLES.index(role) for role in ("neck", "head", "left_collar", "right_collar")]
WITHOUT_WORDS = ("french", "arabic", "numbers")  # names that no list knows: only the tree tells


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return walking()


def errors(motion, joints: np.ndarray) -> np.ndarray:
    """Largest distance (22,) in metres of what a motion is converted to from its joints."""
    found = convert(motion)
    assert (found.unit, found.up) == (0.01, "y")
    return np.linalg.norm(found.joints - joints, axis=-1).max(0)


def aside(joints: np.ndarray, points: list[int]) -> np.ndarray:
    """Signed distances (T, n) of joints from the middle plane between the shoulders."""
    left, right = joints[:, ROLES.index("left_shoulder")], joints[:, ROLES.index("right_shoulder")]
    across = (left - right) / np.linalg.norm(left - right, axis=-1, keepdims=True)
    return np.einsum("tnc,tc->tn", joints[:, points] - ((left + right) / 2)[:, None], across)


@pytest.mark.parametrize("tree", [True, False])
@pytest.mark.parametrize("rig", RIGS)
def test_joints_are_found_under_the_names_of_common_rigs(walk, rig, tree):
    names = names_of(rig)
    motion = rig_motion(names, walk, tree)
    if not tree and rig in WITHOUT_WORDS:
        with pytest.raises(BadMotion, match="no tree of joints"):
            convert(motion)
        return
    error = errors(motion, walk)
    # Without a tree, what no name tells of the middle is made up.
    named = [ROLES.index(role) for role in names if tree or role.startswith(SIDES)]
    own = [joint for joint in named if joint not in SPINE]
    assert error[own].max() < 1e-9
    if tree and all(ROLES[joint] in names for joint in SPINE):
        assert error[SPINE].max() < 1e-9
    assert error[[0, *SPINE]].max() < 0.08 and error[MADE_UP].max() < 0.14


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("tree", TREES)
def test_joints_are_found_in_the_trees_of_common_rigs(walk, tree, named):
    error = errors(tree_motion(tree, walk, named), walk)
    assert np.delete(error, SPINE).max() < 1e-9 and error[SPINE].max() < 0.02


@pytest.mark.parametrize(
    "lacks", [("neck",), ("neck", "head"), ("neck", "spine3"), ("neck", "left_collar", "right_collar")]
)
def test_without_a_neck_nothing_leans_to_a_side(walk, lacks):
    names = {role: name for role, name in names_of("unreal").items() if role not in lacks}
    upright = walk.copy()  # a body that mirrors itself
    order = list(T2M_SKELETON.mirror_order)
    upright = (walk[:1] + walk[:1, order] * (-1, 1, 1)) / 2 + np.linspace(0, 0.3, 61)[:, None, None] * (
        0,
        0,
        1,
    )
    for tree in (True, False):
        found = convert(rig_motion(names, upright, tree)).joints
        middle = [ROLES.index(role) for role in ("pelvis", "spine1", "spine2", "spine3", "neck", "head")]
        assert np.abs(aside(found, middle)).max() < 1e-9
        left, right = (found[:, ROLES.index(f"{side}_shoulder")] for side in SIDES)
        np.testing.assert_allclose(found[:, ROLES.index("neck")], (left + right) / 2, atol=1e-9)


@pytest.mark.parametrize("share", ["foot", "wrist"])
def test_a_foot_or_wrist_without_a_name_is_what_follows(walk, share):
    names = names_of("unreal") | {f"{side}_{share}": f"bone {side[0]}x" for side in SIDES}
    assert errors(rig_motion(names, walk), walk).max() < 1e-9


def exchanged(names: dict[str, str], *pairs: tuple[str, str]) -> dict[str, str]:
    """Names with those of two roles exchanged."""
    names = dict(names)
    for a, b in pairs:
        names[a], names[b] = names[b], names[a]
    return names


def crossed(*joints: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"left_{joint}", f"right_{joint}") for joint in joints)


@pytest.mark.parametrize("tree", [True, False])
@pytest.mark.parametrize(
    "pairs",
    [
        crossed("knee"),
        crossed("ankle"),
        crossed("elbow"),
        crossed("shoulder"),
        crossed("shoulder", "elbow", "wrist", "collar"),
        crossed("hip", "knee", "ankle", "foot"),
        crossed("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist", "collar"),
        (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
        (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
        (("left_hip", "right_knee"),),
    ],
)
def test_wrong_names_are_refused(walk, pairs, tree):
    names = exchanged(names_of("unreal"), *pairs)
    with pytest.raises(BadMotion, match="no skeleton map fits") as refused:
        convert(rig_motion(names, walk, tree))
    assert "--skeleton" in str(refused.value) and "\n" not in str(refused.value)


def test_what_is_no_human_tree_is_refused(walk):
    names = names_of("numbers")
    one_arm = {
        role: name for role, name in names.items() if "right_elbow" not in role and "right_wrist" not in role
    }
    armless = {role: name for role, name in names.items() if "elbow" not in role and "wrist" not in role}
    toeless = {role: name for role, name in names.items() if "foot" not in role and "ankle" not in role}
    for left in (one_arm, armless, toeless):
        with pytest.raises(BadMotion, match="two legs and two arms can't be told"):
            convert(rig_motion(left, walk))
    # Straight legs whose feet point down tell no left and right.
    stiff = walk[:1].repeat(9, 0)
    for side in SIDES:
        hip = stiff[:, ROLES.index(f"{side}_hip")]
        for joint, down in (("knee", 0.4), ("ankle", 0.8), ("foot", 0.95)):
            stiff[:, ROLES.index(f"{side}_{joint}")] = hip + (0.0, -down, 0.0)
    with pytest.raises(BadMotion, match="left and right can't be told"):
        convert(rig_motion(names, stiff))


def test_left_and_right_are_told_by_feet_and_knees(walk):
    """Numbered joints of a walk in a mirror: what was left is the right now."""
    mirrored = walk * (-1, 1, 1)
    expected = mirrored[:, list(T2M_SKELETON.mirror_order)]
    assert errors(rig_motion(names_of("numbers"), mirrored), expected).max() < 1e-9


@pytest.fixture(params=["procedural", "captured"])
def amc(request, tmp_path) -> Path:
    """An AMC file with CMU's bones: of procedural motion, and a captured one where that is at hand."""
    if request.param == "captured":
        return request.getfixturevalue("shared") / "data" / "raw_samples" / "cmu_02_01.amc"
    write_cmu(tmp_path)
    return tmp_path / "walk.amc"


def test_bones_named_by_their_ends_are_shifted(amc):
    """An AMC file's names stand for ends; guessed without its map they give nearly the map's joints."""
    motion = read_motion(amc)
    expected = convert(motion)
    renamed = [name.replace("femur", "thigh").replace("tibia", "shin") for name in motion.names]
    found = convert(dataclasses.replace(motion, names=tuple(renamed)))
    assert (expected.map.name, found.map.name) == ("cmu", "guess")
    error = np.median(np.linalg.norm(found.joints - expected.joints, axis=-1), axis=0)
    limbs = [
        i
        for i, role in enumerate(ROLES)
        if role not in ("head", "neck") and "collar" not in role and i not in SPINE
    ]
    assert error[limbs].max() < 1e-6 and error.max() < 0.07


def test_names_are_split_and_compared_in_any_script():
    assert words_of("mixamorig:LeftUpLeg_01") == ["left", "up", "leg", "01"]
    assert words_of("ПлечоЛ") == ["плечо", "л"] and words_of("LUArm") == ["lu", "arm"]
    assert words_of("Ｌｅｆｔ手首") == ["left", "手首"]  # full-width letters
    assert normalise(["hips_JNT", "l_arm_JNT", "r_arm_JNT", "neck_JNT"]) == ["hips", "larm", "rarm", "neck"]
    assert normalise(["Bip01", "Bip01 Spine", "Bip01 Head", "Bip01 Neck"])[1:] == ["spine", "head", "neck"]
    assert normalise(["абвhips", "абвneck", "абвhead", "абвleg"]) == ["hips", "neck", "head", "leg"]
    assert find_names(["Таз", "шея"], ["Таз", "Хребет", "Шея"]) == {"Таз": 0, "шея": 2}
    assert find_names(["+", ""], ["*", "-"]) == {}  # nothing to compare by is not equal


@pytest.mark.parametrize("rig", ["mmd", "russian", "arabic"])
def test_a_map_may_name_joints_in_any_script(walk, tmp_path, rig):
    names = names_of(rig)
    path = tmp_path / "my.yaml"
    path.write_text(json.dumps({"joints": names}, ensure_ascii=False), encoding="utf-8")
    motion = rig_motion(names, walk)
    np.testing.assert_allclose(load_map(path).apply(motion), walk * 100, atol=1e-9)
    np.testing.assert_allclose(convert(motion, str(path)).joints, walk, atol=1e-9)


def test_a_map_may_nest_points(walk, tmp_path):
    path = tmp_path / "my.yaml"
    joints = {role: role for role in ROLES} | {
        "neck": ["pelvis", ["left_shoulder", "right_shoulder", 0.5], 0.9]
    }
    path.write_text(json.dumps({"joints": joints}))
    chosen = load_map(path)
    found = chosen.apply(rig_motion({role: role for role in ROLES}, walk))[:, ROLES.index("neck")] / 100
    shoulders = (walk[:, ROLES.index("left_shoulder")] + walk[:, ROLES.index("right_shoulder")]) / 2
    np.testing.assert_allclose(found, walk[:, 0] + 0.9 * (shoulders - walk[:, 0]), atol=1e-12)
    assert "neck=pelvis..(left_shoulder..right_shoulder@0.5)@0.9" in chosen.describe()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rest_frames": "three"}, "rest_frames must be a number of frames"),
        ({"rest_frames": -1}, "rest_frames must be"),
        ({"formats": "bvh"}, "formats must be a list"),
        ({"unit": [5]}, "unit must be a name"),
        ({"up": ["y"]}, "up must be an axis"),
        ({"joints": ["pelvis"]}, "joints must be a mapping"),
        ({"extends": ["smpl"]}, "extends must be the name"),
        ({"neck": True}, "True is no name"),
        ({"neck": ["pelvis", "head"]}, "a joint is a name or"),
        ({"neck": ["pelvis", "head", float("nan")]}, "nan is no number"),
        ({"neck": ["pelvis", {"a": 1}, 0.5]}, "is no name"),
    ],
)
def test_a_map_with_a_wrong_value_is_refused_in_one_line(tmp_path, change, says):
    content: dict = {"joints": {role: role for role in ROLES}}
    (content["joints"] if "neck" in change else content).update(change)
    path = tmp_path / "my.yaml"
    path.write_text(json.dumps(content).replace("NaN", ".nan"))
    with pytest.raises(UserError, match=says) as refused:
        load_map(path)
    assert "my.yaml" in str(refused.value) and "\n" not in str(refused.value)


def test_joints_of_one_name_are_refused(walk):
    motion = rig_motion(names_of("unreal"), walk)
    twice = [name.replace("calf_r", "calf_l") for name in motion.names]
    with pytest.raises(BadMotion, match="no skeleton map fits"):
        convert(dataclasses.replace(motion, names=tuple(twice)))


def test_many_joints_on_one_point_take_no_time(walk):
    """A wide tree is refused without trying all its pairs."""
    parents = (-1, 0, 1, *([2] * 3000))
    positions = np.random.default_rng(1).normal(size=(4, len(parents), 3))
    with pytest.raises(BadMotion, match="two legs and two arms"):
        find_map(raw_motion([f"J{i}" for i in range(len(parents))], positions, parents))


def turned(first: list[float], rest: list[float], frames: int = 30) -> np.ndarray:
    """Angles (T, 3): one frame of the first and then slow motion about the rest."""
    time = np.arange(frames)[:, None] / frames
    return np.concatenate([[first], (np.array(rest) + 10 * np.sin(3 * time))[1:]])


def test_rest_poses_in_front_are_told_from_motion():
    places = np.cumsum(np.full((30, 2, 3), 0.01), axis=0)
    jumping = np.concatenate([np.zeros((1, 2, 3)), places[1:] + 1.0])
    zero, moving = np.zeros((30, 3)), turned([0, 0, 0], [20, 0, 0])
    assert starts_at_rest([moving, zero], places)  # the root turns from nothing
    assert starts_at_rest([zero, moving], jumping)  # a root that never turns, and a body that jumps
    assert not starts_at_rest([zero, moving], places)  # a walk that begins in a straight pose
    assert not starts_at_rest([turned([5, 0, 0], [5, 0, 0]), moving], jumping)
    assert not starts_at_rest([zero], np.zeros((30, 2, 3))) and not starts_at_rest([], jumping)


def bvh_with_rest_frames(path, count: int, root: bool) -> None:
    """Limbs of the Unreal rig that swing, behind `count` frames of the rest pose at the origin."""
    names, frames = names_of("unreal"), 40
    rest = walking(2)[0] * 100
    joints = [BvhJoint("root", -1, (0.0, 0.0, 0.0), ("xposition", "yposition", "zposition"))] if root else []
    for i, role in enumerate(ROLES):
        above = T2M_SKELETON.parents[i]
        offset = tuple((rest[i] - rest[above]).tolist()) if above >= 0 else (0.0, 0.0, 0.0)
        moves = ("xposition", "yposition", "zposition") if above < 0 else ()
        channels = (*moves, "zrotation", "xrotation", "yrotation")
        joints.append(BvhJoint(names[role], above + root, offset, channels))
    time = np.arange(frames)
    columns = [np.zeros((frames, 3))] if root else []
    for i in range(len(ROLES)):
        if i == 0:
            columns.append(np.stack([0 * time, 92 + 0 * time, 2.0 * time], 1))
        angles = np.zeros((frames, 3))
        angles[:, 1] = 8 * np.sin(0.3 * time + i)
        columns.append(angles)
    values = np.concatenate(columns, 1)
    values = np.concatenate([np.zeros((count, values.shape[1])), values])
    write_bvh_file(path, Bvh(tuple(joints), values, 0.05))


@pytest.mark.parametrize("root", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_rest_frames_of_guessed_skeletons_are_left_out(tmp_path, count, root):
    bvh_with_rest_frames(tmp_path / "rest.bvh", count, root)
    found = convert(read_motion(tmp_path / "rest.bvh"))
    assert (found.map.name, found.skipped) == ("guess", count)
    np.testing.assert_allclose(found.joints[:, 0, 1], 0.92, atol=1e-6)


def test_the_script_reads_names_in_any_script(tmp_path, walk):
    """From a BVH file with Japanese names to joints, guessed and by a map of one's own."""
    names = names_of("mmd")
    bvh_with_rest_frames(tmp_path / "unreal.bvh", 0, False)
    text = (tmp_path / "unreal.bvh").read_text(encoding="utf-8")
    for role, name in names_of("unreal").items():
        text = re.sub(rf"(ROOT|JOINT) {name}\b", rf"\1 {names[role]}", text)
    (tmp_path / "名前.bvh").write_text(text, encoding="utf-8")
    (tmp_path / "my.yaml").write_text(json.dumps({"joints": names}, ensure_ascii=False), encoding="utf-8")
    results = []
    for file, more in (
        ("unreal.bvh", []),
        ("名前.bvh", []),
        ("名前.bvh", ["--skeleton", str(tmp_path / "my.yaml")]),
    ):
        out = tmp_path / f"{len(results)}.npz"
        import_motion.main([str(tmp_path / file), "--convert", str(out), *more])
        results.append(np.load(out)["joints"])
    np.testing.assert_allclose(results[1], results[0], atol=1e-6)
    np.testing.assert_allclose(results[2], results[0], atol=1e-6)
