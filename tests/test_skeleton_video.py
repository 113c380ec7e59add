"""The skeleton video shows the whole body, in every frame, the right way round, and leaves no half files."""

from __future__ import annotations

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from takes import toy

from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON
from visualization import scene
from visualization.body import body_points
from visualization.camera import fit_camera
from visualization.scene import cameras_for, check_joints
from visualization.skeleton_video import render_frame, render_strip, render_video, strip_image

SIZE = (320, 180)


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return toy("walk_circle_left", 90)


def coloured(image: np.ndarray) -> np.ndarray:
    """Pixels of the limbs: the only saturated ones. Blue ones count 1, orange ones -1."""
    red, blue = image[..., 0].astype(int), image[..., 2].astype(int)
    return np.where(blue - red > 60, 1, np.where(red - blue > 60, -1, 0))


def read_video(path) -> tuple[dict, list[np.ndarray]]:
    frames = imageio_ffmpeg.read_frames(str(path))
    meta = next(frames)
    w, h = meta["size"]
    return meta, [np.frombuffer(frame, np.uint8).reshape(h, w, 3) for frame in frames]


def test_mp4_has_every_frame_and_the_body_inside_it(tmp_path, walk):
    path = render_video(tmp_path / "walk.mp4", walk, 20, captions="a person walks", size=SIZE)
    meta, frames = read_video(path)
    assert (len(frames), meta["size"], meta["fps"], meta["codec"]) == (len(walk), SIZE, 20.0, "h264")
    assert meta["pix_fmt"].startswith("yuv420p")
    for frame in frames:
        limbs = coloured(frame)
        assert (limbs == 1).sum() > 40 and (limbs == -1).sum() > 40
        for border in (limbs[0], limbs[-1], limbs[:, 0], limbs[:, -1]):
            assert not border.any()


@pytest.mark.parametrize("size", [(854, 480), (200, 400)])
def test_camera_sees_the_whole_body_in_all_frames(walk, size):
    points = body_points(walk + np.array([0, 0, 3.0]))
    pixels, depth = fit_camera(points, size, margins=(10, 30)).project(points)
    assert depth.min() > 0.3
    assert pixels.min() > 0
    assert pixels[..., 0].max() < size[0] and pixels[..., 1].max() < size[1] - 30


def test_left_is_blue_and_on_the_right_of_a_person_who_faces_the_camera(walk):
    limbs = coloured(render_frame(walk, 0, size=SIZE))
    assert np.nonzero(limbs == 1)[1].mean() > np.nonzero(limbs == -1)[1].mean() + 5


def test_frames_by_number_are_those_of_the_video(tmp_path, walk):
    path = render_video(tmp_path / "walk.mp4", walk[:12], 20, size=SIZE)
    still = render_frame(walk[:12], 11, fps=20, size=SIZE)
    assert np.array_equal(still, render_frame(walk[:12], -1, fps=20, size=SIZE))
    video = read_video(path)[1][11].astype(int)
    assert np.abs(video - still).mean() < 4  # H.264 is lossy
    with pytest.raises(UserError, match="12 frames"):
        render_frame(walk[:12], 12)


def test_panels_stand_side_by_side_and_shorter_clips_hold(tmp_path, walk):
    clips = [walk[:8], walk[:20]]
    path = render_video(
        tmp_path / "two.mp4", clips, 20, captions="both", size=SIZE, titles=["a", "b"], columns=2
    )
    frames = read_video(path)[1]
    assert len(frames) == 20
    for half in np.split(coloured(frames[19]), 2, axis=1):
        assert half.any()
    held = np.abs(frames[10][24:150, :158].astype(int) - frames[19][24:150, :158]).mean()
    moved = np.abs(frames[10][24:150, 162:270].astype(int) - frames[19][24:150, 162:270]).mean()
    assert held < 1 < moved


def test_a_grid_has_a_place_for_each_clip(walk):
    image = render_frame([walk[:3]] * 4, 2, size=(320, 320), columns=2, captions=list("abcd"))
    for rows in np.split(coloured(image), 2, axis=0):
        for cell in np.split(rows, 2, axis=1):
            assert (cell == 1).sum() > 10


def test_similar_clips_share_a_camera_and_others_do_not(walk):
    small = walk * np.array([1, 1, 1.0])
    far = walk + np.linspace(0, 12, len(walk))[:, None, None] * np.array([0, 0, 1.0])
    first, second = cameras_for([walk, small], SIZE, (0, 0))
    assert first is second
    first, second = cameras_for([walk, far], SIZE, (0, 0))
    assert first is not second


def test_failure_leaves_neither_the_file_nor_a_part_of_it(tmp_path, walk, monkeypatch):
    draw = scene.Scene.draw

    def fails_in_the_middle(self, frame, out):
        if frame == 5:
            raise RuntimeError("lost")
        return draw(self, frame, out)

    monkeypatch.setattr(scene.Scene, "draw", fails_in_the_middle)
    with pytest.raises(RuntimeError, match="lost"):
        render_video(tmp_path / "walk.mp4", walk, 20, size=SIZE)
    assert list(tmp_path.iterdir()) == []


def test_failure_keeps_the_old_file(tmp_path, walk, monkeypatch):
    path = render_video(tmp_path / "walk.mp4", walk[:3], 20, size=SIZE)
    before = path.read_bytes()
    monkeypatch.setattr(scene.Scene, "draw", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        render_video(path, walk, 20, size=SIZE)
    assert path.read_bytes() == before


def test_gif(tmp_path, walk):
    path = render_video(tmp_path / "walk.gif", walk[:10], 20, size=(160, 120))
    with Image.open(path) as image:
        assert (image.size, image.n_frames, image.info["duration"]) == ((160, 120), 10, 50)


def test_strip(tmp_path):
    joints = toy("raise_left")
    path = render_strip(tmp_path / "strip.png", joints, n=5, caption="a person raises the left arm")
    with Image.open(path) as image:
        pixels = np.asarray(image)
    assert pixels.shape == (400, 1280, 3)
    tops = [np.nonzero((coloured(cell) == 1).any(1))[0][0] for cell in np.split(pixels, 5, axis=1)]
    assert tops[2] < tops[0] - 20  # the raised arm reaches higher


def test_a_strip_of_one_pose(walk):
    assert strip_image(walk, n=1, size=(200, 200)).shape == (200, 200, 3)


def test_kit_joints_in_millimetres_are_drawn():
    t2m = toy("squat", 60)
    order = [0, 3, 9, 12, 15, 16, 18, 20, 17, 19, 21, 1, 4, 7, 7, 10, 2, 5, 8, 8, 11]
    limbs = coloured(render_frame(t2m[:, order] * 1000, 30, fps=12.5, size=SIZE))
    assert (limbs == 1).sum() > 40 and (limbs == -1).sum() > 40


def test_clips_far_above_or_below_are_set_on_the_floor():
    joints = toy("clap", 60)
    assert check_joints(joints + np.array([0, 5, 0]))[..., 1].min() == pytest.approx(0, abs=1e-4)
    jump = joints + np.array([0, 0.2, 0])
    assert np.allclose(check_joints(jump), jump, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda j: np.where(np.arange(22)[:, None] == 3, np.nan, j), "NaN"),
        (lambda j: j[:, :20], "20 joints"),
        (lambda j: j[:0], "shape"),
        (lambda j: j[0], "shape"),
    ],
)
def test_bad_joints_are_refused(tmp_path, walk, change, message):
    with pytest.raises(UserError, match=message):
        render_video(tmp_path / "bad.mp4", change(walk), 20)
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments_are_refused(tmp_path, walk):
    with pytest.raises(UserError, match="mp4 or .gif"):
        render_video(tmp_path / "walk.avi", walk, 20)
    with pytest.raises(UserError, match="titles"):
        render_video(tmp_path / "walk.mp4", walk, 20, titles=["a", "b"])
    with pytest.raises(UserError, match="captions"):
        render_video(tmp_path / "walk.mp4", [walk, walk], 20, captions=["a"])
    with pytest.raises(UserError, match="fps"):
        render_video(tmp_path / "walk.mp4", walk, 0)
    with pytest.raises(UserError, match="empty"):
        render_video(tmp_path / "walk.mp4", [], 20)
    with pytest.raises(UserError, match="contacts"):
        render_video(tmp_path / "walk.mp4", walk, 20, contacts=np.zeros((3, 4)))


def test_contacts_of_features_leave_footprints(walk):
    contacts = np.zeros((len(walk) - 1, 4))
    none = render_frame_with(contacts, walk)
    contacts[5:, 0] = 1
    assert np.abs(render_frame_with(contacts, walk).astype(int) - none).max() > 8


def render_frame_with(contacts: np.ndarray, joints: np.ndarray) -> np.ndarray:
    camera = fit_camera(body_points(joints), SIZE)
    drawing = scene.Scene(check_joints(joints), 20, camera, contacts)
    out = np.empty((SIZE[1], SIZE[0], 3), np.float32)
    drawing.draw(40, out)
    return out.astype(np.uint8)


def test_a_long_caption_is_cut_to_a_few_lines(walk):
    image = render_frame(walk, 0, captions="word " * 400, size=SIZE)
    assert coloured(image).any() and image.shape == (180, 320, 3)


def test_real_motion_is_drawn_standing_on_the_floor(reference_joints):
    joints = reference_joints
    assert joints.shape[1] == T2M_SKELETON.num_joints
    limbs = coloured(render_frame(joints, 0, size=SIZE))
    assert (limbs != 0).sum() > 100
