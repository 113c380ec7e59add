"""What is taken along from the studio: every format, and operations that run again elsewhere."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from studio_world import ELBOW, MODELS, Studio, walking_clip

from dataset.motion_clip import MotionClip
from editing import operations_from_yaml
from studio.bench import Bench
from studio.exports import FORMATS


@pytest.fixture(scope="module")
def clip(bench) -> MotionClip:
    return walking_clip(bench)


@pytest.fixture(scope="module")
def edited(studio: Studio, clip: MotionClip) -> str:
    """A session with two operations."""
    session = studio.with_clip(clip)
    mirror = {"Mirror": {"groups": ["left arm", "right arm"], "span": {"start": 0.4, "stop": 0.8}}}
    studio.done(session, "operations", {"operations": [ELBOW, mirror]})
    return session


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "mp4"])
def test_every_format_comes_as_a_file(studio: Studio, edited: str, kind: str):
    job = export(studio, edited, kind)
    status, headers, content = studio.ask("GET", f"/api/jobs/{job['id']}/file")
    assert status == 200 and content and headers["content-type"] == "application/octet-stream"
    assert (
        headers["content-disposition"].startswith("attachment")
        and job["result"]["name"] in headers["content-disposition"]
    )
    ending = {"source": "npz"}.get(kind, kind)
    assert job["result"]["name"].endswith(f".{ending}")


def test_a_video_shows_each_frame_before_and_after(studio: Studio, bench: Bench, tmp_path: Path):
    short = walking_clip(bench, 0.8)
    session = studio.with_clip(short)
    bent = {"SetCode": {"groups": ["L-elbow angle"], "category": 3}}
    studio.done(session, "operations", {"operations": [bent]})
    job = export(studio, session, "mp4")
    path = tmp_path / job["result"]["name"]
    path.write_bytes(studio.ask("GET", f"/api/jobs/{job['id']}/file")[2])
    video = imageio_ffmpeg.read_frames(str(path))
    width, height = next(video)["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3).astype(int) for frame in video]
    assert path.suffix == ".mp4" and len(frames) == len(short.joints)
    halves = frames[8][:, : width // 2], frames[8][:, width - width // 2 :]
    assert (np.abs(halves[0] - halves[1]).sum(-1) > 60).sum() > 50  # the forearm is elsewhere


def export(studio: Studio, session: str, kind: str) -> dict:
    revision = studio.call("GET", f"/api/sessions/{session}")[1]["revision"]
    job = studio.finished(
        studio.call("POST", f"/api/sessions/{session}/export", {"revision": revision, "format": kind})
    )
    assert job["state"] == "done", job["error"]
    return job


def test_the_script_gives_the_studio_s_result(
    studio: Studio, edited: str, repo: Path, tmp_path: Path, monkeypatch, capsys
):
    """The YAML runs through edit_motion.py in the browser's test."""
    files = {}
    for kind in ("npz", "source", "yaml", "py"):
        job = export(studio, edited, kind)
        files[kind] = tmp_path / job["result"]["name"]
        files[kind].write_bytes(studio.ask("GET", f"/api/jobs/{job['id']}/file")[2])
    wanted = MotionClip.load(files["npz"])
    files["npz"].unlink()
    code = files["py"].read_text(encoding="utf-8")
    assert code.count("pretrained/small") == 1
    monkeypatch.chdir(tmp_path)
    exec(compile(code.replace("pretrained/small", str(MODELS)), "script", "exec"), {})
    again = MotionClip.load(files["npz"])
    assert np.abs(again.joints - wanted.joints).max() < 1e-4 and np.array_equal(
        again.pose_codes, wanted.pose_codes
    )
    assert "left elbow" in capsys.readouterr().out
    operations = studio.store.find(edited).state.operations
    assert tuple(operations_from_yaml(files["yaml"].read_text(encoding="utf-8"))) == operations
