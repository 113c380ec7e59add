"""README, documentation and project files say what is: links lead somewhere, commands and flags exist, lists agree."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from published_commands import PUBLISHED

import options
from options import prepare

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("pretrained/**/*.md"), ROOT / "quickstart.sh"]
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = sorted(
    folder.parent.name
    for folder in ROOT.glob("*/__init__.py")
    if folder.parent.name not in ("tests", "benchmarks")
)
PARSERS = {
    "train_pg_tokenizer.py": options.tokenizer_parser,
    "train_base_trans.py": options.base_parser,
    "train_refine_trans.py": options.refine_parser,
    "train_evaluator.py": options.evaluator_parser,
    "eval_pg_tokenizer.py": options.eval_tokenizer_parser,
    "eval_base_trans.py": options.eval_base_parser,
    "eval_refine_trans.py": options.eval_refine_parser,
    "eval_editing.py": options.eval_editing_parser,
    "eval_instructions.py": options.eval_instructions_parser,
    "generate.py": options.generate_parser,
    "edit_motion.py": options.edit_parser,
    "studio.py": options.studio_parser,
    "dataset/prepare/build_mocap.py": prepare.mocap_parser,
    "dataset/prepare/compose.py": prepare.compose_parser,
    "dataset/prepare/download.py": prepare.download_parser,
    "dataset/prepare/import_motion.py": prepare.import_parser,
    "dataset/prepare/make_keywords.py": prepare.keywords_parser,
    "dataset/prepare/make_vocabulary.py": prepare.vocabulary_parser,
    "dataset/prepare/make_toy.py": prepare.toy_parser,
    "dataset/prepare/parse_motion.py": prepare.pose_codes_parser,
}


def code_blocks(page: Path) -> list[str]:
    """Fenced and inline code of a page, lines that go on joined."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".md":
        return [text]
    fenced = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [re.sub(r"\\\n\s*", " ", block) for block in (*fenced, *inline)]


def commands(page: Path) -> list[list[str]]:
    """Words of each `python SCRIPT ...` or `python -m MODULE ...` of a page, without python."""
    lines = [line for block in code_blocks(page) for line in block.splitlines()]
    found = [re.search(r"(?:^|\s)python ((?:-m )?[\w./]+.*)", line) for line in lines]
    texts = [match[1].split("   ")[0] for match in found if match]
    return [shlex.split(text, comments=True) for text in texts]


def script_of(words: list[str]) -> Path:
    """The file that a command runs."""
    return ROOT / (f"{words[1].replace('.', '/')}.py" if words[0] == "-m" else words[0])


def flags_of(words: list[str]) -> list[str]:
    return [word for word in words if word.startswith("--")]


def anchors(page: Path) -> set[str]:
    """What links into a page may name: its headings, as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short():
    assert (ROOT / "README.md").stat().st_size <= 9 * 1024
    assert (ROOT / "docs/generated.gif").stat().st_size < 256 * 1024


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        linked = page if not name else page.parent / name
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_name_scripts_and_flags_that_exist(page):
    for words in commands(page):
        script = script_of(words)
        if words[:2] == ["-m", "pytest"]:
            continue
        if words[0] == "-m" and not script.exists():
            script = script.with_suffix("") / "__main__.py"
        assert script.exists(), words
        name = str(script.relative_to(ROOT))
        if name in PARSERS:
            known = {flag for action in PARSERS[name]()._actions for flag in action.option_strings}
        else:
            source = script.read_text(encoding="utf-8")
            known = set(re.findall(r"\"(--[\w-]+)\"", source))
            known |= {f"--{stage}" for stage in ("tokenizer", "base", "refine") if 'f"--{stage}"' in source}
        assert set(flags_of(words)) <= known, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_models_that_code_names_are_shipped_or_published(page):
    named = {
        name for block in code_blocks(page) for name in re.findall(r"pretrained/(\w+)(?!\.md|\w)", block)
    }
    shipped = {card.parent.name for card in ROOT.glob("pretrained/*/README.md")}
    published = {"exp_pg_tokenizer", "exp_base_transformer", "exp_refine_transformer"}
    assert named <= shipped | published


def test_commands_are_found_at_all():
    """The reader of pages above does not pass by finding nothing."""
    found = [words for page in PAGES for words in commands(page)]
    assert len(found) > 50
    assert {"generate.py", "dataset/prepare/compose.py", "benchmarks.growth"} <= {
        words[1] if words[0] == "-m" else words[0] for words in found
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_is_called_in_one_way(page):
    """The environment is activated once; no command names its interpreter."""
    if page.suffix == ".md":
        assert "venv/bin/python" not in page.read_text(encoding="utf-8")


def test_published_commands_stand_word_for_word():
    names = {
        "tokenizer": "train_pg_tokenizer.py",
        "base": "train_base_trans.py",
        "refine": "train_refine_trans.py",
        "eval_tokenizer": "eval_pg_tokenizer.py",
        "eval_base": "eval_base_trans.py",
        "eval_refine": "eval_refine_trans.py",
    }
    for page, expected in (("README.md", list(names)[:3]), ("docs/training.md", list(names))):
        written = [[re.sub(r"\{date\d\}", "{date}", w) for w in words] for words in commands(ROOT / page)]
        for name in expected:
            assert [names[name], *shlex.split(PUBLISHED[name])] in written, (page, name)


def test_citations():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    titles = re.findall(r"^  title=\{(.+)\},$", text, re.MULTILINE)
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [title.lower() for title in titles] == [work["title"].lower() for work in cited["references"]]
    years = re.findall(r"^  year=\{(\d+)\}", text, re.MULTILINE)
    assert years == [str(work["year"]) for work in cited["references"]]
    assert (
        cited["version"] == PROJECT["project"]["version"]
        and cited["license"] == PROJECT["project"]["license"]
    )


def test_published_bibtex_is_unchanged(shared):
    published = (shared / "seed/README_published.md").read_text(encoding="utf-8")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    entries = re.findall(r"```bibtex\n(.*?)```", published, re.DOTALL)
    assert len(entries) == 3 and all(entry in text for entry in entries)


def test_requirements_are_the_one_list_of_dependencies():
    dynamic = PROJECT["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"] == {"file": ["requirements.txt"]}
    assert dynamic["optional-dependencies"] == {"dev": {"file": ["requirements-dev.txt"]}}
    assert "dependencies" not in PROJECT["project"]
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines)
    names = [line.split("==")[0].lower() for line in lines]
    assert len(names) == len(set(names))
    setup = (ROOT / "setup_env.sh").read_text()
    assert all(
        name in setup for name in ("requirements.txt", "requirements-dev.txt", "requirements-nodeps.txt")
    )
    assert f"torch_spec=${{PGR2M_TORCH:-{lines[0]}}}" in setup


def test_one_oldest_python():
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text()
    setup = (ROOT / "setup_env.sh").read_text()
    assert f"Python {oldest} or newer" in setup and f"({oldest.replace('.', ', ')})" in setup


def test_every_package_is_built_sorted_and_type_checked():
    find = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert sorted(find) == [f"{name}*" for name in PACKAGES]
    assert sorted(PROJECT["tool"]["mypy"]["packages"]) == PACKAGES
    assert sorted(PROJECT["tool"]["ruff"]["lint"]["isort"]["known-first-party"]) == PACKAGES


def unchecked() -> list[str]:
    """Modules that mypy leaves out."""
    overrides = PROJECT["tool"]["mypy"].get("overrides", [])
    return [name for entry in overrides if entry.get("ignore_errors") for name in entry["module"]]


def test_no_module_is_left_out_of_the_type_check():
    assert unchecked() == []


def test_no_blanket_ignores():
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"# type: ignore(?!\[)|# mypy:", text), path


def test_ci_runs_what_people_run():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    assert {"run": "bash test.sh"} in workflow["jobs"]["test"]["steps"]
    script = (ROOT / "test.sh").read_text()
    assert all(tool in script for tool in ("ruff check .", "ruff format --check .", "bin/mypy", "pytest"))


def test_what_is_not_required_is_not_advertised():
    """accelerate is needed nowhere: torchrun starts several processes."""
    required = (ROOT / "requirements.txt").read_text()
    assert "accelerate" not in required
    assert not any("accelerate launch" in page.read_text(encoding="utf-8") for page in PAGES)
