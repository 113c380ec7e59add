"""Errors for people, devices, seeds and atomic files."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from utils.runtime import (
    UserError,
    atomic_write,
    heard_warnings,
    make_generator,
    pick_device,
    run_script,
    seed_everything,
    warn,
    warn_ignored,
)


def exit_code(main) -> int:
    with pytest.raises(SystemExit) as stop:
        run_script(main)
    return stop.value.code


def raising(error: BaseException):
    def main():
        raise error

    return main


def test_user_error_is_one_line_and_exit_2(capsys):
    assert exit_code(raising(UserError("x.npy: too short; use a longer clip"))) == 2
    assert capsys.readouterr().err == "error: x.npy: too short; use a longer clip\n"


def test_huge_pages_are_asked_for_by_scripts_alone(repo):
    """Importing sets nothing; a script asks unless its user has decided."""
    call = "import os; from utils.runtime import run_script; show = lambda: print(os.environ.get('THP_MEM_ALLOC_ENABLE')); "
    for given, said in ((None, ["None", "1"]), ("0", ["0", "0"])):
        environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
        environment |= {} if given is None else {"THP_MEM_ALLOC_ENABLE": given}
        command = [sys.executable, "-c", call + "show(); run_script(show)"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=repo, check=True)
        assert done.stdout.split() == said


def test_success_and_return_codes(capsys):
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: 3) == 3


def test_interrupt_exits_130_with_its_message(capsys):
    assert exit_code(raising(KeyboardInterrupt("resume with --resume here"))) == 130
    assert "resume with --resume here" in capsys.readouterr().err


def test_missing_file_names_the_file(tmp_path, capsys):
    missing = tmp_path / "none.txt"
    assert exit_code(lambda: missing.read_text()) == 2
    err = capsys.readouterr().err
    assert str(missing) in err and "Traceback" not in err


def test_programming_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError):
        run_script(raising(ZeroDivisionError()))


def test_device_names():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(UserError, match="tpu"):
        pick_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="--device cuda"):
            pick_device("cuda")


def test_same_seed_same_numbers():
    def draw():
        seed_everything(7)
        return random.random(), np.random.rand(), torch.rand(3).tolist()  # noqa: NPY002

    assert draw() == draw()
    first = torch.rand(4, generator=make_generator(1))
    assert torch.equal(first, torch.rand(4, generator=make_generator(1)))
    assert not torch.equal(first, torch.rand(4, generator=make_generator(2)))


def test_atomic_write_replaces_only_on_success(tmp_path):
    target = tmp_path / "deep" / "file.npy"
    with atomic_write(target) as temporary:
        np.save(temporary, np.arange(3))
        assert not target.exists()
    assert np.load(target).tolist() == [0, 1, 2]
    with pytest.raises(RuntimeError), atomic_write(target) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError("disk gone")
    assert np.load(target).tolist() == [0, 1, 2]
    assert [entry.name for entry in target.parent.iterdir()] == ["file.npy"]


def test_ignored_flags_are_named_once_per_reason(capsys):
    reasons = {"unuse_ema": "soft quantizer has none", "output_emb_width": "follows from W"}
    lines = warn_ignored(["lr", "unuse_ema", "output_emb_width"], reasons)
    err = capsys.readouterr().err
    assert len(lines) == 2 and "--unuse-ema (soft quantizer has none)" in err and "--lr" not in err


def test_warnings_are_heard_in_their_own_thread_and_printed_elsewhere(capsys):
    with heard_warnings() as outer:
        warn("first")
        with heard_warnings() as inner:
            warn("second")
        warn("third")
        other = threading.Thread(target=warn, args=("of another thread",))
        other.start()
        other.join()
    warn("afterwards")
    assert (outer, inner) == (["first", "third"], ["second"])
    assert capsys.readouterr().err == "warning: of another thread\nwarning: afterwards\n"
