"""Motion files of others as sources of edits: the importer's formats, checks and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from editing_world import SPEC, codec
from walking import mdm, swinging, walking

from editing.sources import load_clip
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return walking()


@pytest.mark.parametrize("name", ["a.npy", "b.npy", "c.npz", "d.npz", "e.npy", "f.npy"])
def test_files_of_the_importer_can_be_edited(walk, tmp_path, name, capsys):
    np.save(tmp_path / "a.npy", walk)
    np.save(tmp_path / "b.npy", walk[None])
    np.savez(tmp_path / "c.npz", joints=walk)
    np.savez(tmp_path / "d.npz", posed_joints=walk, fps=20)
    np.save(tmp_path / "e.npy", mdm(walk, (30,)), allow_pickle=True)
    np.save(tmp_path / "f.npy", walk[:, list(range(22)) + [20, 21]])  # SMPL's 24
    clip = load_clip(tmp_path / name, codec())
    assert len(clip.joints) == 29
    np.testing.assert_allclose(clip.joints, walk[:29], atol=1e-5)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["a.npy", "b.npz"])
def test_what_a_folder_would_drop_is_a_warning(walk, tmp_path, name, capsys):
    mirrored = walk[:, list(T2M_SKELETON.mirror_order)]
    np.save(tmp_path / "a.npy", mirrored)
    np.savez(tmp_path / "b.npz", joints=mirrored)
    load_clip(tmp_path / name, codec())
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith("warning") and f"{name}: mirrored" in told[0]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("angles.npy", "joint angles"),
        ("many.npy", "holds 2 motions"),
        ("rate.npz", "--source-fps"),
        ("cut.npy", "read"),
    ],
)
def test_refusals_are_one_line(walk, tmp_path, name, says):
    np.save(tmp_path / "angles.npy", swinging().reshape(30, 66))
    np.save(tmp_path / "many.npy", mdm(walk), allow_pickle=True)
    np.savez(tmp_path / "rate.npz", joints=walk, fps=np.nan)
    (tmp_path / "cut.npy").write_bytes(b"\x93NUMPY\x01\x00v")
    with pytest.raises(UserError, match=says) as error:
        load_clip(tmp_path / name, codec())
    assert "\n" not in str(error.value) and str(error.value).count(name) == 1
    assert SPEC.fps == 20
