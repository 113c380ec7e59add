"""A rigged mannequin as one GLB file (glTF 2.0, binary): skeleton nodes, skinned capsules, one animation.

The mannequin is that of `visualization.body`, built in a T-pose with the clip's bone lengths.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from utils.runtime import atomic_write
from visualization.body import ROLES, body_points, make_body
from visualization.rig import Pose, children_of, continuous_quaternions

MAGIC, VERSION, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
FLOAT, UNSIGNED_SHORT, UNSIGNED_BYTE = 5126, 5123, 5121
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
SEGMENTS, RINGS = 14, 4  # of a capsule: around, and from its equator to its pole


@dataclass
class _Buffer:
    """The binary chunk, and the accessors into it."""

    data: bytearray = field(default_factory=bytearray)
    views: list[dict] = field(default_factory=list)
    accessors: list[dict] = field(default_factory=list)

    def add(self, array: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """Append an array (N,) or (N, K); returns its accessor's index."""
        kind = {"f": FLOAT, "u": UNSIGNED_SHORT if array.itemsize == 2 else UNSIGNED_BYTE}[array.dtype.kind]
        view = {"buffer": 0, "byteOffset": len(self.data), "byteLength": array.nbytes}
        if target is not None:
            view["target"] = target
        accessor = {
            "bufferView": len(self.views),
            "componentType": kind,
            "count": len(array),
            "type": TYPES[array.shape[1] if array.ndim > 1 else 1],
        }
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
    node_of_joint: dict[int, int] = field(default_factory=dict)

    def add(self, name: str, parent: int, offset: np.ndarray, rotation: Rotation) -> int:
        self.names.append(name)
        self.parents.append(parent)
        self.offsets.append(np.asarray(offset, float))
        self.rotations.append(rotation)
        return len(self.names) - 1

    def rest_positions(self) -> np.ndarray:
        """(N, 3) world positions in the T-pose."""
        positions: list[np.ndarray] = []
        for parent, offset in zip(self.parents, self.offsets, strict=True):
            positions.append(offset + (positions[parent] if parent >= 0 else 0.0))
        return np.array(positions)


def make_rig(pose: Pose) -> _Rig:
    """Nodes of a pose, parents first; bones that share their start get a node `<child>_base` of their own."""
    children, rig = children_of(pose.skeleton), _Rig()
    # In the T-pose the lowest joint stands on the floor.
    heights = np.zeros(len(pose.rest))
    for joint, parent in _parents_first(pose):
        heights[joint] = heights[parent] + pose.rest[joint, 1]

    def visit(joint: int, parent: int, above: Rotation | None, offset: np.ndarray) -> None:
        world = pose.world[joint]
        local = world if above is None else above.inv() * world
        node = rig.add(pose.skeleton.joint_names[joint], parent, offset, local)
        rig.node_of_joint[joint] = node
        for child in children[joint]:
            start, rotation = node, world
            if child in pose.swings:
                rotation = pose.swings[child]
                name = f"{pose.skeleton.joint_names[child]}_base"
                start = rig.add(name, node, np.zeros(3), world.inv() * rotation)
            visit(child, start, rotation, pose.rest[child])

    visit(0, -1, None, np.array((0.0, -heights.min(), 0.0)))
    return rig


def _parents_first(pose: Pose) -> list[tuple[int, int]]:
    children = children_of(pose.skeleton)
    pairs = [(child, 0) for child in children[0]]
    for joint, _ in pairs:  # grows while we walk
        pairs += [(child, joint) for child in children[joint]]
    return pairs


@dataclass
class _Mesh:
    """Vertices of one colour: positions and normals (V, 3), skeleton node of each vertex, triangles (F, 3)."""

    positions: np.ndarray
    normals: np.ndarray
    nodes: np.ndarray
    triangles: np.ndarray


def capsule(a: np.ndarray, b: np.ndarray, radius_a: float, radius_b: float) -> tuple[np.ndarray, ...]:
    """Positions and normals (V, 3), whether each vertex is at b's end (V,), triangles (F, 3); a, b: (3,)."""
    axis = (
        (b - a) / max(np.linalg.norm(b - a), 1e-9) if np.linalg.norm(b - a) > 1e-9 else np.array((0, 1.0, 0))
    )
    side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    side /= np.linalg.norm(side)
    around = np.linspace(0, 2 * np.pi, SEGMENTS, endpoint=False)
    circle = np.cos(around)[:, None] * side + np.sin(around)[:, None] * np.cross(axis, side)
    tilt = np.linspace(0, np.pi / 2, RINGS + 1)
    latitudes = np.concatenate([-tilt[::-1], tilt])  # from a's pole to b's, the equator twice
    at_b = np.repeat(np.arange(2 * RINGS + 2) > RINGS, SEGMENTS)
    normals = (np.cos(latitudes)[:, None, None] * circle + np.sin(latitudes)[:, None, None] * axis).reshape(
        -1, 3
    )
    positions = np.where(at_b[:, None], b + radius_b * normals, a + radius_a * normals)
    ring, step = np.arange(2 * RINGS + 1)[:, None] * SEGMENTS, np.arange(SEGMENTS)
    here, after = ring + step, ring + (step + 1) % SEGMENTS
    quads = np.stack([here, after, after + SEGMENTS, here + SEGMENTS], axis=-1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return positions, normals, at_b, triangles


def mannequin(rig: _Rig, pose: Pose) -> dict[tuple[int, int, int], _Mesh]:
    """The body's capsules in the T-pose by colour, each vertex bound to one skeleton node."""
    count = pose.skeleton.num_joints
    rest = rig.rest_positions()[[rig.node_of_joint[joint] for joint in range(count)]]
    points = body_points(rest[None])[0].astype(float)
    body, owners = make_body(count), [*range(count), *_owners_of_virtual_points(count)]
    parts: dict[tuple[int, int, int], list[_Mesh]] = {}
    rows = zip(body.first, body.second, body.radius_first, body.radius_second, body.colours, strict=True)
    for first, second, radius_a, radius_b, colour in rows:
        positions, normals, at_b, triangles = capsule(points[first], points[second], radius_a, radius_b)
        owner_a, owner_b = owners[first], owners[second]
        if pose.skeleton.parents[owner_b] == owner_a:
            owner_b = owner_a  # a limb is stiff: its far end turns with its bone, not with the next one
        nodes = np.where(at_b, rig.node_of_joint[owner_b], rig.node_of_joint[owner_a])
        key = tuple(int(c) for c in colour)
        parts.setdefault(key, []).append(_Mesh(positions, normals, nodes, triangles))
    return {colour: _joined(meshes) for colour, meshes in parts.items()}


def _owners_of_virtual_points(count: int) -> list[int]:
    """Joint that carries each virtual point of `body_points`, in its order."""
    r = ROLES[count]
    return [r.head] * 3 + [*r.wrists, *r.toes] + [r.spine[-1]] * 2 + [r.pelvis] * 2


def _joined(meshes: list[_Mesh]) -> _Mesh:
    starts = np.cumsum([0, *(len(mesh.positions) for mesh in meshes)])
    return _Mesh(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.nodes for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]),
    )


def write_rigged_glb(path: str | Path, pose: Pose, fps: float) -> None:
    """Write the GLB of a pose; the file appears only when complete."""
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
    primitives, materials = _primitives(mannequin(rig, pose), buffer)
    document = {
        "asset": {"version": "2.0", "generator": "pgr2m"},
        "scene": 0,
        "scenes": [{"nodes": [len(nodes) - 1, len(nodes) - 2]}],  # a skinned mesh stands on top
        "nodes": nodes,
        "meshes": [{"name": "mannequin", "primitives": primitives}],
        "materials": materials,
        "skins": [_skin(rig, buffer)],
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


def _skin(rig: _Rig, buffer: _Buffer) -> dict:
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(rig.names), 1, 1))
    inverse[:, 3, :3] = -rig.rest_positions()  # column-major: the translation is the last row in memory
    joints = list(range(len(rig.names)))
    return {"inverseBindMatrices": buffer.add(inverse.reshape(-1, 16)), "joints": joints, "skeleton": 0}


def _primitives(meshes: dict[tuple[int, int, int], _Mesh], buffer: _Buffer) -> tuple[list[dict], list[dict]]:
    """Mesh primitives and materials, one of each per colour."""
    primitives, materials = [], []
    for colour, mesh in meshes.items():
        joints = np.zeros((len(mesh.nodes), 4), np.uint8)
        joints[:, 0] = mesh.nodes
        weights = np.tile(np.array((1, 0, 0, 0), np.float32), (len(mesh.nodes), 1))
        attributes = {
            "POSITION": buffer.add(mesh.positions.astype(np.float32), ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.add(mesh.normals.astype(np.float32), ARRAY_BUFFER),
            "JOINTS_0": buffer.add(joints, ARRAY_BUFFER),
            "WEIGHTS_0": buffer.add(weights, ARRAY_BUFFER),
        }
        indices = buffer.add(mesh.triangles.reshape(-1).astype(np.uint16), ELEMENT_ARRAY_BUFFER)
        primitives.append({"attributes": attributes, "indices": indices, "material": len(materials)})
        linear = [round((c / 255) ** 2.2, 4) for c in colour]  # glTF's factors are linear, colours are sRGB
        materials.append(
            {
                "name": "#{:02x}{:02x}{:02x}".format(*colour),
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*linear, 1.0],
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.7,
                },
            }
        )
    return primitives, materials


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
