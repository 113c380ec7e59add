"""A rigged body as one GLB file (glTF 2.0, binary): skeleton nodes, a skinned mesh, one animation.

Nodes stand in a T-pose with the clip's bone lengths. `visualization.export.write_glb` gives it a body that is drawn.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.glb import BINARY_CHUNK, FLOAT, JSON_CHUNK, MAGIC
from dataset.motion_files.rig import Pose, children_of, continuous_quaternions, parents_first
from utils.runtime import atomic_write

VERSION = 2
UNSIGNED = {1: 5121, 2: 5123, 4: 5125}  # by bytes
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
MATERIAL = {"name": "body", "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.7}}


@dataclass(frozen=True)
class BoundMesh:
    """A mesh and the pose it is bound in.

    vertices, normals (V,3); weights (V,N) of N nodes; nodes: which of them carry it, as (joint, whether the node that
    swings the joint's bone, not the joint's own); turns, places: world rotation and position (3,) of each in the pose;
    faces (F,3); colours (V,3), linear, 0 to 1.
    """

    vertices: np.ndarray
    normals: np.ndarray
    weights: np.ndarray
    nodes: list[tuple[int, bool]]
    turns: list[Rotation]
    places: np.ndarray
    faces: np.ndarray
    colours: np.ndarray


@dataclass
class _Buffer:
    """The binary chunk, and the accessors into it."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict] = field(default_factory=list)
    accessors: list[dict] = field(default_factory=list)

    def add(
        self, array: np.ndarray, target: int | None = None, bounds: bool = False, normalised: bool = False
    ) -> int:
        """Append an array (N,) or (N, K), float32 or unsigned; returns its accessor's index.

        normalised: integers stand for 0..1.
        """
        kind = FLOAT if array.dtype.kind == "f" else UNSIGNED[array.itemsize]
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes}
        if target is not None:
            view["target"] = target
        accessor = {
            "bufferView": len(self.views),
            "componentType": kind,
            "count": len(array),
            "type": TYPES[array.shape[1] if array.ndim > 1 else 1],
        }
        if normalised:
            accessor["normalized"] = True
        if bounds:
            flat = array.reshape(len(array), -1)
            accessor |= {"min": flat.min(0).tolist(), "max": flat.max(0).tolist()}
        self.data += np.ascontiguousarray(array).tobytes()
        self.data += b"\0" * (-len(self.data) % 4)
        self.views.append(view)
        self.accessors.append(accessor)
        return len(self.accessors) - 1


@dataclass
class _Rig:
    """Skeleton nodes: name, parent, rest offset (3,) and local rotations over time of each."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[np.ndarray] = field(default_factory=list)
    rotations: list[Rotation] = field(default_factory=list)
    node_of: dict[tuple[int, bool], int] = field(default_factory=dict)  # see `BoundMesh.nodes`

    def add(self, name: str, parent: int, offset: np.ndarray, rotation: Rotation) -> int:
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append(np.asarray(offset, float))
        self.rotations.append(rotation)
        return len(self.names) - 1


def make_rig(pose: Pose) -> _Rig:
    """Nodes of a pose, parents first; bones that share their start get a node `<child>_base` of their own."""
    children, rig = children_of(pose.skeleton), _Rig()
    # In the T-pose the lowest joint stands on the floor.
    heights = np.zeros(len(pose.rest))
    for joint, parent in parents_first(pose.skeleton):
        heights[joint] = heights[parent] + pose.rest[joint, 1]

    def visit(joint: int, parent: int, above: Rotation | None, offset: np.ndarray) -> None:
        world = pose.world[joint]
        local = world if above is None else above.inv() * world
        node = rig.add(pose.skeleton.joint_names[joint], parent, offset, local)
        rig.node_of[joint, False] = node
        for child in children[joint]:
            start, rotation = node, world
            if child in pose.swings:
                rotation = pose.swings[child]
                name = f"{pose.skeleton.joint_names[child]}_base"
                start = rig.add(name, node, np.zeros(3), world.inv() * rotation)
                rig.node_of[child, True] = start
            visit(child, start, rotation, pose.rest[child])

    visit(0, -1, None, np.array((0.0, -heights.min(), 0.0)))
    return rig


def write_rigged_glb(path: str | Path, pose: Pose, mesh: BoundMesh, fps: float) -> None:
    """Write the GLB of a pose and a mesh bound to it; the file appears only when complete."""
    rig, buffer = make_rig(pose), _Buffer()
    children: list[list[int]] = [[] for _ in rig.names]
    for node, parent in enumerate(rig.parents):
        if parent >= 0:
            children[parent].append(node)
    nodes: list[dict] = [
        {"name": name, "translation": offset.tolist(), **({"children": below} if below else {})}
        for name, offset, below in zip(rig.names, rig.offsets, children, strict=True)
    ]
    nodes += [
        {"name": "mannequin", "mesh": 0, "skin": 0},
        {"name": "person", "children": [0]},
    ]
    document = {
        "asset": {"version": "2.0", "generator": "pgr2m"},
        "scene": 0,
        "scenes": [{"nodes": [len(nodes) - 1, len(nodes) - 2]}],  # a skinned mesh stands on top
        "nodes": nodes,
        "meshes": [{"name": "mannequin", "primitives": [_primitive(mesh, buffer)]}],
        "materials": [MATERIAL],
        "skins": [_skin(rig, mesh, buffer)],
        "animations": [_animation(rig, pose, fps, buffer)],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.data)}],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(buffer.data)
    with atomic_write(path) as temporary:
        temporary.write_bytes(
            struct.pack("<III", MAGIC, VERSION, total)
            + struct.pack("<II", len(text), JSON_CHUNK)
            + text
            + struct.pack("<II", len(buffer.data), BINARY_CHUNK)
            + bytes(buffer.data)
        )


def _skin(rig: _Rig, mesh: BoundMesh, buffer: _Buffer) -> dict:
    """The nodes that carry the mesh, and how to undo the pose it is bound in."""
    inverse = np.tile(np.eye(4), (len(mesh.nodes), 1, 1))
    for matrix, turn, place in zip(inverse, mesh.turns, mesh.places, strict=True):
        matrix[:3, :3] = turn.inv().as_matrix()
        matrix[:3, 3] = -matrix[:3, :3] @ place
    columns = inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)  # column by column
    return {
        "inverseBindMatrices": buffer.add(columns),
        "joints": [rig.node_of[node] for node in mesh.nodes],
        "skeleton": 0,
    }


def _primitive(mesh: BoundMesh, buffer: _Buffer) -> dict:
    """The mesh with a colour and up to four bones per vertex."""
    bones = np.argsort(-mesh.weights, axis=1)[:, :4]
    weights = np.take_along_axis(mesh.weights, bones, axis=1).astype(np.float32)
    weights[weights < 1e-3] = 0
    weights /= weights.sum(1, keepdims=True)
    colours = np.concatenate([mesh.colours, np.ones((len(mesh.colours), 1))], axis=1)
    attributes = {
        "POSITION": buffer.add(mesh.vertices.astype(np.float32), ARRAY_BUFFER, bounds=True),
        "NORMAL": buffer.add(mesh.normals.astype(np.float32), ARRAY_BUFFER),
        "COLOR_0": buffer.add((colours * 65535).round().astype(np.uint16), ARRAY_BUFFER, normalised=True),
        "JOINTS_0": buffer.add(np.where(weights > 0, bones, 0).astype(np.uint8), ARRAY_BUFFER),
        "WEIGHTS_0": buffer.add(weights, ARRAY_BUFFER),
    }
    wide = np.uint16 if len(mesh.vertices) < 65535 else np.uint32
    indices = buffer.add(mesh.faces.reshape(-1).astype(wide), ELEMENT_ARRAY_BUFFER)
    return {"attributes": attributes, "indices": indices, "material": 0}


def _animation(rig: _Rig, pose: Pose, fps: float, buffer: _Buffer) -> dict:
    times = buffer.add((np.arange(len(pose.joints)) / fps).astype(np.float32), bounds=True)
    outputs = [("translation", 0, buffer.add(pose.joints[:, 0].astype(np.float32)))]
    for node, rotation in enumerate(rig.rotations):
        outputs.append(("rotation", node, buffer.add(continuous_quaternions(rotation).astype(np.float32))))
    return {
        "name": "motion",
        "samplers": [
            {"input": times, "output": output, "interpolation": "LINEAR"} for _, _, output in outputs
        ],
        "channels": [
            {"sampler": i, "target": {"node": node, "path": what}}
            for i, (what, node, _) in enumerate(outputs)
        ],
    }
