"""Fixtures every test file shares."""

from __future__ import annotations

import os
from pathlib import Path

# Before anything imports them: tests neither reach for a hub nor open windows.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest  # noqa: E402
import torch  # noqa: E402
from chat_server import chat_server  # noqa: E402, F401 - a fixture

REPO = Path(__file__).resolve().parent.parent
GOLDENS = REPO / "tests" / "data" / "goldens.npz"  # made by make_goldens.py beside it


@pytest.fixture(scope="session", autouse=True)
def few_threads() -> None:
    """Tests run tiny tensors: more threads cost more than they bring."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The repository's root folder."""
    return REPO


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference files beside the repository; tests that need it are skipped where it is absent."""
    folder = REPO.parent / "shared"
    if not (folder / "reference").is_dir():
        pytest.skip(f"needs the reference files of {folder.name}/ beside the repository")
    return folder
