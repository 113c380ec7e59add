"""BVH and GLB as Blender itself reads them, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.skeleton import T2M_SKELETON
from visualization.export import write_bvh, write_glb

FRAMES, FPS = 40, 20.0


@pytest.fixture(scope="module")
def turning_walk() -> np.ndarray:
    """Joints (T, 22, 3) of a body with constant bones that turns while it walks."""
    rng = np.random.default_rng(0)
    puppet = make_puppet(FRAMES, FPS, rng)
    KINDS["walk_circle_left"].action(puppet, 0.1, FRAMES / FPS - 0.1, rng)
    return puppet.joints()


def in_blender(path: Path, out: Path) -> dict:
    """What Blender makes of a file; skips where there is no Blender that can import it."""
    blender = shutil.which("blender")
    if blender is None:
        pytest.skip("needs Blender on the PATH (Debian: apt-get install blender python3-numpy)")
    script = Path(__file__).with_name("blender_joints.py")
    command = [blender, "--background", "--factory-startup", "--python", script, "--", path, FPS, FRAMES, out]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=clean, timeout=300
    )
    if "No module named 'numpy'" in done.stdout + done.stderr:
        pytest.skip("this Blender has no numpy (Debian: apt-get install python3-numpy)")
    assert out.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("suffix", "write"), [("bvh", write_bvh), ("glb", write_glb)])
def test_joints_in_blender_are_ours(tmp_path, turning_walk, suffix, write):
    path = tmp_path / f"walk.{suffix}"
    write(path, turning_walk, FPS)
    found = in_blender(path, tmp_path / "found.json")
    names = [name for name in T2M_SKELETON.joint_names if name in found["poses"][0]]
    assert len(names) >= 20  # GLB has no bones that begin at the tips
    theirs = np.array([[pose[name] for name in names] for pose in found["poses"]])
    ours = turning_walk[:, [T2M_SKELETON.joint_names.index(name) for name in names]]
    assert np.linalg.norm(theirs - ours, axis=-1).max() < 0.001  # metres
    assert suffix == "bvh" or found["vertices"] > 1000
