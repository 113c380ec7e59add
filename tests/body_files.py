"""A body model in the form of the SMPL files, made of random numbers."""

from __future__ import annotations

import numpy as np

from dataset.motion_files.rig import T2M_REST
from utils.skeleton import T2M_SKELETON

JOINTS, VERTICES, SHAPES = 52, 400, 16  # of SMPL+H: 22 of the body, 15 of each hand

PARENTS = [*T2M_SKELETON.parents, *(p for w in (20, 21) for _ in range(5) for p in (w, -1, -1))]
PARENTS = [joint - 1 if joint >= 22 and parent < 0 else parent for joint, parent in enumerate(PARENTS)]


def rest_joints() -> np.ndarray:
    """(52, 3): SMPL's mean body, fingers in a row behind each wrist."""
    rest = np.zeros((JOINTS, 3))
    for joint in range(1, JOINTS):
        side = np.sign(rest[PARENTS[joint]][0]) if joint >= 22 else 0
        rest[joint] = rest[PARENTS[joint]] + (T2M_REST[joint] if joint < 22 else (0.03 * side, 0, 0))
    return rest + (0.002, -0.22, 0.03)


def smplh() -> dict[str, np.ndarray]:
    """A model whose vertices lie randomly round its joints; the regressor averages those of a joint."""
    rng = np.random.default_rng(0)
    owner = rng.permutation(np.arange(VERTICES) % JOINTS)
    spread = rng.normal(size=(VERTICES, 3)) * 0.05
    regressor = (owner == np.arange(JOINTS)[:, None]).astype(float)
    regressor /= regressor.sum(1, keepdims=True)
    spread -= (regressor @ spread)[owner]  # so that the averages are the joints themselves
    return {
        "v_template": rest_joints()[owner] + spread,
        "shapedirs": rng.normal(size=(VERTICES, 3, SHAPES)) * 0.02,
        "J_regressor": regressor,
        "weights": np.eye(JOINTS)[owner],
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(JOINTS)], np.int64),
        "posedirs": rng.normal(size=(VERTICES, 3, 9 * (JOINTS - 1))) * 0.001,
        "f": rng.integers(0, VERTICES, (700, 3)).astype(np.uint32),
    }
