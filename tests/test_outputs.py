"""Errors of the operating system: one line that names what the user knows, and said before the work where possible."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import options
from options.core import parse
from utils.checkpoint import save_checkpoint
from utils.leftovers import TEMPORARY, final_name, temporary_name
from utils.outputs import require_file, require_folder
from utils.runtime import UserError, atomic_write, naming, run_script
from visualization.video_file import write_video

LONG = "n" * 300


def said(main, capsys) -> str:
    """The one line that a script says which fails like `main`."""
    with pytest.raises(SystemExit) as stop:
        run_script(main)
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    "number",
    [errno.EEXIST, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EACCES]
    + [errno.EISDIR, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENOTEMPTY, errno.ENXIO],
)
def test_every_kind_of_system_error_is_one_line_that_names_the_file(number, capsys):
    def main():
        raise OSError(number, os.strerror(number), "some/where.npz")

    assert said(main, capsys) == f"error: some/where.npz: {os.strerror(number)}"


def test_errors_without_a_number_or_of_several_lines_are_one_line_too(capsys):
    def main():
        raise OSError("first\nsecond")

    assert said(main, capsys) == "error: first second"


def test_temporary_names_are_not_shown(tmp_path, capsys):
    inside = temporary_name(tmp_path / "Toy") / "texts" / temporary_name(tmp_path / "a.txt").name

    def main():
        inside.write_text("")

    assert said(main, capsys) == f"error: {tmp_path}/Toy/texts/a.txt: No such file or directory"
    assert final_name("plain/.hidden.npz") == "plain/.hidden.npz"


def full_disk(monkeypatch) -> None:
    """What is written to files whose name holds "full" goes to /dev/full."""
    real = open

    def opened(path, mode="r", *rest, **named):
        if "w" in mode and "full" in str(path):
            real(path, mode).close()
            return real("/dev/full", mode, *rest, **named)
        return real(path, mode, *rest, **named)

    monkeypatch.setattr("builtins.open", opened)


def writing_torch(path: Path) -> None:
    save_checkpoint(path, {"net": {"weight": torch.zeros(300_000)}})


def writing_npz(path: Path) -> None:
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, values=np.zeros(300_000))


def writing_npy(path: Path) -> None:
    with atomic_write(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.zeros(300_000))


def writing_text(path: Path) -> None:
    with atomic_write(path) as temporary, open(temporary, "w") as file:
        file.write("text" * 100_000)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("write", [writing_torch, writing_npz, writing_npy, writing_text])
def test_a_full_disk_names_the_target_and_leaves_nothing(tmp_path, monkeypatch, capsys, write):
    full_disk(monkeypatch)
    target = tmp_path / "full.bin"
    line = said(lambda: write(target), capsys)
    assert line.startswith(f"error: {target}: ") and ("No space left" in line or "disk full" in line)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_video_on_a_full_disk_is_an_error(tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    path.symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as error:
        write_video(path, iter(np.zeros((20, 48, 64, 3), np.uint8)), (64, 48), 20.0)
    assert error.value.filename == str(path)
    with pytest.raises(OSError, match="ffmpeg failed: .*No such file"):
        write_video(tmp_path / "none" / "a.mp4", iter(np.zeros((2, 48, 64, 3), np.uint8)), (64, 48), 20.0)


def test_errors_about_other_files_and_other_errors_keep_theirs(tmp_path):
    with pytest.raises(FileNotFoundError) as missing, naming(tmp_path / "out"):
        (tmp_path / "source").read_bytes()
    assert missing.value.filename == str(tmp_path / "source")
    with pytest.raises(RuntimeError, match="of another kind"), naming(tmp_path / "out"):
        raise RuntimeError("of another kind")
    with pytest.raises(OSError, match="^no number$"), naming(tmp_path / "out"):
        raise OSError("no number")


def test_a_folder_in_the_place_of_the_file(tmp_path, capsys):
    (tmp_path / "a.npy").mkdir()

    def main():
        with atomic_write(tmp_path / "a.npy") as temporary:
            np.save(temporary, np.zeros(3))

    assert said(main, capsys) == f"error: {tmp_path}/a.npy: Is a directory"
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_the_longest_name_that_fits_can_be_written(tmp_path):
    path = tmp_path / ("ä" * 125 + ".npy")
    with atomic_write(path) as temporary:
        assert len(os.fsencode(temporary.name)) <= 255 and TEMPORARY.fullmatch(temporary.name)
        np.save(temporary, np.zeros(3))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output(repo):
    code = "from utils.runtime import run_script\nrun_script(lambda: print('x'))"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=repo, stdout=full, stderr=subprocess.PIPE, text=True, env=env
        )
    assert done.returncode == 2 and done.stderr == "error: standard output: No space left on device\n"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 745. GiB for an array with shape (100000000000,)"),
        RuntimeError(
            "[enforce] DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes."
        ),
    ],
)
def test_too_little_memory_is_one_line(error, capsys):
    def main():
        raise error

    line = said(main, capsys)
    assert line.startswith("error: out of memory") and "--batch-size" in line
    wanted = {"745": "745 GiB", "42949": "4 GiB"}
    assert (
        all(size in line for start, size in wanted.items() if f"allocate {start}" in str(error))
        or "745." in line
    )


def places(folder: Path) -> dict[str, Path]:
    """Folders that can't be written, by what is wrong."""
    (folder / "file").write_text("the user's")
    (folder / "gone").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder / "loop")
    return {
        "is a file": folder / "file",
        "file is a file": folder / "file" / "below" / "it",
        "No such file": folder / "gone",
        "symbolic links": folder / "loop" / "below",
        "too long": folder / "new" / LONG,
        "File name too long": folder / LONG,
        "is no name": Path("a\0b"),
    }


def test_folders_that_cant_be_written(tmp_path, monkeypatch):
    for reason, place in places(tmp_path).items():
        with pytest.raises(UserError, match=f"^--out .*{reason}") as error:
            require_folder(place, "--out")
        assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="--out ''"):
        require_folder("", "--out")
    before = sorted(tmp_path.rglob("*"))
    require_folder(tmp_path / "new" / "folder", "--out")
    require_file(tmp_path / "file", "--report")
    assert sorted(tmp_path.rglob("*")) == before, "asking makes nothing"
    with pytest.raises(UserError, match="--report .*: is a folder"):
        require_file(tmp_path, "--report")
    with pytest.raises(UserError, match="--report .*too long"):
        require_file(tmp_path / LONG, "--report")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(UserError, match="--out .*can't be written to"):
        require_folder(tmp_path / "new", "--out")
    monkeypatch.undo()
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"total": 2**40, "free": 0}))
    with pytest.raises(UserError, match="--out .*is full"):
        require_folder(tmp_path / "new", "--out")


WRITES = {
    "tokenizer": ("--out-dir", "--cache-dir", "--resume"),
    "base": ("--out-dir", "--cache-dir", "--resume"),
    "refine": ("--out-dir", "--cache-dir", "--resume"),
    "evaluator": ("--out-dir", "--cache-dir", "--checkpoints-dir", "--resume"),
    "eval_tokenizer": ("--out-dir", "--cache-dir"),
    "eval_base": ("--out-dir", "--cache-dir"),
    "eval_refine": ("--out-dir", "--cache-dir"),
    "eval_editing": ("--out",),
    "edit": ("--out",),
    "generate": ("--out",),
}
NEEDED = {
    "base": "--dec-checkpoint-folder x",
    "refine": "--dec-checkpoint-folder x",
    "eval_tokenizer": "--dec-checkpoint-folder x",
    "eval_base": "--dec-checkpoint-folder x --t2m-checkpoint-folder x",
    "eval_refine": "--dec-checkpoint-folder x --t2m-checkpoint-folder x --residual-t2m-checkpoint-folder x",
    "edit": "--motion x --instruction wave",
    "generate": "word",
}


@pytest.mark.parametrize("name", WRITES)
def test_every_script_asks_before_it_works(tmp_path, name):
    (tmp_path / "file").write_text("the user's")
    for flag in WRITES[name]:
        argv = [*NEEDED.get(name, "").split(), flag, str(tmp_path / "file" / "inside")]
        if flag == "--resume":
            (tmp_path / "arguments.yaml").write_text("{}")
            argv[-1] = str(tmp_path / "arguments.yaml")  # read_arguments takes the file as well
        with pytest.raises(UserError, match=f"{flag} .* is a file"):
            parse(getattr(options, f"{name}_parser")(), argv)
    assert (tmp_path / "file").read_text() == "the user's"
