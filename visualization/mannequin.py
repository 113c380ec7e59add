"""A free mannequin: a smooth, skinned body for the 22 joints of HumanML3D or the 21 of KIT-ML.

    body = mannequin()                      # mesh, skinning weights and colours, built once (about a second)
    bones = bone_transforms(joints)         # how each of its 18 bones moves
    vertices = pose(body, bones)            # (T,V,3), for exports; the HTML player skins on the graphics card

The surface is the smooth union of rounded cones and ellipsoids (`visualization.mannequin_shape`) round a person
who stands with the arms half lowered. Joint positions say nothing about the twist of a limb, so a bone's turn is
its parent's followed by the shortest swing to where the limb points; bones stretch to end in the given joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial.transform import Rotation

from dataset.motion_files.rig import continuous_quaternions
from utils.rotation import rotation_between, unit
from visualization.body import roles_of
from visualization.mannequin_shape import build_surface

SIDES = ("left", "right")
LIMBS = (  # bone, parent, joint it starts in, joint it ends in; once per side
    ("collar", "chest", "chest", "shoulder"),
    ("upper_arm", "collar", "shoulder", "elbow"),
    ("forearm", "upper_arm", "elbow", "wrist"),
    ("thigh", "pelvis", "hip", "knee"),
    ("shin", "thigh", "knee", "ankle"),
    ("foot", "shin", "ankle", "toe"),
)
NECK_LEAN = np.radians(38.0)
TORSO = (("pelvis", None), ("abdomen", "pelvis"), ("chest", "abdomen"), ("head", "chest"))


def _bone_tree() -> dict[str, str | None]:
    tree: dict[str, str | None] = dict(TORSO)
    for side in SIDES:
        limbs = {f"{side}_{bone}": parent for bone, parent, *_ in LIMBS} | {f"{side}_toes": "foot"}
        tree |= {b: p if p in ("chest", "pelvis") else f"{side}_{p}" for b, p in limbs.items()}
    return tree


BONE_PARENTS = _bone_tree()  # bone -> parent, parents first
BONES = tuple(BONE_PARENTS)


def _rest() -> dict[str, np.ndarray]:
    """Joints by role of the standing person, metres from the pelvis; x left, y up, z forward.

    The trunk is the median of upright frames of motion capture on HumanML3D's skeleton, made symmetric. Sources
    disagree about the hips (0.06 or 0.10 m from the middle, 0.09 or 0.04 m below the pelvis): these lie between.
    """
    middle = {
        "pelvis": (0, 0, 0),
        "chest": (0, 0.331, -0.019),
        "neck": (0, 0.549, -0.014),
        "head": (0, 0.65, -0.005),
    }
    rest = {name: np.array(at, np.float64) for name, at in middle.items()}
    arm, forearm = np.array([0.64, -0.768, 0.0]), np.array([0.62, -0.775, 0.12])
    hip, shoulder = np.array([0.082, -0.06, 0.0]), np.array([0.171, 0.455, -0.05])
    elbow = shoulder + 0.26 * arm
    knee = hip + 0.392 * np.array([0.125, -0.992, 0.02])
    ankle = knee + 0.429 * np.array([0.05, -0.994, -0.09])
    toe = ankle + np.array([0.022, -0.082, 0.118])
    left = {"hip": hip, "knee": knee, "ankle": ankle, "toe": toe}
    left |= {"shoulder": shoulder, "elbow": elbow, "wrist": elbow + 0.268 * forearm / np.linalg.norm(forearm)}
    for name, at in left.items():
        rest[f"left_{name}"], rest[f"right_{name}"] = at, at * (-1, 1, 1)
    return rest


REST = _rest()


@dataclass(frozen=True)
class SkinnedBody:
    """A mesh bound to `BONES`, in its rest pose; metres, x left, y up, z forward.

    vertices, normals (V,3) float32; faces (F,3) int, counter-clockwise from outside; colours (V,3) 0..255;
    shade (V,) 0..1: how open the surface is (dark creases); bones (V,4) indices into BONES and their
    weights (V,4), which add up to 1; rest: joints by role.
    """

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    colours: np.ndarray
    shade: np.ndarray
    bones: np.ndarray
    weights: np.ndarray
    rest: dict[str, np.ndarray]


@dataclass(frozen=True)
class BoneTransforms:
    """Motion of the bones. A rest point v on bone b goes to origin + turn (scale v' + (stretch - scale) (v'.d) d)

    where v' = v - the bone's rest origin and d is its rest direction. origin (T,B,3) metres; turn (T,B,4) unit
    quaternions x, y, z, w, continuous in time; stretch (T,B); scale: thickness of the person, one number.
    """

    origin: np.ndarray
    turn: np.ndarray
    stretch: np.ndarray
    scale: float

    def matrices(self, rest: dict[str, np.ndarray] = REST) -> np.ndarray:
        """Affine matrices (T,B,3,4) from rest to world."""
        start, direction = rest_bones(rest)
        squeeze = self.scale * np.eye(3) + (self.stretch - self.scale)[..., None, None] * (
            direction[:, :, None] * direction[:, None, :]
        )
        shape = self.turn.shape[:2]
        linear = Rotation.from_quat(self.turn.reshape(-1, 4)).as_matrix().reshape(*shape, 3, 3) @ squeeze
        offset = self.origin - np.einsum("tbij,bj->tbi", linear, start)
        return np.concatenate([linear, offset[..., None]], axis=-1)


@lru_cache(maxsize=1)
def mannequin() -> SkinnedBody:
    """The body: about 12,000 vertices. The same for both skeletons, whose bones stretch it to their sizes."""
    surface = build_surface(REST)
    weights = _skin_weights(surface.distances, surface.faces)
    bones = np.argsort(-weights, axis=1)[:, :4]
    weights = np.take_along_axis(weights, bones, axis=1)
    weights[weights < 1e-3] = 0
    return SkinnedBody(
        surface.vertices.astype(np.float32),
        surface.normals.astype(np.float32),
        surface.faces,
        surface.colours,
        surface.shade.astype(np.float32),
        bones,
        (weights / weights.sum(1, keepdims=True)).astype(np.float32),
        REST,
    )


def bone_transforms(joints: np.ndarray, rest: dict[str, np.ndarray] = REST) -> BoneTransforms:
    """How the bones move with joints (T,J,3) in metres, J = 22 or 21. UserError for other J."""
    at = joints_by_role(np.asarray(joints, np.float64))
    start, direction = rest_bones(rest)
    turns: dict[str, np.ndarray] = {}
    hips, shoulders = (unit(at[f"left_{j}"] - at[f"right_{j}"]) for j in ("hip", "shoulder"))
    trunk = {
        "pelvis": _pelvis_frame(at),
        "abdomen": _frame(at["chest"] - at["pelvis"], hips + shoulders),
        "chest": _frame(at["neck"] - at["chest"], shoulders),
        "head": _frame(at["head"] - at["neck"], shoulders),
    }
    ups = {"abdomen": ("pelvis", "chest"), "chest": ("chest", "neck")}
    for bone, frame in trunk.items():
        a, b = ups.get(bone, ("neck", "head"))
        still = _pelvis_frame(rest) if bone == "pelvis" else _frame(rest[b] - rest[a], np.array([1.0, 0, 0]))
        if bone == "head":
            frame = frame @ _looking_ahead(at, turns["chest"], rest)
        turns[bone] = frame @ still.swapaxes(-1, -2)
    lengths, origins = (
        {},
        {"pelvis": at["pelvis"], "abdomen": at["pelvis"], "chest": at["chest"], "head": at["head"]},
    )
    for side in SIDES:
        for name, _, begin, end in LIMBS:
            bone = f"{side}_{name}"
            a, b = (joint if joint == "chest" else f"{side}_{joint}" for joint in (begin, end))
            parent = turns[BONE_PARENTS[bone] or "pelvis"]  # no limb is the root
            way = at[b] - at[a]
            lengths[bone] = np.linalg.norm(way, axis=-1) / np.linalg.norm(rest[b] - rest[a])
            turns[bone] = _swing(parent @ direction[BONES.index(bone)], unit(way)) @ parent
            origins[bone] = at[a]
        # Toes stay flatter than the instep, as on tiptoe.
        foot = turns[f"{side}_foot"]
        forward = foot @ direction[BONES.index(f"{side}_toes")]
        flat = unit(forward * np.where(forward[..., 1:2] < 0, np.array([1, 0.35, 1]), 1.0))
        turns[f"{side}_toes"] = _swing(forward, flat) @ foot
        origins[f"{side}_toes"] = at[f"{side}_toe"]
    for bone, (a, b) in (("abdomen", ("pelvis", "chest")), ("chest", ("chest", "neck"))):
        lengths[bone] = np.linalg.norm(at[b] - at[a], axis=-1) / np.linalg.norm(rest[b] - rest[a])
    scale = float(
        np.median([np.median(lengths[b]) for b in lengths if "collar" not in b and "foot" not in b])
    )
    unchanged = np.full(len(joints), scale)
    turn = [continuous_quaternions(Rotation.from_matrix(turns[bone])) for bone in BONES]
    return BoneTransforms(
        np.stack([origins[bone] for bone in BONES], axis=1),
        np.stack(turn, axis=1),
        np.stack([lengths.get(bone, unchanged) for bone in BONES], axis=1),
        scale,
    )


def pose(body: SkinnedBody, transforms: BoneTransforms) -> np.ndarray:
    """Vertices (T,V,3) float32 of the body in each frame."""
    return np.stack([skinned(body, bones) for bones in transforms.matrices(body.rest)])


def skinned(body: SkinnedBody, bones: np.ndarray) -> np.ndarray:
    """Vertices (V,3) float32 of one frame: linear blend skinning by bones (B,3,4)."""
    points = np.concatenate([body.vertices, np.ones((len(body.vertices), 1), np.float32)], axis=1)
    blended = np.einsum("vk,vkij->vij", body.weights, bones.astype(np.float32)[body.bones], optimize=True)
    return np.einsum("vij,vj->vi", blended, points)


def joints_by_role(joints: np.ndarray) -> dict[str, np.ndarray]:
    """{"pelvis": (T,3), "chest", "neck", "head", "left_shoulder", ...} of joints (T,J,3)."""
    roles = roles_of(joints)
    at = {"pelvis": roles.pelvis, "chest": roles.spine[-1], "neck": roles.neck, "head": roles.head}
    for name, plural in (
        ("shoulder", "shoulders"), ("elbow", "elbows"), ("wrist", "wrists"), ("hip", "hips"),
        ("knee", "knees"), ("ankle", "ankles"), ("toe", "toes"),
    ):  # fmt: skip
        at |= {f"{side}_{name}": getattr(roles, plural)[i] for i, side in enumerate(SIDES)}
    return {name: joints[:, index] for name, index in at.items()}


def rest_bones(rest: dict[str, np.ndarray] = REST) -> tuple[np.ndarray, np.ndarray]:
    """Origins and unit directions (B,3) of the bones at rest."""
    ends = {
        "pelvis": ("pelvis", "chest"), "abdomen": ("pelvis", "chest"),
        "chest": ("chest", "neck"), "head": ("head", "head"),
    }  # fmt: skip
    for side in SIDES:
        at = {
            joint: joint if joint == "chest" else f"{side}_{joint}" for *_, a, b in LIMBS for joint in (a, b)
        }
        ends |= {f"{side}_{name}": (at[a], at[b]) for name, _, a, b in LIMBS}
        ends[f"{side}_toes"] = (f"{side}_toe", f"{side}_toe")
    start = np.stack([rest[ends[bone][0]] for bone in BONES])
    way = np.stack([rest[ends[bone][1]] - rest[ends[bone][0]] for bone in BONES])
    for i, bone in enumerate(BONES):
        if bone == "head":
            way[i] = rest["head"] - rest["neck"]
        elif bone.endswith("toes"):
            way[i] = (0, 0, 1)
    return start, unit(way)


def _frame(up: np.ndarray, across: np.ndarray, keep: str = "up") -> np.ndarray:
    """Rotation matrices (...,3,3) with columns left, up, forward; `keep` names the axis that is kept as given."""
    forward = unit(np.cross(across, up))
    if keep == "up":
        up = unit(up)
        across = np.cross(up, forward)
    else:
        across = unit(across)
        up = np.cross(forward, across)
    # Also a rotation where joints coincide and there is nothing to go by.
    return _orthonormal(np.stack(np.broadcast_arrays(across, up, forward), axis=-1))


def _pelvis_frame(at: dict[str, np.ndarray]) -> np.ndarray:
    """The pelvis turns with the triangle of its joints, which is flat and so noisy, and with the back."""
    left, right = at["left_hip"], at["right_hip"]
    up = unit(at["pelvis"] - (left + right) / 2) + unit(at["chest"] - at["pelvis"])
    return _frame(up, left - right, keep="across")


def _looking_ahead(at: dict[str, np.ndarray], chest: np.ndarray, rest: dict[str, np.ndarray]) -> np.ndarray:
    """Turn (3,3) about the ears that makes a clip's usual lean of neck and head the rest pose's.

    Sources put the head joint straight above the neck's or, like SMPL, up to NECK_LEAN in front of it.
    """

    def lean(way: np.ndarray) -> np.ndarray:
        return np.arctan2(way[..., 2], way[..., 1])

    now = lean(np.einsum("tji,tj->ti", chest, at["head"] - at["neck"]))
    usual = np.clip(np.median(now) - lean(rest["head"] - rest["neck"]), 0, NECK_LEAN)
    return Rotation.from_euler("x", -usual).as_matrix()


def _swing(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Smallest rotations (T,3,3) that take unit vectors a (T,3) to b (T,3)."""
    return rotation_between(a, b).as_matrix()


def _orthonormal(matrix: np.ndarray) -> np.ndarray:
    u, _, vt = np.linalg.svd(matrix)
    u[..., -1] *= np.sign(np.linalg.det(u @ vt))[..., None]
    return u @ vt


def _skin_weights(distances: dict[str, np.ndarray], faces: np.ndarray) -> np.ndarray:
    """Weights (V,B) from each vertex's distance to each bone's own shapes: the nearest bone and its neighbours."""
    reach = {"pelvis": 0.11, "abdomen": 0.11, "chest": 0.11, "head": 0.07}
    distance = np.stack([distances[bone] for bone in BONES], axis=1)
    near = np.eye(len(BONES), dtype=bool)
    for bone, parent in BONE_PARENTS.items():
        if parent is not None:
            i, j = BONES.index(bone), BONES.index(parent)
            near[i, j] = near[j, i] = True
    nearest = distance.argmin(1)
    span = np.array([reach.get(b, 0.05 if b.endswith(("foot", "toes")) else 0.075) for b in BONES])
    t = np.clip((distance - distance.min(1, keepdims=True)) / span, 0, 1)
    weights = np.where(near[nearest], (1 - t) ** 2 * (1 + 2 * t), 0)
    weights /= weights.sum(1, keepdims=True)
    # The set of neighbours changes abruptly where another bone becomes nearest: smooth along the surface.
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    degree = np.bincount(edges[:, 0], minlength=len(weights))[:, None]
    for _ in range(6):
        total = np.stack([np.bincount(edges[:, 0], w[edges[:, 1]], len(weights)) for w in weights.T], axis=1)
        weights = 0.5 * weights + 0.5 * total / degree
    return weights
