"""The studio's addresses: what each does, what each refuses, and that sessions outlive the server."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from studio_world import MODELS, Studio, load_bench, running, walking_clip

from dataset.features import extract_features
from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from dataset.pose_codes import GROUPS
from dataset.spec import get_spec
from editing import operations_from_yaml
from editing.groups import groups_of_limb
from editing.language.language_model import Recorded
from studio import app as app_module
from studio.bench import LONGEST_CLIP, Bench
from studio.exports import FORMATS
from studio.guard import HEADERS
from visualization.export import write_glb

ELBOW = {"SetCode": {"groups": ["L-elbow angle"], "category": 8, "span": {"start": 1, "stop": 2}}}
MADE = {"parts": [{"text": "a person walks forward", "seconds": 2.4}], "takes": 2, "seed": 3}


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> Bench:
    made = load_bench(tmp_path_factory.mktemp("data"))
    clip = walking_clip(made)
    root = Path(made.data_root)
    (root / "new_joint_vecs").mkdir()
    (root / "texts").mkdir()
    np.save(root / "new_joint_vecs/000007.npy", extract_features(clip.joints, get_spec("mocap")))
    (root / "texts/000007.txt").write_text("a person walks#a/DET#0.0#0.0\n")
    return made


@pytest.fixture(scope="module")
def studio(bench, tmp_path_factory):
    with running(bench, tmp_path_factory.mktemp("sessions")) as made:
        yield made


@pytest.fixture(scope="module")
def clip(bench) -> MotionClip:
    return walking_clip(bench)


# ---- what the page gets


def test_the_page_and_its_files_are_local_and_guarded(studio: Studio):
    status, headers, page = studio.ask("GET", "/")
    assert status == 200 and all(headers[name] == value for name, value in HEADERS.items())
    text = page.decode()
    assert (
        "http://" not in text and "https://" not in text and "<script>" not in text and "style=" not in text
    )
    for name, path in app_module.page_files().items():
        status, headers, content = studio.ask("GET", f"/assets/{name}")
        assert status == 200 and content == path.read_bytes() and "charset=utf-8" in headers["content-type"]
        if name.endswith((".js", ".css", ".html")):
            own = content.decode().replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in own and "https://" not in own and "innerHTML" not in own, name


@pytest.mark.parametrize(
    "name", ["../app.py", "%2e%2e%2fapp.py", "..%2f..%2fREADME.md", "/etc/passwd", "studio.py", ""]
)
def test_no_other_file_is_given(studio: Studio, name: str):
    assert studio.ask("GET", f"/assets/{name}")[0] in (404, 405)


def test_facts_name_all_rows_operations_and_formats(studio: Studio):
    facts = studio.call("GET", "/api/facts")[1]
    assert (
        len(facts["rows"]) == 70
        and "SetCode" in facts["operations"]
        and set(facts["formats"]) == set(FORMATS)
    )
    assert studio.call("GET", "/api/body")[1]["looks"].keys() == {"body", "sticks"}
    for hidden in ("/docs", "/openapi.json", "/redoc"):
        assert studio.ask("GET", hidden)[0] == 404


# ---- a session's life


def test_takes_are_those_of_generate_py(studio: Studio, bench: Bench):
    session = studio.new()
    told = studio.done(session, "generate", MADE)
    assert [take["origin"] for take in told["session"]["takes"]] == ["seed 3", "seed 4"]
    assert told["session"]["take"] == told["session"]["takes"][0]["id"]
    found = studio.store.find(session)
    (direct,) = bench.model.generate_stories([[("a person walks forward", 2.4)]], seed=[4])
    take = studio.store.clip(found, found.takes[1].id)
    assert np.array_equal(take.pose_codes, direct.pose_codes)  # joints differ by rounding: other batches
    assert np.abs(take.joints - direct.with_constant_bones().joints).max() < 1e-4
    motion = studio.done(session, "take", {"take": found.takes[1].id})["motion"]
    assert motion["clip"]["frames"] == 48 and motion["codes"]["shape"] == [12, 70]
    assert motion["spans"] and len(motion["contacts"]) == 2 and motion["difference"] == []


def test_edit_undo_redo_and_restart(bench: Bench, clip: MotionClip, tmp_path: Path):
    with running(bench, tmp_path) as studio:
        session = studio.with_clip(clip)
        told = studio.done(session, "operations", {"operations": [ELBOW], "label": "bend"})
        motion = told["motion"]
        assert motion["success"] == 1 and "left elbow" in motion["difference"][0] and motion["health"]
        assert told["session"]["undo"] == "bend" and told["session"]["operations"][0]["plain"] == ELBOW
        told = studio.done(session, "instruction", {"text": "raise the left hand at the end"})
        assert len(told["session"]["operations"]) > 1
        both = told["session"]["operations"]
        assert len(studio.done(session, "undo", {})["session"]["operations"]) == 1
        assert studio.done(session, "undo", {})["motion"]["clip"]["variants"][0]["name"] == "after"
        assert studio.done(session, "redo", {})["session"]["operations"][0]["plain"] == ELBOW
    with running(bench, tmp_path) as studio:
        assert [one["id"] for one in studio.call("GET", "/api/sessions")[1]["sessions"]] == [session]
        shown = studio.finished(studio.call("POST", f"/api/sessions/{session}/motion"))["result"]
        assert shown["motion"] == motion  # decoded anew: the same
        told = studio.done(session, "redo", {})["session"]
        assert told["operations"] == both and told["redo"] == ""


def test_rows_that_are_edited_and_rows_that_follow_are_told(studio: Studio, clip: MotionClip):
    session = studio.with_clip(clip)
    motion = studio.done(session, "operations", {"operations": [ELBOW]})["motion"]
    edited, follows = (unpacked(motion[name]) for name in ("edited", "follows"))
    assert set(np.flatnonzero(edited.any(0))) == {2} and edited[5:10, 2].all() and edited[:, 2].sum() == 5
    assert follows.any() and not (edited & follows).any() and not follows[:2].any()
    # The shoulder goes with its arm, and the heading, which is read from the shoulders, with it.
    along_heading = {group.index for group in GROUPS if group.kind in ("relX", "relZ")}
    assert set(np.flatnonzero(follows.any(0))) <= set(groups_of_limb("left_arm")) | along_heading


def unpacked(packed: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["uint8"]), np.uint8).reshape(packed["shape"]).astype(bool)


def test_operations_that_change_time_and_path(studio: Studio, clip: MotionClip):
    session = studio.with_clip(clip)
    listed = [
        {"Turn": {"degrees": 60, "span": {"start": 0.5, "stop": 1.5}}},
        {"AddAction": {"text": "a person waves", "seconds": 1.6}},
    ]
    motion = studio.done(session, "operations", {"operations": listed})["motion"]
    frames = {one["name"]: one["frames"] for one in motion["clip"]["variants"]}
    assert (
        frames["before"] == len(clip.joints)
        and frames["after"] == motion["clip"]["frames"] > frames["before"] + 20
    )
    steps = -(-frames["after"] // 4)
    assert all(motion[name]["shape"] == [steps, 70] for name in ("codes", "edited", "follows"))
    assert motion["success"] is None and json.dumps(motion, allow_nan=False) and len(motion["difference"]) > 1


def test_a_data_set_clip_by_its_id(studio: Studio):
    session = studio.new()
    told = studio.done(session, "dataset", {"clip": "000007"})
    assert told["session"]["title"] == "a person walks" and told["session"]["takes"][0]["origin"] == "000007"


@pytest.mark.parametrize("ending", ["npz", "bvh", "glb", "npy"])
def test_uploads_of_the_usual_kinds(studio: Studio, clip: MotionClip, tmp_path: Path, ending: str):
    path = tmp_path / f"my walk.{ending}"
    if ending == "npz":
        clip.save(path)
    elif ending in ("bvh", "glb"):
        {"bvh": write_bvh, "glb": write_glb}[ending](path, clip.joints, clip.fps)
    else:
        np.save(path, clip.joints)
    session = studio.new()
    job = studio.finished(upload(studio, session, path.name, path.read_bytes()))
    assert job["state"] == "done", job["error"]
    assert job["result"]["session"]["title"] == (clip.text if ending == "npz" else "my walk")
    assert studio.done(session, "operations", {"operations": [ELBOW]})["motion"]["success"] > 0.9


def upload(studio: Studio, session: str, name: str, content: bytes, revision: int = 0):
    query = urlencode({"name": name, "revision": revision})
    return studio.call("POST", f"/api/sessions/{session}/upload?{query}", raw=content)


# ---- files to take along


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


# ---- bad input: one line, the work so far stays


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
    status, answer = upload(studio, session, name, content)
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
        "unpacks to" in studio.finished(upload(studio, studio.new(), "bomb.npz", packed.getvalue()))["error"]
    )
    frames = int(LONGEST_CLIP * 20) + 40
    np.save(tmp_path / "long.npy", np.resize(clip.joints, (frames, 22, 3)))
    content = (tmp_path / "long.npy").read_bytes()
    assert "up to 300" in studio.finished(upload(studio, studio.new(), "long.npy", content))["error"]


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


# ---- several tabs


def test_a_tab_that_saw_an_older_state_is_refused(studio: Studio, clip: MotionClip):
    session = studio.with_clip(clip)
    seen = studio.call("GET", f"/api/sessions/{session}")[1]["revision"]
    studio.done(session, "operations", {"operations": [ELBOW]})
    late = studio.finished(
        studio.call("POST", f"/api/sessions/{session}/operations", {"revision": seen, "operations": []})
    )
    assert late["state"] == "failed" and "another tab" in late["error"]
    assert len(studio.call("GET", f"/api/sessions/{session}")[1]["operations"]) == 1


def test_tabs_with_sessions_of_their_own_do_not_disturb_each_other(studio: Studio, clip: MotionClip):
    sessions = [studio.with_clip(clip) for _ in range(3)]
    wanted = [{**ELBOW["SetCode"], "category": category} for category in (5, 8, 11)]
    found = {}

    def work(number: int) -> None:
        studio.done(sessions[number], "operations", {"operations": [{"SetCode": wanted[number]}]})
        studio.done(sessions[number], "undo", {})
        found[number] = studio.done(sessions[number], "redo", {})["session"]["operations"][0]["plain"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(3)] == [{"SetCode": fields} for fields in wanted]


def test_generation_tells_its_progress_and_can_be_stopped(bench: Bench):
    told = []
    bench.generate([("a person walks", 4.0)], 2, 0, None, told.append)
    assert len(told) > 10 and told == sorted(told) and told[-1] == pytest.approx(0.95)

    class Stop(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.4:
            raise Stop

    with pytest.raises(Stop):
        bench.generate([("a person walks", 4.0)], 1, 0, None, stop)


def test_a_session_is_taken_away_with_its_files(studio: Studio, clip: MotionClip):
    session = studio.with_clip(clip)
    assert (studio.store.folder / session).is_dir()
    assert studio.finished(studio.call("DELETE", f"/api/sessions/{session}"))["state"] == "done"
    assert (
        not (studio.store.folder / session).exists()
        and studio.call("GET", f"/api/sessions/{session}")[0] == 400
    )


def test_a_damaged_session_does_not_hide_the_others(bench: Bench, clip: MotionClip, tmp_path: Path, capsys):
    with running(bench, tmp_path) as studio:
        good, bad = studio.with_clip(clip), studio.with_clip(clip)
    (tmp_path / bad / "session.json").write_text("{")
    (tmp_path / "a stranger's folder").mkdir()
    with running(bench, tmp_path) as studio:
        assert [one["id"] for one in studio.call("GET", "/api/sessions")[1]["sessions"]] == [good]
        assert "damaged" in studio.call("GET", f"/api/sessions/{bad}")[1]["error"]
    assert "damaged" in capsys.readouterr().err


def test_a_language_model_is_asked_where_one_is_set_up(bench: Bench, clip: MotionClip, tmp_path: Path):
    answer = json.dumps({"edits": []})
    asked = Recorded([answer] * 4)
    with_model = Bench(bench.model, bench.codec, bench.data_root, asked)
    with running(with_model, tmp_path) as studio:
        assert studio.call("GET", "/api/facts")[1]["languageModel"]
        session = studio.with_clip(clip)
        revision = studio.call("GET", f"/api/sessions/{session}")[1]["revision"]
        body = {"revision": revision, "text": "look friendly", "model": True}
        job = studio.finished(studio.call("POST", f"/api/sessions/{session}/instruction", body))
        assert job["state"] == "failed" and asked.asked and "look friendly" in str(asked.asked[0])
