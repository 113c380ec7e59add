"""Nothing of the user's is lost: what may be replaced, what is moved aside, what killed processes leave."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from folder_states import all_files, dead_process

from dataset.building.folders import replaced_folder, require_replaceable
from dataset.cache_folder import META_FILE, open_or_build
from dataset.prepare import build_mocap, import_motion, make_toy, parse_motion
from utils import leftovers
from utils.runtime import UserError, atomic_write


@pytest.fixture
def takes(tmp_path) -> Path:
    """Motion files and captions as somebody has them, in one folder that even carries a data set's record."""
    folder = tmp_path / "home" / "takes"
    folder.mkdir(parents=True)
    (folder / "walk.bvh").write_text("HIERARCHY")
    (folder / "captions.csv").write_text("file,caption\nwalk,a person walks\n")
    for place in (folder, folder.parent):
        (place / "build.json").write_text('{"clips": 1, "source": "x"}')
    return folder


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize("out", [".", "..", "sub/.."])
def test_import_never_replaces_what_it_reads(takes, out, force, monkeypatch):
    (takes / "sub").mkdir()
    monkeypatch.chdir(takes)
    before = all_files(takes.parent)
    arguments = [str(takes), "--captions", str(takes / "captions.csv"), "--out", out, *force]
    with pytest.raises(UserError, match=r"the source .* would be deleted: choose another --out$"):
        import_motion.main(arguments)
    assert all_files(takes.parent) == before


@pytest.mark.parametrize("flag", ["--captions", "--asf", "--body-model", "--skeleton"])
def test_import_never_replaces_a_folder_that_holds_what_a_flag_names(takes, tmp_path, flag):
    out = tmp_path / "out"
    out.mkdir()
    (out / "build.json").write_text("{}")
    (out / "mine.csv").write_text("precious")
    flags = {"--captions": takes / "captions.csv", "--out": out, flag: out / "mine.csv"}
    with pytest.raises(UserError, match="would be deleted"):
        import_motion.main([str(takes), *(str(word) for pair in flags.items() for word in pair), "--force"])
    assert (out / "mine.csv").read_text() == "precious"


@pytest.mark.parametrize("script", ["import_motion", "build_mocap", "make_toy"])
def test_the_scripts_say_it_in_one_line(takes, tmp_path, repo, script):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("joints.npz", "captions.jsonl", "train.txt", "val.txt", "test.txt"):
        (source / name).write_text("{}")
    flags, out = {
        "import_motion": ([str(takes), "--captions", str(takes / "captions.csv")], takes.parent),
        "build_mocap": (["--source", str(source)], source),
        "make_toy": ([], source),
    }[script]
    before = all_files(tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            str(repo / "dataset" / "prepare" / f"{script}.py"),
            *flags,
            "--out",
            str(out),
            "--force",
        ],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: ") and "choose another --out" in done.stderr
    assert all_files(tmp_path) == before


def test_a_link_to_the_source_is_the_source(takes, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(takes)
    with pytest.raises(UserError, match="would be deleted"):
        import_motion.main(
            [str(takes), "--captions", str(takes / "captions.csv"), "--out", str(link), "--force"]
        )
    assert (takes / "walk.bvh").exists()


def test_import_never_overwrites_its_input_by_convert_or_report(takes, tmp_path):
    np.save(tmp_path / "a.npz", np.zeros(3))
    os.rename(tmp_path / "a.npz.npy", tmp_path / "a.npz")
    before = all_files(tmp_path)
    with pytest.raises(UserError, match="--convert .* is the source"):
        import_motion.main([str(tmp_path / "a.npz"), "--convert", str(tmp_path / "." / "a.npz")])
    table = takes / "captions.json"
    (takes / "captions.csv").rename(table)
    before = all_files(tmp_path)
    with pytest.raises(UserError, match="--report .* is the table of --captions"):
        import_motion.main([str(takes), "--captions", str(table), "--out", str(tmp_path / "out"),
                            "--report", str(takes / "captions.txt")])  # fmt: skip
    assert all_files(tmp_path) == before


@pytest.mark.parametrize("record", [None, "no JSON"])
def test_force_replaces_only_what_carries_our_record(takes, tmp_path, record):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("precious")
    if record is not None:
        (mine / "build.json").write_text(record)
    source = tmp_path / "source"
    source.mkdir()
    for name in ("joints.npz", "captions.jsonl", "train.txt", "val.txt", "test.txt"):
        (source / name).touch()
    commands = [
        (make_toy, ["--clips", "20"]),
        (build_mocap, ["--source", str(source)]),
        (import_motion, [str(takes), "--captions", str(takes / "captions.csv")]),
    ]
    for script, arguments in commands:
        for force in ([], ["--force"]):
            with pytest.raises(UserError, match="did not make: choose another --out"):
                script.main([*arguments, "--out", str(mine), *force])
    assert (mine / "thesis.tex").read_text() == "precious"
    (source / "build.json").write_text("{}")
    with pytest.raises(UserError, match="would be deleted"):
        build_mocap.main(["--source", str(source), "--out", str(source), "--force"])


@pytest.mark.parametrize("name", ["new_joints", "texts", ".", ".."])
def test_parse_motion_replaces_only_codes_of_its_own(tmp_path, name):
    root = tmp_path / "data"
    for folder in ("new_joints", "texts"):
        (root / folder).mkdir(parents=True)
        np.save(root / folder / "a.npy", np.zeros((50, 22, 3)))
    before = all_files(tmp_path)
    with pytest.raises(UserError, match="was not made by this script, and --force does not replace it"):
        parse_motion.main(["--dataname", "mocap", "--data-root", str(root), "--pose-frame", "world",
                           "--codes-folder-name", name, "--force"])  # fmt: skip
    assert all_files(tmp_path) == before


def test_what_others_put_into_a_replaced_folder_is_moved_aside(tmp_path, capsys):
    out = tmp_path / "Toy"
    make_toy.main(["--out", str(out), "--clips", "20"])
    (out / "notes.txt").write_text("mine")
    (out / "keywords").mkdir()
    (out / "keywords" / "000000.npy").write_text("asked for")
    (out / ".cache" / "keywords").mkdir(parents=True)
    (out / ".cache" / "keywords" / "reply.json").write_text("paid for")
    make_toy.main(["--out", str(out), "--clips", "20", "--seed", "1"])
    assert not (out / "notes.txt").exists() and not (out / "keywords").exists()
    assert all_files(tmp_path / "Toy_others") == {"notes.txt": b"mine", "keywords/000000.npy": b"asked for"}
    assert (out / ".cache" / "keywords" / "reply.json").read_text() == "paid for"
    assert "keywords, notes.txt" in capsys.readouterr().err
    make_toy.main(["--out", str(out), "--clips", "20", "--seed", "1", "--force"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Toy", "Toy_others"]


def test_a_killed_exchange_is_finished_by_the_next(tmp_path):
    """Whether the kill came before the new folder had its name or after it, what was there is not lost."""
    old = tmp_path / f".data[1].old-{leftovers.this_machine()}-{dead_process()}"
    for replaced in (False, True):
        old.mkdir()
        (old / "a.npy").write_text("ours")
        (old / "notes.txt").write_text("mine")
        shutil.rmtree(tmp_path / "data[1]", ignore_errors=True)
        if replaced:
            (tmp_path / "data[1]").mkdir()
        with replaced_folder(tmp_path / "data[1]", ["*.npy"]) as folder:
            (folder / "b.npy").write_text("new")
        found = all_files(tmp_path)
        assert found.pop("data[1]/b.npy") == b"new"
        assert found == {"data[1]_others/notes.txt": b"mine"}
        shutil.rmtree(tmp_path / "data[1]_others")


def test_a_linked_folder_stays_a_link(tmp_path):
    (tmp_path / "disk" / "data").mkdir(parents=True)
    (tmp_path / "disk" / "data" / "old").touch()
    (tmp_path / "data").symlink_to(tmp_path / "disk" / "data")
    with replaced_folder(tmp_path / "data") as folder:
        (folder / "new").touch()
    assert (tmp_path / "data").is_symlink()
    assert all_files(tmp_path / "disk") == {"data/new": b""}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "disk"]


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file"):
        require_replaceable(tmp_path / "file", "build.json", force=True)


def test_a_cache_leaves_folders_alone_that_are_only_called_alike(tmp_path):
    for name in ("train-clips", "train-2024", "train-0123456789abcdef"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").touch()
    stale = tmp_path / "train-0123456789abcdef" / META_FILE
    stale.write_text(json.dumps({"settings": {"version": 1}, "description": {}}))
    open_or_build(tmp_path, "train", {"version": 2}, ["source"], lambda folder: {})
    assert (tmp_path / "train-clips" / "mine").exists() and (tmp_path / "train-2024" / "mine").exists()
    assert not stale.exists()


# ------------------------------------------------------------------------------------------- leftovers


def test_what_dead_processes_left_is_swept_and_nothing_else(tmp_path):
    dead, machine = dead_process(), leftovers.this_machine()
    old = time.time() - 2 * leftovers.LONGEST_PAUSE
    gone = [f".net_last.tmp-{dead}.pth", f".net_last.tmp-{machine}-{dead}.pth", f".a.b.tmp-{dead}"]
    kept = [
        f".net_last.tmp-{os.getppid()}.pth",  # alive
        f".net_last.tmp-{machine}-{os.getpid()}.pth",  # we ourselves
        f".net_last.tmp-0badcafe-{dead}.pth",  # of another machine, fresh
        f"net_last.tmp-{dead}.pth",
        f".net_last.tmp-{dead}x",
        ".bashrc",
    ]
    for name in gone + kept:
        (tmp_path / name).write_text("half")
    long_dead = tmp_path / ".other.tmp-0badcafe-7.npy"
    long_dead.touch()
    os.utime(long_dead, (old, old))
    folder = tmp_path / f".Toy.tmp-{machine}-{dead}"
    (folder / "new_joints").mkdir(parents=True)
    swept = leftovers.sweep(tmp_path)
    assert sorted(path.name for path in swept) == sorted([*gone, long_dead.name, folder.name])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
    assert leftovers.sweep(tmp_path / "absent") == []


def test_a_save_after_a_killed_one_leaves_the_file_alone(tmp_path):
    """The same script killed in the middle of a save, and run again."""
    code = """
        import os, sys
        from utils.runtime import atomic_write
        with atomic_write(sys.argv[1]) as path:
            path.write_text("half")
            if sys.argv[2] == "die":
                os.kill(os.getpid(), 9)
            path.write_text("whole")
    """
    code = "\n".join(line[8:] for line in code.splitlines())
    target = tmp_path / "net_last.pth"
    for what in ("die", "live"):
        subprocess.run([sys.executable, "-c", code, str(target), what], cwd=Path(__file__).parents[1])
        assert target.exists() == (what == "live")
        assert len(list(tmp_path.iterdir())) == 1
    assert target.read_text() == "whole"


def test_two_saves_of_one_process_do_not_sweep_each_other(tmp_path):
    with atomic_write(tmp_path / "a.txt") as first, atomic_write(tmp_path / "b.txt") as second:
        first.write_text("a")
        second.write_text("b")
    assert all_files(tmp_path) == {"a.txt": b"a", "b.txt": b"b"}
