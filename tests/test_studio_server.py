"""The studio's addresses: what each does, several tabs, and that sessions outlive the server."""

from __future__ import annotations

import base64
import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from studio_world import ELBOW, Studio, load_bench, running, walking_clip

from dataset.features import extract_features
from dataset.motion_clip import MotionClip
from dataset.motion_files.write_bvh import write_bvh
from dataset.pose_codes import GROUPS
from dataset.spec import get_spec
from editing.groups import groups_of_limb
from editing.language.language_model import Recorded
from studio import app as app_module
from studio.bench import Bench
from studio.exports import FORMATS
from studio.forms import from_plain
from studio.guard import HEADERS
from studio.jobs import Cancelled
from visualization.export import write_glb

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
    assert [one["name"] for one in motion["clip"]["variants"]] == ["after", "pose codes alone"]
    assert motion["spans"] and len(motion["contacts"]) == 2 and motion["difference"] == []


def test_what_a_take_does_not_show_is_told(studio: Studio):
    session = studio.new()
    body = {
        "parts": [{"text": "a person jumps twenty times", "seconds": 2.4}],
        "takes": 1,
        "seed": 3,
        "revision": 0,
    }
    job = studio.finished(studio.call("POST", f"/api/sessions/{session}/generate", body))
    assert job["warnings"] == [
        "seed 3: may not show this: jump twenty times; another seed or other words may"
    ]


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
    job = studio.finished(studio.upload(session, path.name, path.read_bytes()))
    assert job["state"] == "done", job["error"]
    assert job["result"]["session"]["title"] == (clip.text if ending == "npz" else "my walk")
    assert studio.done(session, "operations", {"operations": [ELBOW]})["motion"]["success"] > 0.9


def test_what_an_import_warns_of_is_told_to_the_page(studio: Studio, clip: MotionClip, capsys):
    content = io.BytesIO()
    np.save(content, 3 * clip.joints)
    job = studio.finished(studio.upload(studio.new(), "giant.npy", content.getvalue()))
    assert job["state"] == "done" and any(line.startswith("giant.npy: legs of") for line in job["warnings"])
    assert not any("upload" in line or "/" in line for line in job["warnings"]), job["warnings"]
    assert "giant" not in capsys.readouterr().err


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


def test_an_edit_is_stopped_before_its_next_fit(clip: MotionClip):
    bench = load_bench()
    ends = [{"SetCode": ELBOW["SetCode"] | {"span": {"start": a, "stop": a + 0.4}}} for a in (0, 2.4)]
    asked = []

    def check() -> None:
        asked.append(len(bench.fits))
        if len(asked) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        bench.show("clip", clip, from_plain(ends), check)
    assert asked == [0, 1]  # fits that were done are kept for the next time
    bench.show("clip", clip, from_plain(ends), lambda: asked.append(len(bench.fits)))
    assert asked[2:4] == [1, 1]


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
