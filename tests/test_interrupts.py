"""Ctrl-C: while a script still imports its libraries, and in the middle of an import of motion files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dataset.building import layout
from dataset.motion_files.rig import T2M_REST
from dataset.prepare import import_motion

REPO = Path(__file__).resolve().parents[1]
SCRIPTS = [path.name for path in sorted(REPO.glob("*.py"))]
MODULES = [
    "models.export",
    "dataset.prepare.import_motion",
    "dataset.prepare.parse_motion",
    "benchmarks.sampling",
]


@pytest.mark.parametrize("script", [*SCRIPTS, *MODULES])
def test_ctrl_c_while_libraries_are_imported_is_one_line(script, tmp_path):
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")  # as a signal in the middle of it does
    what = [script] if script.endswith(".py") else ["-m", script]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, *what], cwd=REPO, env=environment, capture_output=True, text=True)
    assert done.stderr.strip() == "interrupted" and done.returncode == -signal.SIGINT


def test_other_programs_keep_their_traceback(tmp_path):
    program = tmp_path / "theirs.py"
    program.write_text("import utils\nraise KeyboardInterrupt")
    environment = os.environ | {"PYTHONPATH": str(REPO)}
    done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True)
    assert "Traceback" in done.stderr


@pytest.fixture
def takes(tmp_path):
    """A folder of two motion files with captions."""
    folder = tmp_path / "takes"
    folder.mkdir()
    joints = np.repeat(np.asarray(T2M_REST, np.float32)[None], 60, 0)
    joints = joints + np.array([0.0, -joints[..., 1].min(), 0.0], np.float32)
    joints[:, :, 2] += np.linspace(0, 2, 60, dtype=np.float32)[:, None]
    for name in ("a", "b"):
        np.save(folder / f"{name}.npy", joints)
    (tmp_path / "captions.csv").write_text("file,caption\na.npy,a person glides\nb.npy,someone glides\n")
    return tmp_path


@pytest.mark.parametrize("clip", [1, 2, 3])
def test_ctrl_c_during_an_import_leaves_nothing_and_takes_nothing(takes, monkeypatch, clip):
    out = takes / "Mine"
    flags = [str(takes / "takes"), "--captions", str(takes / "captions.csv"), "--out", str(out)]
    import_motion.main(flags)
    before = {path: path.read_bytes() for path in takes.rglob("*") if path.is_file()}
    calls = []

    def write(*args):
        calls.append(args)
        if len(calls) == clip:
            raise KeyboardInterrupt
        return whole(*args)

    whole = layout.write_clip
    monkeypatch.setattr(layout, "write_clip", write)
    for target in (str(out), str(takes / "New")):
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            import_motion.main([*flags[:-1], target, "--force"])
    assert {path: path.read_bytes() for path in takes.rglob("*") if path.is_file()} == before
    assert not (takes / "New").exists() and not [
        path for path in takes.iterdir() if path.name.startswith(".")
    ]
