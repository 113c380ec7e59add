"""Motion files as other projects write them, made of procedural motion, and the joints that they mean.

Written and computed plainly, with none of the readers' code: text line by line, bones one after the other, a point between
two others as the skeleton maps in configs/skeletons say. So whoever has no captured files can still test that files of
these kinds become the right joints.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import yaml

from dataset.motion_files.rig import T2M_REST
from utils.skeleton import T2M_SKELETON

MAPS = Path(__file__).resolve().parents[1] / "configs" / "skeletons"
ROLES, PARENTS = T2M_SKELETON.joint_names, T2M_SKELETON.parents
BVH_KINDS = ("bandai_namco", "daz", "mixamo", "motionbuilder")
INCHES = 0.0254 / 0.45  # CMU's `length 0.45`: metres of one unit
FRAMES, RATE = 121, 120
# Bones of CMU that no joint of a map ends with: parent, and where they end, as a share of the way between two joints.
CMU_BETWEEN = {
    "thorax": ("spine3", "neck", 0.7),
    "upperneck": ("neck", "head", 0.6),
    "head": ("neck", "head", 1.4),
}
CMU_PARENTS = {
    "lhipjoint": "root", "rhipjoint": "root", "lowerback": "root", "lfemur": "lhipjoint", "rfemur": "rhipjoint",
    "upperback": "lowerback", "ltibia": "lfemur", "rtibia": "rfemur", "thorax": "upperback", "lfoot": "ltibia",
    "rfoot": "rtibia", "lowerneck": "thorax", "lclavicle": "thorax", "rclavicle": "thorax", "upperneck": "lowerneck",
    "head": "upperneck", "lhumerus": "lclavicle", "rhumerus": "rclavicle", "lradius": "lhumerus", "rradius": "rhumerus",
}  # fmt: skip


def rest_positions() -> dict[str, np.ndarray]:
    """Place of each of the 22 joints of SMPL's mean body, metres."""
    places: list[np.ndarray] = []
    for offset, parent in zip(T2M_REST, PARENTS, strict=True):
        places.append(np.array(offset) + (places[parent] if parent >= 0 else 0.0))
    return dict(zip(ROLES, places, strict=True))


def turn_about(axis: str, degrees: float) -> np.ndarray:
    """Matrix of a turn about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first], matrix[second, second] = c, c
    matrix[first, second], matrix[second, first] = -s, s
    return matrix


def angles_of(bones: list[str], seed: int) -> dict[str, np.ndarray]:
    """Smooth angles (FRAMES, 3) in degrees about x, y and z of each bone."""
    rng = np.random.default_rng(seed)
    time = np.arange(FRAMES)[:, None] / RATE
    return {
        name: rng.uniform(3, 9, 3) * np.sin(rng.uniform(2, 7, 3) * time + rng.uniform(0, 6, 3))
        for name in bones
    }


def meant(kind: str, points: dict[str, np.ndarray]) -> np.ndarray:
    """The 22 joints (T, 22, 3) that a map makes of a file's points (T, 3)."""
    sources = yaml.safe_load((MAPS / f"{kind}.yaml").read_text(encoding="utf-8"))["joints"]
    joints = []
    for role in ROLES:
        if isinstance(source := sources[role], str):
            joints.append(points[source])
        else:
            start, end, share = source
            joints.append(points[start] + share * (points[end] - points[start]))
    return np.stack(joints, axis=1)


def write_bvh_kind(path: Path, kind: str, seed: int = 0) -> np.ndarray:
    """A BVH file with the names of a map, centimetres, 120 frames a second; returns its joints (T, 22, 3) in metres."""
    sources = yaml.safe_load((MAPS / f"{kind}.yaml").read_text(encoding="utf-8"))["joints"]
    named = {role: name for role, name in sources.items() if isinstance(name, str)}
    rest, parent_of = rest_positions(), {}
    for role in named:
        above = PARENTS[ROLES.index(role)]
        while above >= 0 and ROLES[above] not in named:
            above = PARENTS[above]
        parent_of[role] = ROLES[above] if above >= 0 else None
    is_site = {role: name.endswith("_end") for role, name in named.items()}
    order = ["z", "x", "y"]
    angles = angles_of([role for role in named if not is_site[role]], seed)
    path_of_root = 100 * (rest["pelvis"] + (0, 1, 0)) + np.arange(FRAMES)[:, None] * (0.0, 0.0, 0.8)
    lines, moving = ["HIERARCHY"], []

    def write(role: str, depth: int) -> None:
        pad, parent = "\t" * depth, parent_of[role]
        offset = 100 * (rest[role] - rest[parent]) if parent else (0, 0, 0)
        head = "End Site" if is_site[role] else f"{'JOINT' if parent else 'ROOT'} {named[role]}"
        lines.extend(
            [pad + head, pad + "{", pad + "\tOFFSET " + " ".join(f"{value:.6f}" for value in offset)]
        )
        if not is_site[role]:
            moving.append(role)
            places = "" if parent else "Xposition Yposition Zposition "
            turns = " ".join(f"{axis.upper()}rotation" for axis in order)
            lines.append(f"{pad}\tCHANNELS {3 if parent else 6} {places}{turns}")
            children = [child for child in named if parent_of[child] == role]
            for child in children:
                write(child, depth + 1)
            if not children:
                lines.extend([pad + "\tEnd Site", pad + "\t{", pad + "\t\tOFFSET 0 1 0", pad + "\t}"])
        lines.append(pad + "}")

    write("pelvis", 0)
    lines += ["MOTION", f"Frames: {FRAMES}", f"Frame Time: {1 / RATE:.7f}"]
    points = {named[role]: np.zeros((FRAMES, 3)) for role in named}
    for frame in range(FRAMES):
        row = [*path_of_root[frame], *(angles[role][frame]["xyz".index(a)] for role in moving for a in order)]
        lines.append(" ".join(f"{value:.6f}" for value in row))
        turned: dict[str, np.ndarray] = {}
        for role in sorted(named, key=ROLES.index):  # parents come before their children
            parent = parent_of[role]
            above = turned[parent] if parent else np.eye(3)
            start = points[named[parent]][frame] if parent else path_of_root[frame] / 100
            points[named[role]][frame] = start + (above @ (rest[role] - rest[parent]) if parent else 0.0)
            turned[role] = above
            for axis in order if role in angles else ():
                turned[role] = turned[role] @ turn_about(axis, angles[role][frame]["xyz".index(axis)])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return meant(kind, points)


def write_cmu(folder: Path, seed: int = 0) -> np.ndarray:
    """walk.amc with walk.asf of CMU's bones, each with an axis of its own; returns its joints (T, 22, 3) in metres."""
    sources = yaml.safe_load((MAPS / "cmu.yaml").read_text(encoding="utf-8"))["joints"]
    rest = rest_positions()
    ends = {name: rest[role] for role, name in sources.items() if isinstance(name, str)}
    ends |= {name: rest[a] + share * (rest[b] - rest[a]) for name, (a, b, share) in CMU_BETWEEN.items()}
    rng = np.random.default_rng(seed + 1)
    axes = {name: rng.uniform(-60, 60, 3) for name in CMU_PARENTS}
    angles = angles_of(["root", *CMU_PARENTS], seed)
    place = (rest["pelvis"] + (0, 1, 0)) / INCHES + np.arange(FRAMES)[:, None] * (0.0, 0.0, 0.14)
    asf = [":version 1.10", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root"]
    asf += ["  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0", "  orientation 0 0 0", ":bonedata"]
    for number, (name, parent) in enumerate(CMU_PARENTS.items(), 1):
        bone = ends[name] - ends[parent]
        length = np.linalg.norm(bone)
        direction = " ".join(f"{value:.9f}" for value in bone / length)
        own = " ".join(f"{value:.6f}" for value in axes[name])
        asf += ["  begin", f"    id {number}", f"    name {name}", f"    direction {direction}"]
        asf += [f"    length {length / INCHES:.9f}", f"    axis {own} XYZ", "    dof rx ry rz", "  end"]
    asf += [":hierarchy", "  begin"]
    for parent in dict.fromkeys(CMU_PARENTS.values()):
        asf.append(
            f"    {parent} " + " ".join(child for child, above in CMU_PARENTS.items() if above == parent)
        )
    asf.append("  end")

    def spun(values: np.ndarray) -> np.ndarray:
        """Turn about the fixed axes x, then y, then z."""
        return turn_about("z", values[2]) @ turn_about("y", values[1]) @ turn_about("x", values[0])

    amc, points = [":FULLY-SPECIFIED", ":DEGREES"], {name: np.zeros((FRAMES, 3)) for name in ends}
    for frame in range(FRAMES):
        amc.append(str(frame + 1))
        amc.append("root " + " ".join(f"{value:.6f}" for value in (*place[frame], *angles["root"][frame])))
        turned = {"root": spun(angles["root"][frame])}
        points["root"][frame] = place[frame] * INCHES
        for name, parent in CMU_PARENTS.items():
            amc.append(f"{name} " + " ".join(f"{value:.6f}" for value in angles[name][frame]))
            own = spun(axes[name])
            turned[name] = turned[parent] @ own @ spun(angles[name][frame]) @ own.T
            points[name][frame] = points[parent][frame] + turned[name] @ (ends[name] - ends[parent])
    (folder / "walk.asf").write_text("\n".join(asf) + "\n", encoding="utf-8")
    (folder / "walk.amc").write_text("\n".join(amc) + "\n", encoding="utf-8")
    return meant("cmu", points)
