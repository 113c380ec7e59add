"""What the drawn person is made of: capsules between (virtual) joints, with radii and colours.

Works for the 22 joints of HumanML3D and the 21 of KIT-ML; colours tell left (blue) from right (orange).
"""

from dataclasses import dataclass

import numpy as np

from utils.roles import ROLES, Roles
from utils.runtime import UserError
from utils.skeleton import KIT_SKELETON, T2M_SKELETON

LEFT, RIGHT, MIDDLE = (70, 132, 214), (236, 112, 60), (176, 180, 188)
SKIN = (214, 206, 198)
STICK, BALL = 0.019, 0.030  # radii in metres


@dataclass(frozen=True)
class Body:
    """Capsules of a skeleton. `first`, `second`: indices into `points`; radii in metres; colours 0..255."""

    first: np.ndarray
    second: np.ndarray
    radius_first: np.ndarray
    radius_second: np.ndarray
    colours: np.ndarray
    feet: tuple[tuple[int, int], tuple[int, int]]  # (ankle, toe) of left and right
    cast_shadow: np.ndarray  # bool per capsule


def roles_of(joints: np.ndarray) -> Roles:
    """Roles for joints (T,J,3); another J than 22 or 21 is a UserError."""
    if joints.shape[-2] not in ROLES:
        raise UserError(
            f"joints: {joints.shape[-2]} joints, but only 22 (HumanML3D) or 21 (KIT-ML) can be drawn"
        )
    return ROLES[joints.shape[-2]]


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-6)


def body_points(joints: np.ndarray) -> np.ndarray:
    """(T,J,3) metres -> (T,J+11,3): the joints and the virtual points that capsules end in.

    In order: crown, skull base, nose, left and right finger, left and right toe tip, left and right chest,
    left and right waist.
    """
    r = roles_of(joints)
    j = joints
    neck, head = j[:, r.neck], j[:, r.head]
    up = _unit(head - neck)
    across = _unit(j[:, r.shoulders[0]] - j[:, r.shoulders[1]])
    face = _unit(np.cross(across, up))
    skull = head + 0.045 * up + 0.01 * face
    crown = head + 0.125 * up + 0.005 * face
    nose = head + 0.065 * up + 0.105 * face
    fingers = [j[:, w] + 0.10 * _unit(j[:, w] - j[:, e]) for w, e in zip(r.wrists, r.elbows, strict=True)]
    tips = []
    for ankle, toe in zip(r.ankles, r.toes, strict=True):
        way = (j[:, toe] - j[:, ankle]) * np.array([1.0, 0.3, 1.0])  # toes stay flatter than the instep
        tips.append(j[:, toe] + 0.055 * _unit(way))
    spine_top = j[:, r.spine[-1]]
    chest = [0.55 * spine_top + 0.45 * j[:, s] - 0.03 * up for s in r.shoulders]
    waist = [0.45 * j[:, r.pelvis] + 0.55 * j[:, h] + 0.05 * (spine_top - j[:, r.pelvis]) for h in r.hips]
    virtual = np.stack([crown, skull, nose, *fingers, *tips, *chest, *waist], axis=1)
    return np.concatenate([j, virtual], axis=1).astype(np.float32)


def make_body(joint_count: int) -> Body:
    """Capsules for 22 or 21 joints, indices into the output of `body_points`."""
    r, n = ROLES[joint_count], joint_count
    crown, skull, nose = n, n + 1, n + 2
    rows: list[tuple[int, int, float, float, tuple[int, int, int], bool]] = []
    for side, colour in ((0, LEFT), (1, RIGHT)):
        finger, tip, chest, waist = n + 3 + side, n + 5 + side, n + 7 + side, n + 9 + side
        hip, knee, ankle, toe = r.hips[side], r.knees[side], r.ankles[side], r.toes[side]
        shoulder, elbow, wrist = r.shoulders[side], r.elbows[side], r.wrists[side]
        rows += [
            (hip, knee, 0.082, 0.056, colour, True),
            (knee, ankle, 0.056, 0.037, colour, True),
            (ankle, toe, 0.040, 0.034, colour, True),
            (toe, tip, 0.034, 0.026, colour, True),
            (shoulder, elbow, 0.052, 0.040, colour, True),
            (elbow, wrist, 0.040, 0.028, colour, True),
            (wrist, finger, 0.033, 0.024, SKIN, True),
            (chest, shoulder, 0.078, 0.056, MIDDLE, False),
            (chest, waist, 0.105, 0.092, MIDDLE, False),
        ]
    chain = (r.pelvis, *r.spine)
    rows += [(a, b, 0.112, 0.114, MIDDLE, True) for a, b in zip(chain[:-1], chain[1:], strict=True)]
    rows += [
        (r.spine[-1], r.neck, 0.104, 0.056, MIDDLE, True),
        (r.neck, skull, 0.050, 0.050, SKIN, False),
        (skull, crown, 0.092, 0.096, SKIN, True),
        (nose, nose, 0.020, 0.020, SKIN, False),
    ]
    first, second, ra, rb, colours, shadow = zip(*rows, strict=True)
    return Body(
        np.array(first),
        np.array(second),
        np.array(ra, np.float32),
        np.array(rb, np.float32),
        np.array(colours, np.float32),
        ((r.ankles[0], r.toes[0]), (r.ankles[1], r.toes[1])),
        np.array(shadow),
    )


def make_sticks(joint_count: int) -> Body:
    """Thin sticks along the bones, balls at the joints and a head: `make_body`'s other look."""
    r, body = ROLES[joint_count], make_body(joint_count)
    skeleton = KIT_SKELETON if joint_count == KIT_SKELETON.num_joints else T2M_SKELETON
    sides = {
        joint: colour
        for pair in skeleton.left_right
        for joint, colour in zip(pair, (LEFT, RIGHT), strict=True)
    }
    rows = [(p, j, STICK, sides.get(j, MIDDLE)) for j, p in enumerate(skeleton.parents) if p >= 0]
    rows += [(j, j, BALL, sides.get(j, MIDDLE)) for j in range(joint_count) if j != r.head]
    skull, crown = joint_count + 1, joint_count
    rows += [(skull, crown, 0.085, SKIN)]
    first, second, radius, colours = zip(*rows, strict=True)
    radii = np.array(radius, np.float32)
    return Body(
        np.array(first),
        np.array(second),
        radii,
        radii,
        np.array(colours, np.float32),
        body.feet,
        np.array([a != b for a, b in zip(first, second, strict=True)]),
    )


def find_contacts(joints: np.ndarray, fps: float) -> np.ndarray:
    """(T,J,3) -> bool (T,2): left and right foot rest on the floor (below 0.1 m, slower than 0.4 m/s)."""
    r = roles_of(joints)
    if len(joints) < 2:
        return np.zeros((len(joints), 2), bool)
    toes = joints[:, list(r.toes)]
    speed = np.linalg.norm(np.gradient(toes, axis=0), axis=-1) * fps
    return (speed < 0.4) & (toes[..., 1] < 0.1)
