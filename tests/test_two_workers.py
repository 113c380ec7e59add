"""How test.sh shares the tests out between two processes, and what keeps them in one."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from two_workers import LONGEST, WORKERS, place, pytest_xdist_auto_num_workers


@pytest.mark.parametrize(
    ("given", "options", "processes"),
    [
        ([], {}, WORKERS),
        (["tests/test_bvh.py", "tests/test_glb.py"], {}, WORKERS),
        (["tests/test_bvh.py::test_a", "tests/test_bvh.py::test_b"], {}, 0),
        (["tests/test_bvh.py", "tests/test_glb.py"], {"capture": "no"}, 0),
        (["tests/test_bvh.py", "tests/test_glb.py"], {"trace": True}, 0),
    ],
)
def test_two_processes_unless_one_file_is_run_or_is_to_be_seen(repo, given, options, processes):
    config = SimpleNamespace(args=given or [str(repo / "tests")], getoption=options.get)
    assert pytest_xdist_auto_num_workers(config) == processes


def test_the_longest_files_exist_and_begin_first(repo):
    assert not [name for name in LONGEST if not (repo / "tests" / name).exists()]
    names = ["test_amc.py", LONGEST[3], "test_zip.py", LONGEST[0]]
    assert sorted(names, key=place) == [LONGEST[0], LONGEST[3], "test_amc.py", "test_zip.py"]


SCRIPT = """
import os
from pathlib import Path

def test_{name}():
    Path("{name}").write_text(os.environ.get("PYTEST_XDIST_WORKER", "alone"))
"""


@pytest.mark.parametrize(
    ("flags", "where"),
    [([], {"gw0", "gw1"}), (["-n", "0"], {"alone"}), (["--pdb"], {"alone"}), (["-p", "no:xdist"], {"alone"})],
)
def test_the_user_of_test_sh_decides(repo, tmp_path, flags, where):
    """The script itself, with a `.venv` whose tools say yes and whose Python is this one."""
    pytest.importorskip("xdist", reason="needs pytest-xdist (requirements-dev.txt)")
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name, line in (("ruff", "exit 0"), ("mypy", "exit 0"), ("python", f'exec "{sys.executable}" "$@"')):
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    (tmp_path / "setup_env.sh").write_text("exit 0\n")
    (tmp_path / "test.sh").write_text((repo / "test.sh").read_text())
    (tmp_path / "conftest.py").write_text((repo / "tests" / "two_workers.py").read_text())
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name in ("a", "b"):
        (tmp_path / f"test_{name}.py").write_text(SCRIPT.format(name=name))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    # A folder of its own for temporary files; else it would clear away, for seconds, what older runs left.
    environment["PYTEST_DEBUG_TEMPROOT"] = str(tmp_path)
    done = subprocess.run(
        ["bash", tmp_path / "test.sh", *flags], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and "2 passed in " in done.stdout, done.stdout + done.stderr
    assert {(tmp_path / name).read_text() for name in ("a", "b")} == where
