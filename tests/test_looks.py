"""Who is shown, and how: meshes and sticks in videos, grids of samples, a camera that never cuts the body."""

from __future__ import annotations

import numpy as np
import pytest
from body_files import smplh
from scipy.spatial.transform import Rotation
from takes import toy

from dataset.features import recover_joints
from dataset.motion_clip import MotionClip
from utils.runtime import UserError
from utils.skeleton import T2M_SKELETON
from visualization import outputs
from visualization.camera import Camera
from visualization.mannequin import bone_transforms, mannequin, pose
from visualization.mesh_raster import draw_mesh, vertex_normals
from visualization.outputs import Figure, choose_figure, write_clip, write_grid
from visualization.scene import Scene, cameras_for, check_joints
from visualization.skeleton_video import render_frame

SIZE = (320, 180)
AHEAD = Camera(np.array([0.0, 0.0, 4.0]), np.eye(3), 100.0, (80, 60))  # looks along -z


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return toy("walk_circle_left")


def square(z: float, half: float = 0.4) -> np.ndarray:
    return np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]], np.float32)


def sides(image: np.ndarray) -> np.ndarray:
    red, blue = image[..., 0].astype(int), image[..., 2].astype(int)
    return np.where(blue - red > 60, 1, np.where(red - blue > 60, -1, 0))


def test_a_mesh_covers_the_pixels_it_projects_to():
    image = np.full((60, 80, 3), 200, np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    box = draw_mesh(image, AHEAD, square(0.0), faces, np.tile([40.0, 80, 160], (4, 1)))
    changed = np.abs(image - 200).max(-1) > 1
    # 0.8 m at 4 m with a focal length of 100 pixels: 20 pixels round the middle.
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (20, 39, 30, 49)
    assert changed[20:40, 30:50].all()
    left, top, right, bottom = box
    assert left <= 30 and top <= 20 and right >= 50 and bottom >= 40
    assert np.ptp(image[22:38, 32:48], axis=(0, 1)).max() < 12  # one flat colour, without seams


def test_the_nearer_surface_hides_the_farther_and_backs_are_not_seen():
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    red, blue = np.tile([200.0, 20, 20], (4, 1)), np.tile([20.0, 20, 200], (4, 1))
    for order in ((0, 1), (1, 0)):
        parts = [(square(0.5, 0.2), red), (square(-0.5), blue)]
        vertices = np.concatenate([parts[i][0] for i in order])
        colours = np.concatenate([parts[i][1] for i in order])
        image = np.full((60, 80, 3), 255, np.float32)
        draw_mesh(image, AHEAD, vertices, np.concatenate([faces, faces + 4]), colours)
        assert image[30, 40, 0] > image[30, 40, 2] and image[30, 33, 2] > image[30, 33, 0]
    image = np.full((60, 80, 3), 255, np.float32)
    draw_mesh(image, AHEAD, square(0.0), faces[:, ::-1], red)
    assert (image == 255).all()
    assert draw_mesh(image, AHEAD, square(0.0) + (50.0, 0, 0), faces, red) is None


def test_normals_point_out_of_a_closed_body():
    body = mannequin()
    agree = (vertex_normals(body.vertices, body.faces) * body.normals).sum(1)
    assert np.median(agree) > 0.98 and (agree > 0).mean() > 0.99


@pytest.mark.parametrize("look", ["mannequin", "sticks", "mesh"])
def test_each_look_shows_both_sides_of_the_person(walk, look):
    image = render_frame(walk, 20, size=SIZE, look=mannequin() if look == "mesh" else look)
    limbs = sides(image)
    assert (limbs == 1).sum() > 25 and (limbs == -1).sum() > 25
    thick = sides(render_frame(walk, 20, size=SIZE))
    if look == "sticks":
        assert (limbs != 0).sum() < 0.6 * (thick != 0).sum()
    else:  # the mesh stands where the capsules do
        both = ((limbs == thick) & (limbs != 0)).sum()
        assert both > 0.5 * (thick != 0).sum()


def lying(joints: np.ndarray) -> np.ndarray:
    flat = Rotation.from_euler("x", 90, degrees=True).apply(joints.reshape(-1, 3)).reshape(joints.shape)
    return flat - (0, flat[..., 1].min(), 0)


EXTREMES = {
    "sprints 40 m": lambda j: j + np.linspace(0, 40, len(j))[:, None, None] * (0.8, 0, 0.6),
    "jumps 3 m high": lambda j: j + np.sin(np.linspace(0, np.pi, len(j)))[:, None, None] * (0, 3.0, 0),
    "lies on the floor": lying,
    "far off": lambda j: j + (-30.0, 0, 55.0),
    "comes at the camera": lambda j: j + np.linspace(0, 12, len(j))[:, None, None] * (0.53, 0, 0.85),
    "does not move": lambda j: np.repeat(j[:1], len(j), 0),
}


@pytest.mark.parametrize("size", [(854, 480), (180, 320)])
@pytest.mark.parametrize("name", EXTREMES)
def test_the_camera_never_cuts_the_body(walk, name, size):
    """The mannequin's surface, not only the joints, lies inside the picture in every frame."""
    joints = check_joints(EXTREMES[name](walk))
    (camera,) = cameras_for([joints], size, (20.0, 30.0))
    surface = pose(mannequin(), bone_transforms(joints[::6]))
    pixels, depth = camera.project(surface)
    assert depth.min() > 0.3
    assert pixels[..., 0].min() > 0 and pixels[..., 0].max() < size[0]
    assert pixels[..., 1].min() > 20 and pixels[..., 1].max() < size[1] - 30
    height = np.ptp(pixels[..., 1], axis=1).max()
    assert height > (0.02 if "40 m" in name else 0.1) * size[1]  # nor shows a speck


def test_shared_cameras_cut_no_panel(walk):
    clips = [check_joints(change(walk)) for change in EXTREMES.values()]
    for camera, joints in zip(cameras_for(clips, (280, 230), (10.0, 0.0), True), clips, strict=True):
        pixels, _ = camera.project(Scene(joints, 20.0, camera).points)
        assert pixels.min() > 0 and (pixels.max((0, 1)) < (280, 230)).all()


def test_bodies_are_chosen_by_name(tmp_path):
    np.savez(tmp_path / "SMPLH_NEUTRAL.npz", **smplh())
    own = choose_figure("smpl", tmp_path)
    assert own.mesh is own.video and own.mesh.faces.shape == (700, 3)
    assert choose_figure("sticks") == Figure("sticks", None, True)
    assert choose_figure("mannequin") == Figure()
    assert choose_figure("smooth").video is mannequin()
    with pytest.raises(UserError, match="--smpl-dir"):
        choose_figure("smpl")


def clip_of(joints: np.ndarray, codes: int | None = 6) -> MotionClip:
    features = np.zeros((len(joints), 263), np.float32)
    residual = None if codes is None else np.zeros((len(joints) // 4, codes), int)
    return MotionClip(
        "a person", features, joints, np.zeros((len(joints) // 4, 70), np.uint8), residual, 20.0, "heading"
    )


def test_a_grid_holds_all_samples_of_a_sentence(walk, tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(
        outputs, "render_video", lambda path, clips, *rest, **more: seen.update(video=(path, clips, rest))
    )
    monkeypatch.setattr(
        outputs, "write_html", lambda path, clips, *rest: seen.update(html=(path, clips, rest))
    )
    samples = [(clip_of(walk), clip_of(walk + 1, None)) for _ in range(6)]
    paths = write_grid(
        samples, tmp_path / "new", "000_a", ["npz", "mp4", "html"], Figure("sticks", None, True)
    )
    assert [path.name for path in paths] == ["000_a_grid.mp4", "000_a_grid.html"]
    path, clips, (fps, text, size, titles) = seen["video"]
    assert (len(clips), fps, text, titles[-1]) == (6, 20.0, "a person", "sample 6") and size[0] > 1000
    path, players, rest = seen["html"]
    assert [len(player.variants) for player in players] == [2] * 6 and players[2].title == "sample 3"
    assert rest == ("a person", None, True)


def test_a_users_body_is_in_every_kind_of_file(walk, tmp_path):
    np.savez(tmp_path / "SMPLH_NEUTRAL.npz", **smplh())
    figure = choose_figure("smpl", tmp_path)
    paths = write_clip(clip_of(walk[:4]), tmp_path / "out", "a", ["mp4", "html", "glb"], figure=figure)
    assert all(path.stat().st_size > 1000 for path in paths)
    assert '"vertices":{"shape":[400,3]' in paths[1].read_text()
    assert b'"count":2100' in paths[2].read_bytes()  # 700 triangles


def test_bones_of_a_generated_clip_become_the_training_skeletons(walk):
    rng = np.random.default_rng(0)
    raw = clip_of((walk + rng.normal(size=walk.shape) * 0.01).astype(np.float32))
    fixed = raw.with_constant_bones()
    bones = fixed.joints[:, 1:] - fixed.joints[:, list(T2M_SKELETON.parents[1:])]
    lengths = np.linalg.norm(bones, axis=-1)
    np.testing.assert_allclose(lengths, np.tile(T2M_SKELETON.bone_lengths[1:], (len(walk), 1)), atol=1e-5)
    assert fixed.joints.dtype == np.float32
    moved = recover_joints(fixed.features)
    np.testing.assert_allclose(moved - moved[:1, :1], fixed.joints - fixed.joints[:1, :1], atol=1e-4)
