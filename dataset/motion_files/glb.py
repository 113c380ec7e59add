"""Animated skeletons in GLB files (glTF 2.0, binary), such as those that `write_glb` beside it makes.

The first animation is read, for the nodes of the first skin; a file without a skin: for all nodes that it moves and
those above them. Values between key frames are taken as LINEAR, or STEP where the file says so.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from dataset.motion_files.raw import BadMotion, RawMotion, require_finite

MAGIC, JSON_CHUNK, BINARY_CHUNK, FLOAT = 0x46546C67, 0x4E4F534A, 0x004E4942, 5126
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}
MOST_NODES, MOST_FRAMES = 2000, 200_000
USUAL_RATE = 30.0  # frames a second of key frames that tell none


def read_glb(path: Path) -> RawMotion:
    """Named points (T, N, 3) in metres, y up. BadMotion for what is no animated skeleton."""
    document, binary = _chunks(path)
    nodes = document.get("nodes", [])
    animations = document.get("animations", [])
    if not nodes or not animations:
        raise BadMotion("unreadable", f"{path}: holds no animation of a skeleton")
    if len(nodes) > MOST_NODES:
        raise BadMotion("unreadable", f"{path}: has {len(nodes)} nodes, at most {MOST_NODES} are read")
    channels, samplers = animations[0]["channels"], animations[0]["samplers"]
    tracks: dict[tuple[int, str], tuple[np.ndarray, np.ndarray, str]] = {}
    for channel in channels:
        target, sampler = channel["target"], samplers[channel["sampler"]]
        if target.get("path") not in ("translation", "rotation", "scale") or "node" not in target:
            continue
        times, values = (_array(path, document, binary, sampler[key]) for key in ("input", "output"))
        kind = sampler.get("interpolation", "LINEAR")
        if kind == "CUBICSPLINE":  # tangent, value, tangent for each key frame
            values, kind = values[1::3], "LINEAR"
        if len(times) != len(values) or not len(times) or (np.diff(times[:, 0]) <= 0).any():
            raise BadMotion("unreadable", f"{path}: an animation's times and values don't agree")
        tracks[target["node"], target["path"]] = (times[:, 0], values, kind)
    if not tracks:
        raise BadMotion("unreadable", f"{path}: its animation moves no node")
    moments, fps = _moments(path, [times for times, _, _ in tracks.values()])
    parents = _parents(path, nodes)
    order = _parents_first(path, parents)
    places = np.zeros((len(moments), len(nodes), 3))
    turns: dict[int, np.ndarray] = {}
    for node in order:
        local = {what: _sampled(nodes[node], node, what, tracks, moments) for what in _REST}
        basis = _matrices(local["rotation"]) * local["scale"][:, None, :]
        above = parents[node]
        if above < 0:
            turns[node], places[:, node] = basis, local["translation"]
            continue
        places[:, node] = places[:, above] + np.einsum("tij,tj->ti", turns[above], local["translation"])
        turns[node] = turns[above] @ basis
    nodes_read = _kept(document, nodes, parents, {node for node, _ in tracks})
    names = tuple(str(nodes[node].get("name", f"node_{node}")) for node in nodes_read)
    positions = places[:, nodes_read]
    require_finite(path, positions, names)
    index = {node: place for place, node in enumerate(nodes_read)}
    tree = tuple(index.get(parents[node], -1) for node in nodes_read)
    return RawMotion(path, "glb", names, positions, fps, tree, unit=1.0, up="y")


_REST = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}


def _chunks(path: Path) -> tuple[dict[str, Any], bytes]:
    """The JSON document and the binary chunk behind it."""
    data = path.read_bytes()
    if len(data) < 20 or struct.unpack_from("<I", data)[0] != MAGIC:
        raise BadMotion("unreadable", f"{path}: is no GLB file")
    document, binary, at = None, b"", 12
    while at + 8 <= len(data):
        size, kind = struct.unpack_from("<II", data, at)
        content = data[at + 8 : at + 8 + size]
        if len(content) != size:
            raise BadMotion("unreadable", f"{path}: ends in the middle: copy it again")
        if kind == JSON_CHUNK and document is None:
            document = json.loads(content)
        elif kind == BINARY_CHUNK and not binary:
            binary = content
        at += 8 + size
    if not isinstance(document, dict):
        raise BadMotion("unreadable", f"{path}: has no description of its content")
    return document, binary


def _array(path: Path, document: dict[str, Any], binary: bytes, number: int) -> np.ndarray:
    """Values (n, width) of an accessor, from the file itself."""
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    width, count = WIDTHS[accessor["type"]], accessor["count"]
    if accessor["componentType"] != FLOAT or document["buffers"][view["buffer"]].get("uri") is not None:
        raise BadMotion("unreadable", f"{path}: its key frames are packed or lie in another file")
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride", 4 * width)
    if not 0 < count <= MOST_FRAMES or start < 0 or stride < 4 * width:
        raise BadMotion("unreadable", f"{path}: an array of {count} key frames is not to be had")
    if start + stride * (count - 1) + 4 * width > len(binary):
        raise BadMotion("unreadable", f"{path}: its key frames reach beyond the file's end")
    rows = np.ndarray((count, width), "<f4", binary, start, (stride, 4))
    return rows.astype(np.float64)


def _moments(path: Path, times: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Seconds (T,) at which all tracks are sampled, and how many there are in one."""
    first, last = min(t[0] for t in times), max(t[-1] for t in times)
    steps = np.concatenate([np.diff(t) for t in times])
    fps = 1 / float(np.median(steps)) if steps.size else USUAL_RATE
    if not np.isfinite([first, last, fps]).all() or (last - first) * fps > MOST_FRAMES:
        raise BadMotion("unreadable", f"{path}: its times are no times of a motion")
    count = round((last - first) * fps) + 1
    return first + np.arange(count) / fps, fps


def _sampled(
    node: dict[str, Any],
    number: int,
    what: str,
    tracks: dict[tuple[int, str], tuple[np.ndarray, np.ndarray, str]],
    moments: np.ndarray,
) -> np.ndarray:
    """A node's translation, rotation or scale (T, 3 or 4)."""
    if (number, what) not in tracks:
        return np.tile(np.asarray(node.get(what, _REST[what]), np.float64), (len(moments), 1))
    times, values, kind = tracks[number, what]
    if kind == "STEP":
        return values[np.clip(np.searchsorted(times, moments + 1e-6, side="right") - 1, 0, len(times) - 1)]
    if what == "rotation":  # a quaternion and its opposite are one turn: neighbours are brought to one side
        flips = np.where((values[1:] * values[:-1]).sum(-1) < 0, -1.0, 1.0)
        values = values * np.concatenate([[1.0], np.cumprod(flips)])[:, None]
    return np.stack([np.interp(moments, times, column) for column in values.T], axis=-1)


def _matrices(quaternions: np.ndarray) -> np.ndarray:
    """Rotation matrices (T, 3, 3) of quaternions (T, 4), x y z w, of any length but 0."""
    x, y, z, w = (quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True)).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def _parents(path: Path, nodes: list[dict[str, Any]]) -> list[int]:
    """Parent of each node, -1 for none."""
    parents = [-1] * len(nodes)
    for number, node in enumerate(nodes):
        if "matrix" in node:
            raise BadMotion("unreadable", f"{path}: node {number} is placed by a matrix, which is not read")
        for child in node.get("children", []):
            parents[child] = number
    return parents


def _parents_first(path: Path, parents: list[int]) -> list[int]:
    """Nodes in an order in which parents come before their children; BadMotion where they go round in a circle."""
    order: list[int] = []
    placed: set[int] = set()
    waiting = list(range(len(parents)))
    while waiting:
        ready = [node for node in waiting if parents[node] < 0 or parents[node] in placed]
        if not ready:
            raise BadMotion("unreadable", f"{path}: its nodes hang on each other in a circle")
        order += ready
        placed.update(ready)
        waiting = [node for node in waiting if node not in placed]
    return order


def _kept(
    document: dict[str, Any], nodes: list[dict[str, Any]], parents: list[int], moved: set[int]
) -> list[int]:
    """The nodes that are joints: those of the skin and all that hang among them, or all that move."""
    skins = document.get("skins", [])
    joints = set(skins[0]["joints"]) if skins else set(moved)
    for node in list(joints):  # joints that carry no mesh lie between those that do
        while (
            (node := parents[node]) >= 0
            and "mesh" not in nodes[node]
            and _has_joint_above(node, parents, joints)
        ):
            joints.add(node)
    return [
        node for node in range(len(nodes)) if node in joints or (node in moved and "mesh" not in nodes[node])
    ]


def _has_joint_above(node: int, parents: list[int], joints: set[int]) -> bool:
    while (node := parents[node]) >= 0:
        if node in joints:
            return True
    return False
