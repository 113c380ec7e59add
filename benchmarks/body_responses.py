"""How bodies respond to what their limbs do, learnt from captured motion: numbers for the pose fit of edits.

    python -m benchmarks.body_responses --data ../shared/data/mocap --out editing/body_responses.yaml

Three responses, of the training clips' frames: where a collar points to as its upper arm is raised (linear regression
within clips, so that skeletons of different takes don't matter); how far the pelvis goes over the foot that stands as the
other is lifted, and how far trunk and pelvis lean forward and back as both knees bend (medians, made monotonous).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

from dataset.composing.bodies import ARMS, LEGS
from editing.body import arm_terms, torso_frames
from utils import quantities as q
from utils.flags import FlagParser
from utils.rotation import unit
from utils.runtime import UserError, atomic_write, run_script

LIFTS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5)  # metres by which one ankle is over the other
BENDS = (20.0, 45.0, 60.0, 75.0, 90.0)  # degrees of both knees
SLOW = 0.35  # metres a second of the pelvis, up to which a pose could be held
PLANTED = 0.15  # metres a second of an ankle that stands
DOWN = 0.05  # metres over the floor of a toe that stands
RIDGE = 1e-5
EVERY = 3  # frames; neighbours tell little more


def training_clips(folder: Path) -> list[np.ndarray]:
    """Joints (T, 22, 3) of a folder's training clips."""
    try:
        with np.load(folder / "joints.npz", allow_pickle=False) as file:
            held = {name: file[name] for name in ("ids", "offsets", "root", "local")}
        chosen = set((folder / "train.txt").read_text(encoding="utf-8").split())
    except (OSError, KeyError, ValueError) as problem:
        raise UserError(f"--data {folder}: not a folder of captured motion ({problem})") from problem
    clips = []
    for number, name in enumerate(held["ids"]):
        if str(name) in chosen:
            part = slice(held["offsets"][number], held["offsets"][number + 1])
            clips.append(held["root"][part, None] + held["local"][part].astype(np.float64) * 1e-4)
    return clips


def collar_response(clips: list[np.ndarray]) -> dict:
    """Coefficients (terms, 2) of the change of a collar's direction, up and forward, by terms of its upper arm's."""
    inputs, outputs, shoulders = [], [], []
    for joints in clips:
        frames = torso_frames(joints)
        for side, (collar, shoulder, elbow, _) in enumerate(ARMS):
            out = np.array([(1.0, -1.0)[side], 1.0, 1.0])
            arm = np.einsum("tij,tj->ti", frames, unit(joints[:, elbow] - joints[:, shoulder])) * out
            bone = np.einsum("tij,tj->ti", frames, joints[:, shoulder] - joints[:, collar]) * out
            terms, direction = arm_terms(arm)[::EVERY], unit(bone)[::EVERY, 1:]
            inputs.append(terms - terms.mean(0))
            outputs.append(direction - direction.mean(0))
            shoulders.append(len(terms))
    x, y = np.concatenate(inputs), np.concatenate(outputs)
    solved = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ y)
    explained = 1 - ((y - x @ solved) ** 2).sum(0) / (y**2).sum(0)
    return {
        "coefficients": np.round(solved, 4).tolist(),
        "explained": np.round(explained, 3).tolist(),
        "frames": int(sum(shoulders)),
    }


def leg_responses(clips: list[np.ndarray]) -> tuple[dict, dict]:
    """Medians of the pelvis' place by lift, and of lean and of the pelvis' place by bend of the knees."""
    lifted, bent = [], []
    for joints in clips:
        ahead, floor = q.facing(joints), q.floor(joints)
        left = np.stack([ahead[:, 2], 0 * ahead[:, 0], -ahead[:, 0]], -1)
        ankles = joints[:, [leg[2] for leg in LEGS]]
        toes = joints[:, [leg[3] for leg in LEGS], 1] - floor
        calm = np.linalg.norm(np.gradient(joints[:, 0], axis=0)[:, [0, 2]], axis=-1) * q.FPS < SLOW
        pace = np.linalg.norm(np.gradient(ankles, axis=0)[..., [0, 2]], axis=-1) * q.FPS
        for side in (0, 1):
            stands = calm & (toes[:, side] < DOWN) & (pace[:, side] < PLANTED)
            lift = ankles[:, 1 - side, 1] - ankles[:, side, 1]
            # Towards the other foot; 0 is over the ankle that stands.
            away = ((joints[:, 0] - ankles[:, side]) * left).sum(-1) * (-1.0, 1.0)[side]
            lifted.append(np.stack([lift, away], 1)[stands][::EVERY])
        bends = np.stack([q.knee_bend(joints, side) for side in (0, 1)])
        both = calm & (toes.max(1) < DOWN + 0.01) & (np.abs(bends[0] - bends[1]) < 20)
        back = -((joints[:, 0] - ankles.mean(1)) * ahead).sum(-1)
        bent.append(np.stack([bends.mean(0), q.lean(joints), back], 1)[both][::EVERY])
    lifts, bends = np.concatenate(lifted), np.concatenate(bent)
    away, count_lifts = _medians(lifts[:, 0], lifts[:, 1], LIFTS)
    lean, count_bends = _medians(bends[:, 0], bends[:, 1], BENDS)
    back, _ = _medians(bends[:, 0], bends[:, 2], BENDS)
    over = np.maximum.accumulate(away[0] - away)  # metres that the pelvis goes over the standing foot
    lean, back = (np.maximum.accumulate(line - line[0]) for line in (lean, back))
    lift = {"at": list(LIFTS), "over": _rounded(over), "frames": count_lifts}
    bend = {"at": list(BENDS), "lean": _rounded(lean), "back": _rounded(back), "frames": count_bends}
    return lift, bend


def _medians(x: np.ndarray, y: np.ndarray, knots: tuple[float, ...]) -> tuple[np.ndarray, list[int]]:
    """Median of y about each knot, half-way to its neighbours, and how many there are."""
    edges = np.concatenate([[-np.inf], (np.array(knots[1:]) + knots[:-1]) / 2, [np.inf]])
    groups = [y[(x >= a) & (x < b)] for a, b in zip(edges, edges[1:], strict=False)]
    return np.array([np.median(group) for group in groups]), [len(group) for group in groups]


def _rounded(line: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in line]


def main() -> None:
    """Learn the responses and write them with where they come from."""
    parser = FlagParser(description="Learn how bodies respond to their limbs.")
    parser.add_argument("--data", required=True, type=Path, help="folder of joints.npz and train.txt")
    parser.add_argument("--out", type=Path, default=Path("editing/body_responses.yaml"))
    args = parser.parse_args()
    clips = training_clips(args.data)
    lift, bend = leg_responses(clips)
    found = {"collar": collar_response(clips), "lift": lift, "bend": bend}
    text = (
        "# How bodies respond to their limbs (editing/body.py). Made by\n"
        "#     python -m benchmarks.body_responses --data ../shared/data/mocap\n"
        f"# of the {len(clips)} training clips of CMU, HDM05 and Bandai-Namco motion capture (docs/editing.md).\n"
    )
    with atomic_write(args.out) as path:
        path.write_text(
            text + yaml.safe_dump(found, default_flow_style=None, sort_keys=False), encoding="utf-8"
        )
    print(args.out, json.dumps(found))


if __name__ == "__main__":
    run_script(main)
