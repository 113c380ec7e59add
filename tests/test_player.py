"""The player: one file without outside references that a browser draws; and the mannequin it shows."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from takes import toy

from dataset.motion_clip import MotionClip
from dataset.pose_codes import GROUPS, names, parse_pose_codes
from utils.roles import ROLES
from utils.runtime import UserError
from visualization.body import LEFT, RIGHT
from visualization.describe import describe_spans
from visualization.mannequin import BONES, REST, bone_transforms, joints_by_role, mannequin, pose
from visualization.outputs import write_clip
from visualization.player import CODES_ALONE, WITH_RESIDUALS, PlayerClip, write_html
from visualization.sticks import segments, sticks

FPS, FRAMES = 20.0, 60
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SIZE = (960, 520)


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return toy("walk_circle_left")


def kit(joints: np.ndarray) -> np.ndarray:
    """The same person with KIT-ML's 21 joints."""
    out = np.zeros((len(joints), 21, 3), joints.dtype)
    of, to = ROLES[22], ROLES[21]
    out[:, [to.pelvis, *to.spine, to.neck, to.head]] = joints[
        :, [of.pelvis, of.spine[0], of.spine[2], of.neck, of.head]
    ]
    for name in ("shoulders", "elbows", "wrists", "hips", "knees", "ankles", "toes"):
        out[:, list(getattr(to, name))] = joints[:, list(getattr(of, name))]
    return out


def data_of(path: Path) -> dict:
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))


def unpack(packed: dict) -> np.ndarray:
    raw = np.frombuffer(base64.b64decode(packed["int16"]), "<i2")
    return raw.reshape(packed["shape"]) * packed["scale"]


# ---- mannequin


def test_the_mannequin_is_one_closed_symmetric_surface() -> None:
    body = mannequin()
    edges = np.concatenate([body.faces[:, [0, 1]], body.faces[:, [1, 2]], body.faces[:, [2, 0]]])
    forward, backward = Counter(map(tuple, edges.tolist())), Counter(map(tuple, edges[:, ::-1].tolist()))
    assert forward == backward  # every edge has faces on both of its sides
    corner = body.vertices[body.faces]
    volume = np.einsum("fi,fi->f", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6
    assert 0.045 < volume < 0.09  # cubic metres, outside faces outwards
    gap, _ = cKDTree(body.vertices).query(body.vertices * (-1, 1, 1))
    assert gap.max() < 2e-3


def test_limbs_have_the_colours_of_their_side() -> None:
    body = mannequin()
    main = np.array(BONES)[body.bones[:, 0]]
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        shin = main == f"{side}_shin"
        assert np.abs(body.colours[shin].astype(int) - colour).max() < 30
        assert (np.sign(body.vertices[shin, 0]) == (1 if side == "left" else -1)).all()


def test_weights_blend_only_bones_that_meet() -> None:
    body = mannequin()
    assert np.allclose(body.weights.sum(1), 1, atol=1e-5) and (body.weights >= 0).all()
    for bone in ("left_shin", "right_forearm"):
        other = BONES.index(bone.replace("left", "L").replace("right", "left").replace("L", "right"))
        here = body.bones[:, 0] == BONES.index(bone)
        assert body.weights[here][body.bones[here] == other].sum() == 0


def test_the_rest_pose_leaves_the_body_as_it_is() -> None:
    joints = np.zeros((1, 22, 3))
    roles = ROLES[22]
    joints[0, [roles.pelvis, roles.spine[-1], roles.neck, roles.head]] = [
        REST[j] for j in ("pelvis", "chest", "neck", "head")
    ]
    for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe"):
        plural = {"foot": "feet"}.get(name, f"{name}s")
        for i, side in enumerate(("left", "right")):
            joints[0, getattr(roles, plural)[i]] = REST[f"{side}_{name}"]
    body = mannequin()
    # The toes' direction is forward at rest already, so nothing moves.
    assert np.abs(pose(body, bone_transforms(joints))[0] - body.vertices).max() < 1e-4


@pytest.mark.parametrize("joint_count", [22, 21])
def test_bones_end_in_the_joints(walk: np.ndarray, joint_count: int) -> None:
    joints = walk if joint_count == 22 else kit(walk)
    matrices, at = bone_transforms(joints).matrices(), joints_by_role(joints)
    for bone, joint in (("left_thigh", "left_knee"), ("right_forearm", "right_wrist"), ("chest", "neck")):
        end = matrices[:, BONES.index(bone)] @ np.append(REST[joint], 1)
        assert np.abs(end - at[joint]).max() < 1e-6, bone


def test_turning_the_person_turns_the_body(walk: np.ndarray) -> None:
    turn = Rotation.from_euler("y", 70, degrees=True).as_matrix()
    body = mannequin()
    straight, turned = (pose(body, bone_transforms(j)) for j in (walk[:3], walk[:3] @ turn.T))
    assert np.abs(straight @ turn.T - turned).max() < 1e-4


def test_bones_do_not_jump(walk: np.ndarray) -> None:
    turns = bone_transforms(walk).turn
    assert np.linalg.norm(np.diff(turns, axis=0), axis=-1).max() < 0.35


def test_a_clip_without_any_extent_gives_finite_bones() -> None:
    matrices = bone_transforms(np.zeros((2, 22, 3))).matrices()
    assert np.isfinite(matrices).all()


def test_sticks_reach_from_joint_to_joint(walk: np.ndarray) -> None:
    look = sticks(REST)
    assert look.faces.max() == len(look.vertices) - 1
    matrices, at = bone_transforms(walk).matrices(), joints_by_role(walk)
    ends = [matrices[:, second] @ np.append(b, 1) for _, _, second, b, *_ in segments(REST)]
    for joint in ("left_hip", "right_knee", "left_wrist"):
        assert min(np.abs(end - at[joint]).max() for end in ends) < 1e-3


# ---- file


def test_the_page_is_self_contained_and_carries_the_motion(walk: np.ndarray, tmp_path: Path) -> None:
    codes = parse_pose_codes(walk, frame="heading")[::4]
    sentence = 'a </script> "person" & <b>walks</b> {{DATA}}'
    clip = PlayerClip({WITH_RESIDUALS: walk, CODES_ALONE: walk[:-1]}, FPS, sentence, codes, "heading")
    path = write_html(tmp_path / "walk.html", [clip])
    page = path.read_text(encoding="utf-8")
    assert not re.search(
        r"https?://|\bsrc=|<link|@import|url\(", page.split('id="data">')[0] + page.split("</script>", 1)[1]
    )
    assert page.count("</script>") == 2  # of the data and of the program: the sentence closes neither
    data = data_of(path)
    assert data["title"] == sentence
    shown = data["clips"][0]
    assert [v["name"] for v in shown["variants"]] == [WITH_RESIDUALS, CODES_ALONE]
    bones = bone_transforms(walk)
    assert np.abs(unpack(shown["variants"][0]["origin"]) - bones.origin).max() < 5e-4
    assert np.abs(unpack(shown["variants"][0]["turn"]) - bones.turn).max() < 1e-4
    assert shown["stepsPerSecond"] == 5
    assert [s["says"] for s in shown["spans"]] == [
        list(s.statements) for s in describe_spans(codes, 5.0, frame="heading")
    ]


def test_feet_leave_prints_where_they_are_set_down(walk: np.ndarray, tmp_path: Path) -> None:
    data = data_of(write_html(tmp_path / "walk.html", [PlayerClip({"motion": walk}, FPS)]))
    prints = [m for m in data["clips"][0]["variants"][0]["marks"] if tuple(m[6:]) in (LEFT, RIGHT)]
    assert len(prints) >= 3
    feet = joints_by_role(walk)
    for second, x, z, *_, red, green, blue in prints:
        side = "left" if (red, green, blue) == LEFT else "right"
        ankle = feet[f"{side}_ankle"][round(second * FPS)]
        assert abs(ankle[0] - x) < 2e-3 and abs(ankle[2] - z) < 2e-3


def test_generated_clips_come_with_the_switch(walk: np.ndarray, tmp_path: Path) -> None:
    codes = parse_pose_codes(walk, frame="heading")[::4].astype(np.uint8)
    features = np.zeros((FRAMES, 263), np.float32)
    clip = MotionClip("a walk", features, walk, codes, np.zeros((len(codes), 6), np.int64), FPS, "heading")
    alone = MotionClip("a walk", features, walk + 0.01, codes, None, FPS, "heading")
    (path,) = write_clip(clip, tmp_path / "new", "000_walk", ["html"], alone)
    assert [v["name"] for v in data_of(path)["clips"][0]["variants"]] == [WITH_RESIDUALS, CODES_ALONE]
    clip.save(tmp_path / "walk.npz")
    loaded = PlayerClip.load(tmp_path / "walk.npz")
    assert loaded.title == "a walk" and np.array_equal(loaded.variants["motion"], walk.astype(np.float32))


def test_bad_input_is_named(walk: np.ndarray, tmp_path: Path) -> None:
    good, codes = PlayerClip({"motion": walk}, FPS), np.zeros((len(walk) // 4, 70), np.uint8)
    (tmp_path / "no.npz").write_text("text")
    for act, words in (
        (lambda: write_html(tmp_path / "a.mp4", [good]), "end in .html"),
        (lambda: write_html(tmp_path / "a.html", []), "empty"),
        (lambda: write_html(tmp_path / "a.html", [PlayerClip({"m": walk[:, :9]}, FPS)]), "9 joints"),
        (lambda: write_html(tmp_path / "a.html", [PlayerClip({"m": walk}, 0.0)]), "fps"),
        (
            lambda: write_html(tmp_path / "a.html", [PlayerClip({"m": walk}, FPS, pose_codes=codes)]),
            "pose_frame=",
        ),
        (lambda: PlayerClip.load(tmp_path / "no.npz"), "no.npz"),
        (lambda: PlayerClip.load(tmp_path / "missing.npz"), "missing.npz"),
    ):
        with pytest.raises(UserError, match=words):
            act()
    assert not (tmp_path / "a.html").exists()


# ---- in the browser

VIEWS = {
    "early": "#t=0.3&follow=1",
    "late": "#t=2.3&follow=1",
    "alone": "#t=2.3&follow=1&variant=1",
    "canvas": "#t=0.3&follow=1&gl=0",
}


def _start(page: Path, view: str, out: Path) -> subprocess.Popen:
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --use-gl=angle "
        "--use-angle=swiftshader --enable-unsafe-swiftshader --virtual-time-budget=2000"
    ).split()
    command = [CHROMIUM, *flags, f"--user-data-dir={out}.profile", f"--window-size={SIZE[0]},{SIZE[1]}"]
    command += [f"--screenshot={out}", page.as_uri() + view]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Screenshots of two clips side by side, one of which has two variants."""
    if CHROMIUM is None:
        pytest.skip("needs a Chromium or Chrome browser on the PATH (Debian: apt-get install chromium)")
    folder = tmp_path_factory.mktemp("player")
    walk, squat = toy("walk_circle_left"), toy("squat")
    codes = parse_pose_codes(walk, frame="heading")[::4]
    up = walk.copy()
    up[:, [18, 19, 20, 21], 1] += 0.35  # pose codes alone: arms raised
    clips = [
        PlayerClip({WITH_RESIDUALS: walk, CODES_ALONE: up}, FPS, "walk", codes, "heading"),
        PlayerClip({"m": squat}, FPS, "squat"),
    ]
    two = write_html(folder / "two.html", clips)
    six = write_html(folder / "six.html", [PlayerClip({"m": walk}, FPS, "walk")] * 6, sticks_first=True)
    running = {name: _start(two, view, folder / f"{name}.png") for name, view in VIEWS.items()}
    running["grid"] = _start(six, "#t=0.3&follow=1", folder / "grid.png")
    try:
        for process in running.values():
            process.wait(timeout=90)
    finally:
        for process in running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return {
        name: np.asarray(Image.open(folder / f"{name}.png").convert("RGB")).astype(int) for name in running
    }


def limbs(image: np.ndarray) -> np.ndarray:
    """1 where a pixel is a left limb's blue, -1 where a right limb's orange, inside the panels."""
    red, blue = image[..., 0], image[..., 2]
    sides = np.where(blue - red > 60, 1, np.where(red - blue > 60, -1, 0))
    sides[: int(0.18 * SIZE[1])] = sides[int(0.62 * SIZE[1]) :] = 0  # legend, text and controls
    return sides


def halves(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sides = limbs(image)
    return sides[:, : SIZE[0] // 2], sides[:, SIZE[0] // 2 :]


@pytest.mark.parametrize("view", ["early", "late", "canvas"])
def test_both_panels_show_a_body_with_its_two_sides(shots: dict[str, np.ndarray], view: str) -> None:
    for half in halves(shots[view]):
        assert (half == 1).sum() > 150 and (half == -1).sum() > 150
        rows = np.flatnonzero((half != 0).any(1))
        assert rows[-1] - rows[0] > 0.2 * SIZE[1]  # a standing figure, not a speck


def test_seeking_moves_the_bodies(shots: dict[str, np.ndarray]) -> None:
    for early, late in zip(halves(shots["early"]), halves(shots["late"]), strict=True):
        changed = (early != late).sum()
        assert changed > 0.2 * (early != 0).sum()


def test_the_residual_switch_changes_only_the_clip_that_has_both(shots: dict[str, np.ndarray]) -> None:
    (left, right), (left_alone, right_alone) = halves(shots["late"]), halves(shots["alone"])
    assert (left != left_alone).sum() > 60
    assert (right != right_alone).sum() < 5


def test_the_canvas_draws_the_same_pose_as_webgl(shots: dict[str, np.ndarray]) -> None:
    for webgl, canvas in zip(halves(shots["early"]), halves(shots["canvas"]), strict=True):
        for side in (1, -1):
            both, either = (
                ((webgl == side) & (canvas == side)).sum(),
                ((webgl == side) | (canvas == side)).sum(),
            )
            assert both > 0.35 * either


def test_six_clips_stand_in_two_rows_of_sticks(shots: dict[str, np.ndarray]) -> None:
    image = shots["grid"]
    red, blue = image[..., 0], image[..., 2]
    limb = np.abs(blue - red) > 60
    top, bottom = int(0.1 * SIZE[1]), int(0.9 * SIZE[1])
    filled = []
    for row in np.split(limb[top : top + (bottom - top) // 2 * 2], 2):
        for cell in np.split(row, 3, axis=1):
            rows = np.flatnonzero(cell.any(1))
            filled.append(cell.sum())
            assert rows[-1] - rows[0] > 0.15 * SIZE[1]
    body = (halves(shots["early"])[0] != 0).sum()
    assert 30 < min(filled) and max(filled) < 0.5 * body  # each has limbs, and they are thin


USE = """<script>
HTMLElement.prototype.setPointerCapture = () => {};  // there is no pointer behind these events
const before = { ...view }, box = document.querySelector(".view");
const at = (kind, clientX, clientY) => box.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX, clientY }));
at("pointerdown", 100, 100); at("pointermove", 150, 110); at("pointerup", 150, 110);
box.dispatchEvent(new WheelEvent("wheel", { deltaY: -200, cancelable: true }));
const press = (key) => dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
press(" "); press("Home"); press("ArrowRight"); press("r"); press("c");
controls.speed.value = "0.5"; controls.speed.dispatchEvent(new Event("change"));
const stepped = state.time;
controls.scrub.value = 1.5; controls.scrub.dispatchEvent(new Event("input"));
draw();
document.title = JSON.stringify({ turned: view.azimuth - before.azimuth, tilted: view.elevation - before.elevation,
  zoom: view.zoom, stepped, time: state.time, speed: state.speed, variant: state.variant, playing: state.playing,
  label: document.querySelector(".view .variant").textContent, clock: controls.clock.textContent,
  now: document.querySelector(".says .now").textContent, step: document.querySelector(".codes .top").textContent,
  codes: [...document.querySelectorAll(".codes li")].map((line) => line.textContent) });
</script></body>"""


def test_controls_do_what_they_say(tmp_path: Path, walk: np.ndarray) -> None:
    """Orbit, zoom, pause, step, scrub, speed, residual switch and the codes of the step, used in the browser."""
    if CHROMIUM is None:
        pytest.skip("needs a Chromium or Chrome browser on the PATH (Debian: apt-get install chromium)")
    codes = parse_pose_codes(walk, frame="heading")[::4]
    clip = PlayerClip({WITH_RESIDUALS: walk, CODES_ALONE: walk + 0.1}, FPS, "walk", codes, "heading")
    page = write_html(tmp_path / "a.html", [clip])
    page.write_text(page.read_text(encoding="utf-8").replace("</body>", USE), encoding="utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --virtual-time-budget=500 --dump-dom"
    )
    command = [
        CHROMIUM,
        *flags.split(),
        f"--user-data-dir={tmp_path}/profile",
        page.as_uri() + "#t=0.5&play=1&gl=0",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    found = json.loads(html.unescape(re.search("<title>(.*?)</title>", done.stdout, re.DOTALL).group(1)))
    assert found["turned"] == pytest.approx(-20) and found["tilted"] == pytest.approx(3)
    assert found["zoom"] > 1.1 and not found["playing"]
    assert (
        found["stepped"] == pytest.approx(1 / FPS)
        and found["time"] == 1.5
        and found["clock"].startswith("1.50 /")
    )
    assert (found["speed"], found["variant"], found["label"]) == (0.5, 1, CODES_ALONE)
    spans = describe_spans(codes, FPS / 4, frame="heading")
    span = next(span for span in spans if 1.5 < span.end)
    assert found["now"].endswith("; ".join(span.statements))
    step = int(1.5 * FPS / 4 + 1e-6)
    assert f"step {step + 1} of {len(codes)}" in found["step"]
    assert found["codes"] == [
        names.label(group, code) for group, code in zip(GROUPS, codes[step], strict=True)
    ]
