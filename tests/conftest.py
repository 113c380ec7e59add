"""Fixtures every test file shares."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports them: tests neither reach for a hub nor open windows.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
# Tiny tensors: more threads cost more than they bring, here and in the scripts that tests start. Threads that outnumber
# the processors spin while they wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from chat_server import chat_server  # noqa: E402, F401 - a fixture
from studio_fixtures import bench, browser, studio  # noqa: E402, F401 - fixtures
from two_workers import pytest_collection_modifyitems, pytest_xdist_auto_num_workers  # noqa: E402, F401 - hooks

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"  # reference files and third-party data beside the repository; few have them
GOLDENS = REPO / "tests" / "data" / "goldens.npz"  # made by make_goldens.py beside it


@pytest.fixture(scope="session", autouse=True)
def few_threads() -> None:
    """As OMP_NUM_THREADS above, whatever a user has set it to."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root folder."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference files beside the repository; tests that need it are skipped where it is absent."""
    if not (SHARED / "reference").is_dir():
        pytest.skip(f"needs the reference files of {SHARED.name}/ beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def reference_joints() -> np.ndarray:
    """(T, 22, 3) on the target skeleton: HumanML3D's clip 012314 where it is at hand, else the procedural golden clip."""
    official = SHARED / "reference" / "golden" / "humanml3d_012314.npz"
    with np.load(official if official.is_file() else GOLDENS) as arrays:
        return arrays["joints"]
