"""docs/method.md says what the code does: sections that docstrings name are there, and so are the numbers."""

from __future__ import annotations

import re

import pytest

from dataset.pose_codes import GROUPS, NUM_CODES, NUM_GROUPS
from dataset.spec import KIT_LAYOUT, T2M_LAYOUT

FOLDERS = (
    "dataset",
    "editing",
    "evaluation",
    "models",
    "options",
    "tests",
    "training",
    "utils",
    "visualization",
)
NAMED = re.compile(r"docs/method\.md sections? (\d)(?: (?:to|and) (\d))?")


@pytest.fixture(scope="module")
def method(repo) -> str:
    return (repo / "docs" / "method.md").read_text()


def test_sections_named_in_the_code_are_there(repo, method):
    sections = set(re.findall(r"^## (\d)\. ", method, re.M))
    named = set()
    for folder in FOLDERS:
        for path in (repo / folder).rglob("*.py"):
            text = path.read_text()
            if path.name != "test_method.py":
                assert "models.md" not in text, path  # lay outside the repository
            named |= {number for match in NAMED.findall(text) for number in match if number}
    assert named >= set("123456789") and named <= sections


def test_widths_and_counts_are_those_of_the_code(method):
    assert f"`G = {NUM_GROUPS}`" in method and f"`N = {NUM_CODES}`" in method
    assert f"{T2M_LAYOUT.width} for 22 joints" in method and f"{KIT_LAYOUT.width} for 21 joints" in method
    table = method[method.index("| kind |") : method.index("A value's category")]
    for kind in {group.kind for group in GROUPS}:
        assert re.search(rf"\b{kind}\b", table), kind


def test_files_it_names_are_there(repo, method):
    names = re.findall(r"`((?:{}|configs)/[\w/.]*)`".format("|".join(FOLDERS)), method)
    assert len(names) > 20
    made = "tests/data/"
    assert not [name for name in names if not (repo / name).exists() and not name.startswith(made)]
