"""Bad and hostile input to the studio's server: one line each, and the work so far stays."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from studio_world import Studio, running, walking_clip

from dataset.motion_clip import MotionClip
from studio import app as app_module
from studio.bench import LONGEST_CLIP, Bench


@pytest.fixture(scope="module")
def clip(bench) -> MotionClip:
    return walking_clip(bench)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("generate", {"parts": []}, 422, "parts"),
        ("generate", {"parts": [{"text": "  "}]}, 422, "text"),
        ("generate", {"parts": [{"text": "a", "seconds": -1}]}, 422, "seconds"),
        ("generate", {"parts": [{"text": "a", "seconds": "long"}]}, 422, "seconds"),
        ("generate", {"parts": [{"text": "a"}], "takes": 13}, 422, "takes"),
        ("generate", {"parts": [{"text": "a"}], "seed": -1}, 422, "seed"),
        ("generate", {"parts": [{"text": "a"}], "guidance": 1e9}, 422, "guidance"),
        ("generate", {"parts": [{"text": "x" * 501}]}, 422, "text"),
        ("generate", {"parts": [{"text": "a"}], "more": 1}, 422, "more"),
        ("dataset", {"clip": "../../etc/passwd"}, 200, "no clip's id"),
        ("dataset", {"clip": "/etc/passwd.npy"}, 200, "no clip's id"),
        ("dataset", {"clip": "999999"}, 200, "999999"),
        ("take", {"take": "../x"}, 200, "not in the session"),
        ("operations", {"operations": "all"}, 422, "operations"),
        ("operations", {"operations": [{"Nope": {}}]}, 400, "unknown operation"),
        (
            "operations",
            {"operations": [{"SetCode": {"groups": ["L-elbow angle"], "category": 99}}]},
            200,
            "99",
        ),
        (
            "operations",
            {
                "operations": [
                    {"Shift": {"groups": ["L-elbow angle"], "categories": 1, "span": {"start": 900}}}
                ]
            },
            200,
            "outside the clip",
        ),
        ("instruction", {"text": "frobnicate the widget"}, 200, "frobnicate"),
        ("instruction", {"text": "raise the left hand", "model": True}, 200, "no language model"),
        ("undo", {"steps": 9}, 422, "steps"),
        ("redo", {}, 200, "nothing to do again"),
        ("export", {"format": "exe"}, 400, "no such format"),
        ("export", {"format": "yaml"}, 200, "no operations yet"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(
    studio: Studio, clip: MotionClip, path, body, status, said
):
    session = studio.with_clip(clip)
    before = studio.call("GET", f"/api/sessions/{session}")[1]
    answer = studio.call("POST", f"/api/sessions/{session}/{path}", {"revision": before["revision"]} | body)
    assert answer[0] == status, answer
    line = studio.finished(answer)["error"] if status == 200 else answer[1]["error"]
    assert said in line and "\n" not in line
    assert studio.call("GET", f"/api/sessions/{session}")[1] == before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("walk.exe", b"x", "can't be read"),
        ("walk", b"x", "can't be read"),
        ("a.bvh", b"", "a.bvh"),
        ("a.bvh", b"HIERARCHY\nROOT " + b"x" * 1000, "a.bvh"),
        ("../../a.npy", b"\x93NUMPY\x01\x00garbage", "a.npy"),
        ("a.npz", b"PK\x03\x04" + b"\0" * 100, "a.npz"),
        ("a.pkl", b"cos\nsystem\n(S'touch /tmp/pgr2m_studio_was_here'\ntR.", "a.pkl"),
        ("a.csv", b"\xff\xfe\x00" * 50, "a.csv"),
        ("<img src=x onerror=alert(1)>.bvh", b"no", "<img src=x"),
    ],
)
def test_hostile_files_are_one_line_without_our_folders(studio: Studio, name, content, said, tmp_path):
    session = studio.new()
    status, answer = studio.upload(session, name, content)
    line = answer["error"] if status != 200 else studio.finished((status, answer))["error"]
    assert said in line and "\n" not in line and "/tmp" not in line, line
    assert not Path("/tmp/pgr2m_studio_was_here").exists()
    assert studio.call("GET", f"/api/sessions/{session}")[1]["takes"] == []


def test_a_zip_bomb_and_a_long_clip_are_refused(
    studio: Studio, bench: Bench, clip: MotionClip, tmp_path: Path
):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("text.npy", "pose_codes.npy", "joints.npy"):
            with archive.open(name, "w") as entry:
                for _ in range(120):
                    entry.write(b"\0" * (1 << 20))
    assert (
        "unpacks to" in studio.finished(studio.upload(studio.new(), "bomb.npz", packed.getvalue()))["error"]
    )
    frames = int(LONGEST_CLIP * 20) + 40
    np.save(tmp_path / "long.npy", np.resize(clip.joints, (frames, 22, 3)))
    content = (tmp_path / "long.npy").read_bytes()
    assert "up to 300" in studio.finished(studio.upload(studio.new(), "long.npy", content))["error"]


def test_too_much_is_refused_before_it_is_read(studio: Studio):
    session = studio.new()
    path = f"/api/sessions/{session}/upload?name=a.bvh&revision=0"
    status, _, line = studio.ask("POST", path, headers={"Content-Length": str(app_module.UPLOAD_LIMIT + 1)})
    assert status == 413 and b"MiB" in line
    piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    try:
        status, _, line = studio.ask(
            "POST", path, raw=piece * 17 + b"0\r\n\r\n", headers={"Transfer-Encoding": "chunked"}
        )
        assert status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server has hung up on it
    assert studio.call("GET", f"/api/sessions/{session}")[1]["takes"] == []


@pytest.mark.parametrize(
    "session", ["nobody", "../../../etc/passwd", "%2e%2e%2f%2e%2e%2f", "a" * 22, "a" * 500]
)
def test_unknown_sessions_and_jobs(studio: Studio, session: str):
    for method, path in (("GET", ""), ("POST", "/motion"), ("DELETE", "")):
        assert studio.ask(method, f"/api/sessions/{session}{path}")[0] in (400, 404, 405)
    assert studio.ask("GET", f"/api/jobs/{session}")[0] in (400, 404)
    assert studio.ask("GET", f"/api/jobs/{session}/file")[0] in (400, 404)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[" * 100_000, b"null", b'"x"', b'{"revision": 1e400}', b"\xff\xfe", b'{"revision": true}'],
)
def test_what_is_no_json_of_ours(studio: Studio, raw: bytes):
    session = studio.new()
    for path in ("generate", "operations", "instruction", "take", "dataset", "undo", "redo", "export"):
        status, _, answer = studio.ask("POST", f"/api/sessions/{session}/{path}", raw=raw)
        assert status in (400, 422) and json.loads(answer)["error"]


def test_strangers_pages_get_nothing(studio: Studio):
    session = studio.new()
    path = f"/api/sessions/{session}"
    assert studio.ask("GET", path, headers={"Host": "evil.example"})[0] == 421
    assert (
        studio.ask("POST", f"{path}/undo", {"revision": 0}, headers={"Origin": "http://evil.example"})[0]
        == 403
    )
    assert studio.ask("POST", f"{path}/undo", {"revision": 0}, headers={"Origin": None})[0] == 403
    assert studio.ask("GET", path, headers={"Sec-Fetch-Site": "cross-site", "Origin": None})[0] == 403


def test_a_page_behind_a_token(bench: Bench, tmp_path: Path):
    with running(bench, tmp_path, token="abc") as studio:
        assert studio.ask("GET", "/")[0] == studio.ask("GET", "/api/facts")[0] == 401
        status, headers, _ = studio.ask("GET", "/?token=abc")
        assert (
            status == 303
            and headers["location"] == "/"
            and "HttpOnly; SameSite=Strict" in headers["set-cookie"]
        )
        kept = {"Cookie": headers["set-cookie"].split(";")[0]}
        assert (
            studio.ask("GET", "/", headers=kept)[0] == studio.ask("GET", "/api/facts", headers=kept)[0] == 200
        )
