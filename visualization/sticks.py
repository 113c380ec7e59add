"""Sticks between the joints, bound to the mannequin's bones: the player's second look, and its shadows."""

from __future__ import annotations

import numpy as np

from visualization.body import LEFT, MIDDLE, RIGHT, SKIN
from visualization.mannequin import BONES, SIDES, SkinnedBody

STICK, BALL = 0.017, 0.028  # radii in metres
TRUNK = (  # bone, from, to, radius of the body there
    ("abdomen", "pelvis", "chest", 0.105),
    ("chest", "chest", "neck", 0.095),
    ("head", "neck", "head", 0.050),
    ("head", "skull", "crown", 0.085),
)
LIMBS = (
    ("pelvis", "pelvis", "hip", 0.085),
    ("collar", "chest", "shoulder", 0.060),
    ("upper_arm", "shoulder", "elbow", 0.048),
    ("forearm", "elbow", "wrist", 0.036),
    ("forearm", "wrist", "finger", 0.026),
    ("thigh", "hip", "knee", 0.070),
    ("shin", "knee", "ankle", 0.046),
    ("foot", "ankle", "toe", 0.034),
    ("toes", "toe", "tip", 0.026),
)


def segments(rest: dict[str, np.ndarray]) -> list[list]:
    """[bone, start (3,), bone, end (3,), radius, colour (3,)] of every piece at rest, as lists; bones by index."""
    at = dict(rest)
    at["skull"], at["crown"] = rest["head"] + np.array([[0, 0.06, 0.012], [0, 0.105, 0.012]])
    rows = [(bone, bone, a, b, radius, SKIN if bone == "head" else MIDDLE) for bone, a, b, radius in TRUNK]
    for side, colour in zip(SIDES, (LEFT, RIGHT), strict=True):
        elbow, wrist = rest[f"{side}_elbow"], rest[f"{side}_wrist"]
        at[f"{side}_finger"] = wrist + 0.12 * (wrist - elbow) / np.linalg.norm(wrist - elbow)
        at[f"{side}_tip"] = rest[f"{side}_toe"] + np.array([0, -0.004, 0.055])
        for name, a, b, radius in LIMBS:
            first, second = (name if name == "pelvis" else f"{side}_{name}",) * 2
            if b == "hip":  # not fixed to the pelvis: sources put it elsewhere, and the thigh knows where
                second = f"{side}_thigh"
            paint = MIDDLE if name in ("pelvis", "collar") else SKIN if b == "finger" else colour
            rows.append((first, second, a if a in rest else f"{side}_{a}", f"{side}_{b}", radius, paint))
    return [
        [
            BONES.index(first),
            at[a].round(4).tolist(),
            BONES.index(second),
            at[b].round(4).tolist(),
            radius,
            [*colour],
        ]
        for first, second, a, b, radius, colour in rows
    ]


def sticks(rest: dict[str, np.ndarray]) -> SkinnedBody:
    """Thin round sticks with balls at the joints, each rigidly on its bone."""
    vertices, normals, faces, colours, bones = [], [], [], [], []
    balls: list[np.ndarray] = []
    count = 0
    for first, start, second, end, radius, colour in segments(rest):
        a, b = np.array(start), np.array(end)
        head = radius > 0.08 and first == BONES.index("head")
        pieces = [(a, b, radius if head else STICK, first, second)]
        if not head:
            new = [
                (p, bone)
                for p, bone in ((a, first), (b, second))
                if not any(np.allclose(p, q) for q in balls)
            ]
            pieces += [(p, p, BALL, bone, bone) for p, bone in new]
            balls += [a, b]
        for p, q, r, at_p, at_q in pieces:
            v, n, f = _capsule(p, q, r)
            vertices.append(v)
            normals.append(n)
            faces.append(f + count)
            colours.append(np.tile(np.array(colour, np.uint8), (len(v), 1)))
            bones.append(np.repeat([at_p, at_q], len(v) // 2))
            count += len(v)
    index = np.zeros((count, 4), int)
    index[:, 0] = np.concatenate(bones)
    return SkinnedBody(
        np.concatenate(vertices).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        np.concatenate(faces),
        np.concatenate(colours),
        np.ones(count, np.float32),
        index,
        np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        rest,
    )


def _capsule(a: np.ndarray, b: np.ndarray, radius: float, around: int = 10, rings: int = 3) -> tuple:
    """Mesh of a capsule: vertices, normals (V,3) and faces (F,3), counter-clockwise from outside."""
    length = np.linalg.norm(b - a)
    axis = (b - a) / length if length > 1e-6 else np.array([0.0, 1.0, 0.0])
    side = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    turn = np.arange(around) * 2 * np.pi / around
    circle = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
    lift = np.concatenate([np.linspace(-np.pi / 2, 0, rings + 1), np.linspace(0, np.pi / 2, rings + 1)])
    centre = np.repeat([0.0, 1.0], rings + 1)
    normals = np.cos(lift)[:, None, None] * circle + np.sin(lift)[:, None, None] * axis
    vertices = a + centre[:, None, None] * (b - a) + radius * normals
    i, j = np.meshgrid(np.arange(len(lift) - 1), np.arange(around), indexing="ij")
    corner = [(i + di) * around + (j + dj) % around for di, dj in ((0, 0), (0, 1), (1, 1), (1, 0))]
    faces = [np.stack([corner[0], corner[k], corner[k + 1]], axis=-1).reshape(-1, 3) for k in (1, 2)]
    return vertices.reshape(-1, 3), normals.reshape(-1, 3), np.concatenate(faces)
