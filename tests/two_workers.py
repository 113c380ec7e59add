"""How test.sh shares the tests out: `-n auto` means two processes, and the files that take longest begin first."""

from __future__ import annotations

from pathlib import Path

import pytest

WORKERS = 2
# In the order of their processor time, all above eight seconds: whatever began last would be waited for alone.
LONGEST = (
    "test_scripts.py",
    "test_processes.py",
    "test_robustness.py",
    "test_studio_browser.py",
    "test_chat.py",
    "test_notebooks.py",
    "test_instructions.py",
    "test_composing.py",
    "test_player.py",
    "test_benchmarks_processes.py",
    "test_soundness.py",
    "test_train_loop.py",
    "test_studio_seen.py",
    "test_published_commands.py",
    "test_evaluator_processes.py",
    "test_replacing.py",
    "test_editing_mixture.py",
)


@pytest.hookimpl(optionalhook=True)  # nobody asks where xdist is switched off
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What `-n auto` means: processes cost their start, and their output and input are no terminal's."""
    files = {argument.split("::")[0] for argument in config.args}
    one_file = len(files) == 1 and not Path(files.pop()).is_dir()
    seen = config.getoption("capture") == "no" or config.getoption("trace")
    return 0 if one_file or seen else WORKERS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Longest files first in processes that share tests; one alone keeps pytest's order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.path.name))


def place(name: str) -> int:
    """A test file's place in the order."""
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)
