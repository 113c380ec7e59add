"""Imports between packages go one way, and options are read by scripts alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
# What each package may import, beside itself.
BELOW = {
    "utils": (),
    "dataset": ("utils",),
    "models": ("utils", "dataset"),
    "visualization": ("utils", "dataset", "models"),
    "editing": ("utils", "dataset", "models"),
    "evaluation": ("utils", "dataset", "models", "visualization"),
    "training": ("utils", "dataset", "models", "evaluation"),
    "studio": ("utils", "dataset", "models", "visualization", "editing"),
    "options": ("utils", "dataset", "models", "evaluation", "training", "editing", "visualization"),
}
SCRIPTS = ("dataset/prepare/",)  # they stand above all packages, like those in the repository's root


def modules() -> list[str]:
    return sorted(
        str(path.relative_to(REPOSITORY))
        for package in BELOW
        for path in (REPOSITORY / package).rglob("*.py")
        if not str(path.relative_to(REPOSITORY)).startswith(SCRIPTS)
    )


def is_module(name: str) -> bool:
    return (REPOSITORY / name.replace(".", "/")).with_suffix(".py").is_file()


def imported(path: str) -> list[str]:
    """Full names of the modules that a file imports, inside functions too."""
    names = []
    for node in ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names += [name if is_module(name) else node.module for name in inner]
    return names


@pytest.mark.parametrize("package", BELOW)
def test_imports_between_packages_go_one_way(package):
    wrong = []
    for path in modules():
        if path.split("/")[0] != package:
            continue
        for name in imported(path):
            root = name.split(".")[0]
            if name.startswith("dataset.prepare"):
                wrong.append(f"{path} imports a script, {name}")
            if root in BELOW and root not in (package, *BELOW[package]):
                wrong.append(f"{path} imports {name}")
    assert not wrong, "; ".join(wrong)


def test_scripts_that_prepare_data_start_alike():
    """As `python dataset/prepare/NAME.py` from any directory by one bootstrap, with flags from options/."""
    scripts = {
        path.name: path.read_text(encoding="utf-8")
        for path in (REPOSITORY / "dataset" / "prepare").glob("*.py")
        if path.name not in ("__init__.py", "bootstrap.py")
    }
    assert len(scripts) >= 7
    for name, text in scripts.items():
        assert "if not __package__:" in text and "import bootstrap" in text, name
        assert "sys.path" not in text and "add_argument(" not in text, name
        assert "from options.prepare import" in text, name


@pytest.mark.parametrize(
    "words", [["dataset/prepare/parse_motion.py"], ["-m", "dataset.prepare.parse_motion"]]
)
def test_they_run_both_ways(words, tmp_path):
    place, words = (REPOSITORY, words) if words[0] == "-m" else (tmp_path, [str(REPOSITORY / words[0])])
    run = subprocess.run([sys.executable, *words, "--help"], cwd=place, capture_output=True, text=True)
    assert run.returncode == 0 and "Pose codes of a whole data set" in run.stdout, run.stderr


def test_no_two_modules_import_each_other():
    known = {path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in modules()}
    waiting = {name: {other for other in imported(path) if other in known} for name, path in known.items()}
    while ready := [name for name, others in waiting.items() if not others & waiting.keys() - {name}]:
        for name in ready:
            del waiting[name]
    assert not waiting, f"imports in a circle among {sorted(waiting)}"


def test_helpers_of_several_tests_live_in_modules_of_their_own():
    """No test file imports another one; what several of them need has a module of its own."""
    wrong = []
    for path in sorted((REPOSITORY / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [
                f"{path.name} imports {name}" for name in names if name.split(".")[-1].startswith("test_")
            ]
    assert not wrong, "; ".join(wrong)
