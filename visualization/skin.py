"""A body's mesh bound to a clip's skeleton, for files that carry both: its bones become those of `dataset.motion_files.rig`.

The mesh is first brought to the clip's proportions, in a pose of its own (arms half lowered for the mannequin). In
the trunk that pose is the clip's usual one, so that a head which its source puts in front of the neck looks ahead.
"""

from __future__ import annotations

import numpy as np

from dataset.motion_files.rig import Pose, parents_first, solve_pose
from dataset.motion_files.write_glb import BoundMesh
from utils.roles import ROLES
from utils.rotation import unit
from visualization.mannequin import BONES, SIDES, SkinnedBody, bone_transforms, skinned
from visualization.mesh_raster import vertex_normals

LIMBS = ("elbow", "wrist", "knee", "ankle", "toe")  # their bones point as the body's own do at rest


def bind(body: SkinnedBody, pose: Pose) -> BoundMesh:
    """Bind a body to the nodes of a clip's pose."""
    joints = bind_joints(body, pose)
    still = solve_pose(joints[None], pose.skeleton)
    moved = bone_transforms(joints[None], body.rest).matrices(body.rest)[0]
    vertices = skinned(body, moved)
    nodes, share = _carriers(pose)
    of_bone = np.zeros((len(vertices), len(BONES)))
    np.add.at(of_bone, (np.arange(len(vertices))[:, None], body.bones), body.weights)
    weights = of_bone @ share
    _share_spine(weights, of_bone[:, BONES.index("abdomen")], vertices, joints, pose, nodes)
    turns = [(still.swings if swings else still.world)[joint][0] for joint, swings in nodes]
    places = [joints[pose.skeleton.parents[joint] if swings else joint] for joint, swings in nodes]
    # Vertex colours are linear in files, ours are sRGB as on screens; open creases stay as dark as in the player.
    colours = (body.colours / 255.0) ** 2.2 * (0.55 + 0.45 * body.shade[:, None])
    return BoundMesh(
        vertices=vertices,
        normals=vertex_normals(vertices, body.faces),
        weights=weights,
        nodes=nodes,
        turns=turns,
        places=np.array(places),
        faces=body.faces,
        colours=colours,
    )


def bind_joints(body: SkinnedBody, pose: Pose) -> np.ndarray:
    """Joints (J,3) with the clip's bones, from the pelvis at 0: limbs as the body's, the trunk as usual in the clip."""
    roles = ROLES[pose.skeleton.num_joints]
    chest = _chest(pose)
    ways = {}
    for name in LIMBS:
        above = {"elbow": "shoulder", "wrist": "elbow", "knee": "hip", "ankle": "knee", "toe": "ankle"}[name]
        for side, joint in zip(SIDES, getattr(roles, f"{name}s"), strict=True):
            ways[joint] = body.rest[f"{side}_{name}"] - body.rest[f"{side}_{above}"]
    joints = np.zeros((pose.skeleton.num_joints, 3))
    above_chest = {chest}
    for joint, parent in parents_first(pose.skeleton):
        if parent in above_chest:
            above_chest.add(joint)
        way = ways.get(joint)
        if way is None:
            bone = unit(pose.joints[:, joint] - pose.joints[:, parent])
            frame = pose.world[chest if parent in above_chest else 0]
            way = np.median(frame.inv().apply(bone), axis=0)
        joints[joint] = joints[parent] + unit(way) * np.linalg.norm(pose.rest[joint])
    return joints


def _chest(pose: Pose) -> int:
    """The joint where arms and neck part."""
    parents = pose.skeleton.parents
    return next(joint for joint in range(1, len(parents)) if parents.count(joint) > 1)


def _carrier(pose: Pose, joint: int) -> tuple[int, bool]:
    """The node that moves the bone which ends in a joint."""
    return (joint, True) if joint in pose.swings else (pose.skeleton.parents[joint], False)


def _carriers(pose: Pose) -> tuple[list[tuple[int, bool]], np.ndarray]:
    """Nodes that carry a mesh, and (B,N) which of them each of the body's bones follows."""
    roles = ROLES[pose.skeleton.num_joints]
    follow = {"pelvis": (0, False), "chest": (roles.spine[-1], False), "head": (roles.head, False)}
    follow["abdomen"] = _carrier(pose, roles.spine[0])
    ends = {
        "collar": "shoulder",
        "upper_arm": "elbow",
        "forearm": "wrist",
        "thigh": "knee",
        "shin": "ankle",
        "foot": "toe",
    }
    for i, side in enumerate(SIDES):
        for bone, end in ends.items():
            follow[f"{side}_{bone}"] = _carrier(pose, getattr(roles, f"{end}s")[i])
        follow[f"{side}_toes"] = (roles.toes[i], False)
    nodes = list(dict.fromkeys([*follow.values(), *(_carrier(pose, joint) for joint in roles.spine)]))
    share = np.zeros((len(BONES), len(nodes)))
    for bone, node in follow.items():
        share[BONES.index(bone), nodes.index(node)] = 1.0
    return nodes, share


def _share_spine(weights, abdomen, vertices, joints, pose, nodes) -> None:
    """Give the abdomen's weight (V,) to the bones of the spine, by how far up a vertex lies. In place."""
    chain = ROLES[pose.skeleton.num_joints].spine
    carriers = [nodes.index(_carrier(pose, joint)) for joint in chain]
    if len(carriers) < 2:
        return
    starts = np.array([joints[pose.skeleton.parents[joint]] for joint in chain])
    axis = unit(joints[chain[-1]] - starts[0])
    middle = (starts + joints[list(chain)]) @ axis / 2
    height = vertices @ axis
    weights[:, carriers[0]] -= abdomen
    for k, carrier in enumerate(carriers):
        share = np.interp(height, middle, np.eye(len(middle))[k])
        weights[:, carrier] += abdomen * share
