"""parse_motion.py on many clips: several workers, bad clips, and runs that were killed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from walking import make_joints

from dataset.building import parse_pool
from dataset.npy_files import read_npy
from dataset.pose_codes import parse_pose_codes
from dataset.prepare import parse_motion
from utils.runtime import UserError

WRITE_BATCH = parse_pool.write_batch


def die_at_batch_one(batch, how):
    """A worker that a lack of memory kills."""
    if batch.number == 1:
        os._exit(9)
    return WRITE_BATCH(batch, how)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Eleven clips of several lengths and types, two of them unusable."""
    root = tmp_path_factory.mktemp("source")
    (root / "new_joints").mkdir()
    for number in range(9):
        clip = make_joints(40 + 7 * number, number)
        np.save(root / "new_joints" / f"{number:03d}.npy", clip.astype(np.float64) if number == 4 else clip)
    np.save(root / "new_joints" / "nan.npy", np.full((50, 22, 3), np.nan))
    (root / "new_joints" / "text.npy").write_text("no array")
    return root


@pytest.fixture
def root(source, tmp_path, monkeypatch):
    monkeypatch.setattr(parse_pool, "BATCH", 3)
    shutil.copytree(source, tmp_path / "data")
    return tmp_path / "data"


def parse(root, *more: str) -> None:
    parse_motion.main(["--dataname", "mocap", "--data-root", str(root), *more])


def check(root) -> None:
    for folder, frame in (("codes", "world"), ("codes_heading", "heading")):
        made = sorted((root / folder).glob("*.npy"))
        assert len(made) == 9
        for path in made:
            joints = np.load(root / "new_joints" / path.name)
            assert np.array_equal(np.load(path), parse_pose_codes(joints, frame))
    assert {path.name for path in root.iterdir()} == {"new_joints", "codes", "codes_heading"}
    assert {path.name for path in (root / "codes").iterdir() if path.suffix != ".npy"} == {"frame.json"}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_codes_are_those_of_the_clips_one_by_one(root, workers, capsys):
    parse(root, "--workers", workers)
    check(root)
    assert "2 clips left out (NaN, wrong shape or unreadable): nan, text" in capsys.readouterr().err


def test_a_stopped_run_goes_on_where_it_was(root, monkeypatch):
    parsed = []

    def counting(batch, how):
        if len(parsed) == 2:
            raise KeyboardInterrupt
        parsed.append(batch.number)
        return write(batch, how)

    write = parse_pool.write_batch
    monkeypatch.setattr(parse_pool, "write_batch", counting)
    with pytest.raises(KeyboardInterrupt):
        parse(root, "--workers", "1")
    assert parsed == [0, 1] and not (root / "codes").exists()
    monkeypatch.setattr(parse_pool, "write_batch", lambda b, how: parsed.append(b.number) or write(b, how))
    parse(root, "--workers", "1")
    assert parsed == [0, 1, 2, 3]
    check(root)


def test_what_a_stopped_run_made_is_not_used_for_other_joints(root):
    partial = parse_pool.PartialFolder(root / "codes", "world", {"frame": "world", "source": "old"})
    np.save(partial.path / "000.npy", np.zeros((40, 70), np.uint8))
    partial.note(0, [])
    partial.close()
    parse(root, "--workers", "1")
    check(root)


def test_a_run_killed_while_writing_goes_on(root):
    """The last line of the record may be half written, and so may files it does not speak of."""
    code = """
        import os, sys
        from dataset.prepare import parse_motion
        from dataset.building import parse_pool
        parse_pool.BATCH = 3
        write = parse_pool.write_batch
        def dying(batch, how):
            if batch.number == 2:
                for folder in batch.folders.values():
                    (folder / batch.paths[0].name).write_bytes(b"half")
                    with open(folder / parse_pool.DONE_FILE, "a") as log:
                        log.write('[2, [')
                os.kill(os.getpid(), 9)
            return write(batch, how)
        parse_pool.write_batch = dying
        parse_motion.main(["--dataname", "mocap", "--data-root", sys.argv[1], "--workers", "1"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(root)], capture_output=True, cwd=os.getcwd()
    )
    assert done.returncode == -9 and not (root / "codes").exists()
    assert (root / ".codes.partial").is_dir()
    parse(root, "--workers", "1")
    check(root)


def test_a_killed_worker_is_one_line_and_costs_nothing(root, monkeypatch):
    if sys.platform != "linux":
        pytest.skip("workers are forked on Linux only, elsewhere they don't see the change")
    monkeypatch.setattr(parse_pool, "write_batch", die_at_batch_one)
    with pytest.raises(UserError, match="a worker was killed.*it goes on"):
        parse(root, "--workers", "2")
    monkeypatch.setattr(parse_pool, "write_batch", WRITE_BATCH)
    parse(root, "--workers", "2")
    check(root)


@pytest.mark.parametrize("host", [None, "another-machine"])
def test_two_runs_at_once_are_refused(root, host):
    partial = root / ".codes.partial"
    partial.mkdir()
    making = {
        "host": host or socket.gethostname(),
        "process": os.getppid(),
        "settings": {},
    }  # alive, and not us
    (partial / parse_pool.MAKING_FILE).write_text(json.dumps(making))
    with pytest.raises(UserError, match=f"on {host or socket.gethostname()} is making .*codes"):
        parse(root)


def test_nothing_readable_leaves_nothing(root):
    for path in (root / "new_joints").glob("0*.npy"):
        path.unlink()
    with pytest.raises(UserError, match="none of the 2 clips"):
        parse(root, "--workers", "1")
    assert {path.name for path in root.iterdir()} == {"new_joints"}


@pytest.mark.parametrize(
    "array", [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)), np.zeros((0, 4))]
)
def test_read_npy_is_np_load(array, tmp_path):
    np.save(tmp_path / "a.npy", array)
    found = read_npy(tmp_path / "a.npy")
    assert found.dtype == array.dtype and np.array_equal(found, array)


def test_read_npy_refuses_what_np_load_refuses(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "cut.npy", np.zeros((10, 3)))
    whole = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[:-8])
    (tmp_path / "head.npy").write_bytes(whole[:30])
    (tmp_path / "text.npy").write_text("x" * 100)
    (tmp_path / "empty.npy").touch()
    open_bracket = b"{'descr': '<f8', 'shape': (".ljust(118)  # numpy's own reader fails as no caller expects
    (tmp_path / "bracket.npy").write_bytes(whole[:10] + open_bracket + whole[128:])
    with open(tmp_path / "archive.npy", "wb") as file:
        np.savez(file, a=np.zeros(3))
    for name in ("objects", "cut", "head", "text", "empty", "bracket", "archive"):
        with pytest.raises(ValueError):
            read_npy(tmp_path / f"{name}.npy")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_empty_file_is_left_out_like_other_bad_clips(root, workers, capsys):
    (root / "new_joints" / "000001.npy").write_bytes(b"")
    parse(root, "--workers", workers)
    assert "000001" in capsys.readouterr().err
    assert not (root / "codes" / "000001.npy").exists()


@pytest.mark.parametrize("flag", ["--noise=nan", "--noise=-1", "--seed=-5"])
def test_impossible_noise_is_one_line(root, flag):
    with pytest.raises(UserError, match=flag.split("=")[0]):
        parse(root, flag)
    assert {path.name for path in root.iterdir()} == {"new_joints"}


def test_a_full_disk_is_one_line(root, monkeypatch):
    def full(path, array):
        raise OSError("27 requested and 0 written")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(UserError, match="can't be written .27 requested.*is the disk full"):
        parse(root, "--workers", "1")
