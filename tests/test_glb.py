"""Animated skeletons in GLB files: ours come back exactly, those of others in the usual forms, damaged ones in one line."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from editing_world import FPS, person
from scipy.spatial.transform import Rotation

from dataset.motion_files import BadMotion
from dataset.motion_files.glb import read_glb
from dataset.motion_files.load import ConvertOptions, load_take
from dataset.motion_files.read import read_motion
from utils.skeleton import T2M_SKELETON
from visualization.export import write_glb


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("glb") / "walk.glb"
    write_glb(path, person(40, yaw=0.7, walk=0.8), FPS)
    return path


def parts(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def write(path: Path, document: object, binary: bytes) -> Path:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<III", 0x46546C67, 2, 28 + len(text) + len(binary))
    chunks = (
        struct.pack("<II", len(text), 0x4E4F534A)
        + text
        + struct.pack("<II", len(binary), 0x004E4942)
        + binary
    )
    path.write_bytes(head + chunks)
    return path


def test_joints_of_our_own_file_come_back(ours: Path):
    joints, motion = person(40, yaw=0.7, walk=0.8), read_motion(ours)
    assert motion.fps == pytest.approx(FPS, rel=1e-4) and motion.unit == 1 and motion.up == "y"
    for number, name in enumerate(T2M_SKELETON.joint_names):
        assert np.abs(motion.positions[:, motion.names.index(name)] - joints[:, number]).max() < 1e-3, name
    take = load_take(ours, ConvertOptions(), FPS)
    gap = take.joints - joints[: len(take.joints)]
    assert np.abs(gap - gap[:1, :1]).max() < 2e-3  # the floor may be set to 0
    assert motion.parents[motion.names.index("pelvis")] == -1


def arm(kind: str = "LINEAR", times: tuple[float, ...] = (0.0, 1.0)) -> tuple[dict, bytes]:
    """A shoulder at (0, 2, 0) with an elbow 1 m to its right that turns a quarter about z."""
    quarter = Rotation.from_euler("z", [[0], [90]], degrees=True).as_quat()
    values = np.array(quarter, "<f4")
    if kind == "CUBICSPLINE":
        values = np.stack([0 * values, values, 0 * values], 1).reshape(-1, 4).astype("<f4")
    binary = np.array(times, "<f4").tobytes() + values.tobytes()
    document = {
        "nodes": [
            {"name": "base", "translation": [0, 1, 0], "scale": [1, 2, 1], "children": [1]},
            {"name": "shoulder", "translation": [0, 0.5, 0], "children": [2]},
            {"name": "elbow", "translation": [1, 0, 0]},
        ],
        "skins": [{"joints": [0, 1, 2]}],
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 4 * len(times)},
            {"buffer": 0, "byteOffset": 4 * len(times), "byteLength": values.nbytes},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(times), "type": "SCALAR"},
            {"bufferView": 1, "componentType": 5126, "count": len(values), "type": "VEC4"},
        ],
        "animations": [
            {
                "samplers": [{"input": 0, "output": 1, "interpolation": kind}],
                "channels": [{"sampler": 0, "target": {"node": 1, "path": "rotation"}}],
            }
        ],
    }
    return document, binary


@pytest.mark.parametrize("kind", ["LINEAR", "STEP", "CUBICSPLINE"])
def test_turns_places_and_scales_add_up(tmp_path: Path, kind: str):
    motion = read_glb(write(tmp_path / "arm.glb", *arm(kind)))
    assert motion.names == ("base", "shoulder", "elbow") and motion.parents == (-1, 0, 1)
    assert motion.fps == pytest.approx(1) and len(motion) == 2
    assert np.allclose(motion.positions[:, 1], [0, 2, 0])
    assert np.allclose(motion.positions[0, 2], [1, 2, 0])
    assert np.allclose(motion.positions[1, 2], [0, 4, 0], atol=1e-6)  # the base is twice as tall as wide


def damaged(change) -> tuple[dict, bytes]:
    document, binary = arm()
    change(document)
    return document, binary


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("animations"), lambda d: d.pop("nodes"), lambda d: d["animations"][0]["channels"].clear(),
        lambda d: d["accessors"][1].update(count=99), lambda d: d["accessors"][1].update(count=-1),
        lambda d: d["accessors"][0].update(count=10**9), lambda d: d["bufferViews"][1].update(byteOffset=-8),
        lambda d: d["accessors"][0].update(componentType=5123), lambda d: d["buffers"][0].update(uri="other.bin"),
        lambda d: d["nodes"][2].update(children=[0]), lambda d: d["nodes"][2].update(children=[99]),
        lambda d: d["nodes"][1].update(matrix=[1] * 16), lambda d: d["nodes"][0].update(translation=["x", 0, 0]),
        lambda d: d["nodes"][0].update(translation=[1e300, 0, 0]), lambda d: d["skins"][0].update(joints=["a"]),
        lambda d: d["animations"][0]["samplers"].clear(), lambda d: d.update(nodes=[{}] * 3000),
        lambda d: d["animations"][0]["channels"][0]["target"].update(node=99),
    ],
)  # fmt: skip
def test_damaged_descriptions_are_one_line(tmp_path: Path, change):
    path = write(tmp_path / "bad.glb", *damaged(change))
    with pytest.raises(BadMotion, match="bad.glb") as told:
        load_take(path, ConvertOptions(), FPS)
    assert "\n" not in str(told.value)


def test_times_that_are_none(tmp_path: Path):
    for times in ((1.0, 1.0), (2.0, 1.0), (0.0, float("nan")), (0.0, 1e30)):
        with pytest.raises(BadMotion):
            load_take(write(tmp_path / "bad.glb", *arm(times=times)), ConvertOptions(), FPS)


def test_files_that_end_early_or_are_none(ours: Path, tmp_path: Path):
    whole = ours.read_bytes()
    path = tmp_path / "cut.glb"
    for size in (0, 3, 11, 19, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(BadMotion, match="cut.glb"):
            load_take(path, ConvertOptions(), FPS)
    path.write_bytes(b"glTF" + b"\xff" * 100)
    with pytest.raises(BadMotion):
        load_take(path, ConvertOptions(), FPS)
