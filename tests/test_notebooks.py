"""The notebooks run top to bottom, offline, on the shipped models; their stored outputs are small and free of errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.name for path in ROOT.glob("*.ipynb"))
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}


def cells(name: str) -> list[dict]:
    """Code cells of a notebook."""
    content = json.loads((ROOT / name).read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def test_there_is_a_notebook_for_inference():
    assert "inference.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_top_to_bottom(name, tmp_path):
    # A kernel would need more packages; the cells are plain Python, so a script of them does.
    code = "\n\n".join("".join(cell["source"]) for cell in cells(name))
    script = tmp_path / "notebook.py"
    script.write_text(code.replace('Path("output/', f'Path("{tmp_path}/'), encoding="utf-8")
    environment = {**os.environ, **OFFLINE, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_stored_outputs_are_complete_small_and_without_errors(name):
    assert (ROOT / name).stat().st_size < 1_000_000
    outputs = [output for cell in cells(name) for output in cell["outputs"]]
    assert outputs, "run the notebook and store its outputs"
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert all(cell["execution_count"] for cell in cells(name))
