"""Exported files hold the clip: exact joints, constant bones, continuous rotations, valid structure."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from conftest import GOLDENS
from scipy.spatial.transform import Rotation

from dataset.motion_clip import MotionClip
from dataset.motion_files import ReadOptions, convert, read_motion
from dataset.motion_files.amass import pose_joints
from dataset.motion_files.bvh import read_bvh
from dataset.motion_files.rig import (
    T2M_REST,
    continuous_euler,
    continuous_quaternions,
    continuous_rotvecs,
    rest_directions,
    solve_pose,
)
from utils.bones import constant_bones
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON
from visualization.export import SMPL_PELVIS, write_bvh, write_glb, write_joints, write_smpl_npz
from visualization.mannequin import bone_transforms, mannequin
from visualization.mannequin import pose as posed
from visualization.outputs import write_clip
from visualization.sticks import sticks

PARENTS = T2M_SKELETON.parents


def moving_person(frames: int = 40, skeleton=T2M_SKELETON, seed: int = 0) -> np.ndarray:
    """Joints (T, J, 3) of a T-posed person who turns round, bends all limbs and wanders; bones are constant."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None] / 20
    rest = rest_directions(skeleton) * 0.25
    phases, sizes = (
        rng.uniform(0, 6, (skeleton.num_joints, 3)),
        rng.uniform(0.1, 0.4, (skeleton.num_joints, 3)),
    )
    joints = np.zeros((frames, skeleton.num_joints, 3))
    joints[:, 0] = (0, 1, 0) + time * (0.3, 0, 0.5)
    order = [0]
    for joint in order:  # grows: parents first
        order += [child for child, parent in enumerate(skeleton.parents) if parent == joint]
    turned: dict[int, Rotation] = {}
    for joint in order:
        parent = skeleton.parents[joint]
        local = Rotation.from_rotvec(sizes[joint] * np.sin(2 * time + phases[joint]))
        if parent < 0:
            turned[joint] = Rotation.from_rotvec(time * 4 * (0, 1, 0)) * local
            continue
        turned[joint] = turned[parent] * local
        joints[:, joint] = joints[:, parent] + turned[joint].apply(rest[joint])
    return joints


@pytest.fixture(scope="module")
def person() -> np.ndarray:
    return moving_person()


def bones_of(joints: np.ndarray, parents=PARENTS) -> np.ndarray:
    return joints[:, 1:] - joints[:, list(parents[1:])]


@pytest.mark.parametrize("units", ["m", "cm"])
def test_bvh_gives_the_joints_back(person, tmp_path, units):
    write_bvh(tmp_path / "a.bvh", person, 20.0, units=units)
    found = convert(read_motion(tmp_path / "a.bvh"), unit=units)
    assert found.map.name == "smpl" and found.fps == 20.0
    assert np.linalg.norm(found.joints - person, axis=-1).max() < 1e-4  # required: 5 mm
    lengths = np.linalg.norm(bones_of(found.joints), axis=-1)
    assert lengths.std(0).max() < 1e-5
    assert [p.name for p in tmp_path.iterdir()] == ["a.bvh"]


def test_real_clips_survive_the_round_trip(shared, tmp_path):
    with np.load(shared / "data" / "raw_samples" / "expected_joints.npz") as clips:
        for name in ("cmu_mb_12_01", "dataset-1_bow_normal_001", "HDM_bd_depositFloorR_001_120"):
            write_bvh(tmp_path / "a.bvh", clips[name], 20.0)
            found = convert(read_motion(tmp_path / "a.bvh"), unit="m").joints
            assert np.linalg.norm(found - clips[name], axis=-1).max() < 2e-3


def test_a_turning_walk_survives_the_round_trip(tmp_path):
    """As the captured clips, for whoever has none."""
    with np.load(GOLDENS) as arrays:
        body = arrays["body"].astype(float)
    write_bvh(tmp_path / "a.bvh", body, 20.0)
    found = convert(read_motion(tmp_path / "a.bvh"), unit="m").joints
    assert np.linalg.norm(found - body, axis=-1).max() < 2e-3


def test_bvh_angles_are_continuous_and_kit_works(person, tmp_path):
    for joints, skeleton in ((person, T2M_SKELETON), (moving_person(skeleton=KIT_SKELETON), KIT_SKELETON)):
        write_bvh(tmp_path / "a.bvh", joints, 20.0)
        bvh = read_bvh(tmp_path / "a.bvh")
        assert (
            np.abs(np.diff(bvh.values[:, 3:], axis=0)).max() < 60
        )  # degrees; the person turns by 11 a frame
        positions, _ = bvh.world()
        index = [bvh.names.index(name) for name in skeleton.joint_names]
        np.testing.assert_allclose(positions[:, index], joints, atol=1e-4)
    write_bvh(tmp_path / "mm.bvh", joints * 1000, 12.5)  # KIT-ML's unit
    np.testing.assert_allclose(read_bvh(tmp_path / "mm.bvh").world()[0][:, index], joints, atol=1e-4)


def test_bones_become_constant_by_the_smallest_move(person):
    noisy = person + np.random.default_rng(0).normal(size=person.shape) * 0.003
    fixed, lengths = constant_bones(noisy, T2M_SKELETON)
    np.testing.assert_allclose(
        np.linalg.norm(bones_of(fixed), axis=-1), lengths[None, 1:] * np.ones((40, 1)), atol=1e-6
    )
    assert np.linalg.norm(fixed - noisy, axis=-1).mean() < 0.004
    same, _ = constant_bones(person, T2M_SKELETON)
    np.testing.assert_array_equal(same, person)


def test_knees_and_elbows_bend_about_one_axis(person):
    """The twist of thigh and upper arm is such that the next joint's rotation is a turn of its hinge."""
    rest = rest_directions(T2M_SKELETON)
    joints = np.zeros((30, 22, 3))
    bend = np.linspace(0.4, 1.6, 30)
    for joint in range(1, 22):
        direction = np.tile(rest[joint], (30, 1))
        if joint in (20, 21):  # forearms come forward from the T-pose
            side = np.sign(rest[joint][0])
            direction = np.stack([side * np.cos(bend), 0 * bend, np.sin(bend)], -1)
        joints[:, joint] = joints[:, PARENTS[joint]] + 0.25 * direction
    pose = solve_pose(joints)
    for elbow in (18, 19):
        local = (pose.world[PARENTS[elbow]].inv() * pose.world[elbow]).as_rotvec()
        np.testing.assert_allclose(
            local[5:-5] / bend[5:-5, None], [[0, -np.sign(rest[elbow][0]), 0]] * 20, atol=0.12
        )


def test_straight_limbs_do_not_spin(person):
    """A leg that is straight but for noise has no plane it bends in; its twist must stay quiet."""
    rest = rest_directions(T2M_SKELETON)
    joints = np.zeros((60, 22, 3))
    for joint in range(1, 22):
        joints[:, joint] = joints[:, PARENTS[joint]] + 0.4 * rest[joint]
    joints[:, [4, 5, 7, 8, 18, 19]] += np.random.default_rng(0).normal(size=(60, 6, 3)) * 0.002
    pose = solve_pose(joints)
    for joint in (1, 2, 16, 17):
        steps = (pose.world[joint][1:] * pose.world[joint][:-1].inv()).magnitude()
        assert np.degrees(steps).max() < 5


def test_continuity_of_each_form():
    turning = Rotation.from_rotvec(np.linspace(0, 14, 200)[:, None] * np.array([[0.6, 0.0, 0.8]]))
    quaternions = continuous_quaternions(turning)
    assert np.linalg.norm(np.diff(quaternions, axis=0), axis=-1).max() < 0.1
    yaw = Rotation.from_euler(
        "YXZ", np.stack([np.linspace(0, 900, 200), 0 * turning.magnitude() + 20, np.zeros(200)], 1), True
    )
    angles = continuous_euler(yaw, "YXZ")
    assert np.abs(np.diff(angles, axis=0)).max() < 10 and angles[-1, 0] == pytest.approx(900, abs=1e-6)
    half = Rotation.from_rotvec(np.linspace(2.5, 4.0, 30)[:, None] * np.array([[0, 1.0, 0]]))
    vectors = continuous_rotvecs(half)
    assert np.abs(np.diff(vectors, axis=0)).max() < 0.1
    np.testing.assert_allclose((Rotation.from_rotvec(vectors).inv() * half).magnitude(), 0, atol=1e-6)


def test_smpl_parameters_turn_the_mean_body_into_the_pose(person, tmp_path):
    write_smpl_npz(tmp_path / "a.npz", person, 20.0)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file}
    assert arrays["poses"].shape == (40, 156) and arrays["trans"].shape == (40, 3)
    assert arrays["mocap_framerate"] == 20 and not arrays["poses"][:, 66:].any()
    assert np.abs(np.diff(arrays["poses"], axis=0)).max() < 0.8
    rest = np.zeros((22, 3))
    for joint in range(1, 22):
        rest[joint] = rest[PARENTS[joint]] + T2M_REST[joint]
    z_up = pose_joints(rest + SMPL_PELVIS, arrays["poses"][:, :66].reshape(-1, 22, 3), arrays["trans"])
    body = np.stack([z_up[..., 0], z_up[..., 2], -z_up[..., 1]], -1)
    limbs = [4, 5, 7, 8, 10, 11, 18, 19, 20, 21]
    found, wanted = (x[:, np.array(limbs) - 1] for x in (bones_of(body), bones_of(person)))
    cosine = np.sum(found * wanted, -1) / np.linalg.norm(found, axis=-1) / np.linalg.norm(wanted, axis=-1)
    assert cosine.min() > 1 - 1e-6
    hips = body[:, [1, 2]].mean(1) - person[:, [1, 2]].mean(1) * arrays["scale"]
    np.testing.assert_allclose(hips, 0, atol=1e-6)


def test_our_smpl_file_is_read_as_amass(person, tmp_path):
    write_smpl_npz(tmp_path / "a.npz", person, 20.0)
    with pytest.raises(UserError, match="--body-model"):
        read_motion(tmp_path / "a.npz", ReadOptions())


@pytest.mark.parametrize("ending", ["npy", "csv"])
def test_joint_tables_read_back(person, tmp_path, ending):
    write_joints(tmp_path / f"a.{ending}", person, 20.0)
    found = convert(read_motion(tmp_path / f"a.{ending}"), unit="m", up="y")
    np.testing.assert_allclose(found.joints, person, atol=1e-6)
    with pytest.raises(UserError, match="npy or .csv"):
        write_joints(tmp_path / "a.xlsx", person)


@pytest.mark.parametrize("writer", [write_bvh, write_glb, write_smpl_npz])
def test_bad_joints_are_refused_and_nothing_is_left(person, tmp_path, writer):
    bad = person.copy()
    bad[3, 4] = np.nan
    for joints, says in ((bad, "NaN"), (person[:, :10], "shape"), (person[:0], "shape")):
        with pytest.raises(UserError, match=says):
            writer(tmp_path / "a.npz", joints, 20.0)
    assert not list(tmp_path.iterdir())


class Glb:
    """A GLB file taken apart by the book (glTF 2.0, sections 4 and 5), independent of the writer."""

    SIZES = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}
    KINDS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}

    def __init__(self, data: bytes) -> None:
        magic, version, total = struct.unpack("<4sII", data[:12])
        assert (magic, version, total) == (b"glTF", 2, len(data)) and total % 4 == 0
        size, kind = struct.unpack("<I4s", data[12:20])
        assert kind == b"JSON" and size % 4 == 0
        self.json = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
        assert kind == b"BIN\0" and 28 + size + rest == total
        self.binary = data[28 + size :]
        assert self.json["buffers"] == [{"byteLength": rest}]  # self-contained: no uri

    def accessor(self, index: int) -> np.ndarray:
        accessor = self.json["accessors"][index]
        view = self.json["bufferViews"][accessor["bufferView"]]
        kind, width = self.KINDS[accessor["componentType"]], self.SIZES[accessor["type"]]
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= len(self.binary)
        assert view["byteLength"] == accessor["count"] * width * np.dtype(kind).itemsize
        values = np.frombuffer(self.binary, kind, accessor["count"] * width, view["byteOffset"])
        return values.reshape(accessor["count"], width)

    def world(self, frame: int) -> list[np.ndarray]:
        """World matrix of each node in a frame of the animation."""
        nodes, animation = self.json["nodes"], self.json["animations"][0]
        move = [np.array(node.get("translation", (0, 0, 0)), float) for node in nodes]
        turn = [np.eye(3) for _ in nodes]
        for channel in animation["channels"]:
            target, values = (
                channel["target"],
                self.accessor(animation["samplers"][channel["sampler"]]["output"]),
            )
            if target["path"] == "translation":
                move[target["node"]] = values[frame]
            else:
                turn[target["node"]] = Rotation.from_quat(values[frame]).as_matrix()
        parents = {child: i for i, node in enumerate(nodes) for child in node.get("children", ())}

        def matrix(node: int) -> np.ndarray:
            local = np.eye(4)
            local[:3, :3], local[:3, 3] = turn[node], move[node]
            return matrix(parents[node]) @ local if node in parents else local

        return [matrix(node) for node in range(len(nodes))]


@pytest.fixture(scope="module")
def glb(person, tmp_path_factory) -> Glb:
    path = tmp_path_factory.mktemp("glb") / "a.glb"
    write_glb(path, person, 20.0)
    return Glb(path.read_bytes())


def test_glb_skeleton_plays_the_clip(glb, person):
    names = [node["name"] for node in glb.json["nodes"]]
    for frame in (0, 17, 39):
        world = glb.world(frame)
        found = [world[names.index(name)][:3, 3] for name in T2M_SKELETON.joint_names]
        np.testing.assert_allclose(found, person[frame], atol=1e-4)
    times = glb.accessor(glb.json["animations"][0]["samplers"][0]["input"])
    np.testing.assert_allclose(times[:, 0], np.arange(40) / 20, atol=1e-6)
    for sampler in glb.json["animations"][0]["samplers"]:
        values = glb.accessor(sampler["output"])
        assert len(values) == 40
        if values.shape[1] == 4:
            np.testing.assert_allclose(np.linalg.norm(values, axis=-1), 1, atol=1e-5)
            assert np.sum(values[1:] * values[:-1], -1).min() > 0


def test_glb_is_whole(glb):
    """What a validator asks for: bounds, indices and counts that fit, one tree of nodes, nothing left over."""
    parts = glb.json
    children = [child for node in parts["nodes"] for child in node.get("children", ())]
    roots = set(range(len(parts["nodes"]))) - set(children)
    assert len(children) == len(set(children)) and set(parts["scenes"][0]["nodes"]) == roots
    (skin,), (mesh,), (animation,) = parts["skins"], parts["meshes"], parts["animations"]
    assert len(set(skin["joints"])) == len(skin["joints"])
    assert parts["accessors"][skin["inverseBindMatrices"]]["count"] == len(skin["joints"])
    (primitive,) = mesh["primitives"]
    vertices = {parts["accessors"][index]["count"] for index in primitive["attributes"].values()}
    assert len(vertices) == 1 and glb.accessor(primitive["indices"]).max() == vertices.pop() - 1
    used = {primitive["indices"], *primitive["attributes"].values(), skin["inverseBindMatrices"]}
    for sampler in animation["samplers"]:
        used |= {sampler["input"], sampler["output"]}
        assert parts["accessors"][sampler["input"]]["count"] == parts["accessors"][sampler["output"]]["count"]
    assert used == set(range(len(parts["accessors"])))
    bounded = {primitive["attributes"]["POSITION"], *(s["input"] for s in animation["samplers"])}
    for index, accessor in enumerate(parts["accessors"]):
        values = glb.accessor(index)
        assert np.isfinite(values).all() and ("min" in accessor) == (index in bounded)
        if "min" in accessor:
            np.testing.assert_array_equal(values.min(0), np.float32(accessor["min"]))
            np.testing.assert_array_equal(values.max(0), np.float32(accessor["max"]))
    targets = [(channel["target"]["node"], channel["target"]["path"]) for channel in animation["channels"]]
    assert len(set(targets)) == len(targets)


def test_glb_mannequin_follows_its_skeleton(glb, person):
    """The mesh moves as the player's does, which follows the joints directly."""
    skin, body = glb.json["skins"][0], mannequin()
    (primitive,) = glb.json["meshes"][0]["primitives"]
    attributes = {name: glb.accessor(index) for name, index in primitive["attributes"].items()}
    np.testing.assert_allclose(attributes["WEIGHTS_0"].sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(attributes["NORMAL"], axis=-1), 1, atol=1e-5)
    assert not attributes["JOINTS_0"][attributes["WEIGHTS_0"] == 0].any()
    assert attributes["JOINTS_0"].max() < len(skin["joints"])
    inverse = glb.accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
    positions = np.c_[attributes["POSITION"], np.ones(len(body.vertices))]
    expected = posed(body, bone_transforms(person))
    for frame in (0, 25):
        world = glb.world(frame)
        matrices = np.stack([world[node] @ inverse[i] for i, node in enumerate(skin["joints"])])
        moved = np.einsum("vkij,vj->vki", matrices[attributes["JOINTS_0"].astype(int)], positions)
        skinned = np.einsum("vk,vki->vi", attributes["WEIGHTS_0"], moved)[:, :3]
        away = np.linalg.norm(skinned - expected[frame], axis=-1)
        assert away.mean() < 0.05 and np.quantile(away, 0.99) < 0.2  # metres; they differ in the spine


def test_glb_of_kit_and_of_another_body(tmp_path):
    kit = moving_person(skeleton=KIT_SKELETON)
    write_glb(tmp_path / "kit.glb", kit, 12.5)
    found = Glb((tmp_path / "kit.glb").read_bytes())
    names = [node["name"] for node in found.json["nodes"]]
    world = found.world(30)
    places = [world[names.index(name)][:3, 3] for name in KIT_SKELETON.joint_names]
    np.testing.assert_allclose(places, kit[30], atol=1e-4)
    thin = sticks(mannequin().rest)
    write_glb(tmp_path / "sticks.glb", kit, 12.5, thin)
    (primitive,) = Glb((tmp_path / "sticks.glb").read_bytes()).json["meshes"][0]["primitives"]
    assert Glb((tmp_path / "sticks.glb").read_bytes()).accessor(primitive["indices"]).size == thin.faces.size


def test_a_generated_clip_is_written_in_all_exchange_formats(person, tmp_path):
    features = np.zeros((40, 263), np.float32)
    clip = MotionClip("a person", features, person, np.zeros((10, 70), np.uint8), None, 20.0, "heading")
    paths = write_clip(clip, tmp_path / "new", "a", ["bvh", "glb", "smpl", "csv", "npy"])
    assert [path.name for path in paths] == ["a.bvh", "a.glb", "a_smpl.npz", "a.csv", "a.npy"]
    assert all(path.stat().st_size > 1000 for path in paths)


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_can_be_written(person, tmp_path, frames):
    for writer, name in (
        (write_bvh, "a.bvh"),
        (write_glb, "a.glb"),
        (write_smpl_npz, "a.npz"),
        (write_joints, "a.csv"),
    ):
        writer(tmp_path / name, person[:frames], 20.0)
    assert len(read_bvh(tmp_path / "a.bvh").values) == frames
