"""One clip drawn by one camera: still background, marks left on the floor, and the person of each frame."""

import numpy as np

from utils.runtime import UserError
from visualization import raster
from visualization.body import LEFT, RIGHT, Body, body_points, find_contacts, make_body, make_sticks, roles_of
from visualization.camera import Camera, fit_camera
from visualization.mannequin import SkinnedBody, bone_transforms, skinned
from visualization.mesh_raster import draw_mesh

SOLE = 0.03  # metres: joints are inside the body, so the drawn floor lies below the lowest joint
TRAIL = (96, 105, 120)
Look = str | SkinnedBody  # "mannequin", "sticks", or a mesh


def check_joints(joints: np.ndarray, name: str = "joints") -> np.ndarray:
    """Joints (T,J,3) as float32 metres with the floor at 0; UserError for anything that can't be drawn.

    Clips in millimetres (KIT-ML) are scaled; a clip whose lowest point is more than 0.3 m away from 0 is set
    on the floor.
    """
    joints = np.asarray(joints, np.float32)
    if joints.ndim != 3 or joints.shape[-1] != 3 or not len(joints):
        raise UserError(f"{name}: expected joints of shape (frames, joints, 3), got {joints.shape}")
    if not np.isfinite(joints).all():
        raise UserError(f"{name}: joints contain NaN or infinity; regenerate or repair the clip")
    r = roles_of(joints)
    leg = np.linalg.norm(joints[:, r.knees[0]] - joints[:, r.hips[0]], axis=-1).mean()
    if leg > 20:  # a thigh is 0.4 m
        joints = joints * np.float32(1e-3)
    lowest = joints[..., 1].min()
    if abs(lowest) > 0.3:
        joints = joints - np.array([0, lowest, 0], np.float32)
    return joints


class Scene:
    """Draws frames of one clip in order. Marks (trail, footprints) accumulate, so frames go forward only."""

    def __init__(
        self,
        joints: np.ndarray,
        fps: float,
        camera: Camera,
        contacts: np.ndarray | None = None,
        look: Look = "mannequin",
    ):
        """joints (T,J,3) from `check_joints`; contacts bool (T,2) left, right, or (T,4) in feature order.

        look: "mannequin" (thick capsules), "sticks", or a mesh such as `smpl_body.load_smpl` gives.
        """
        self.joints, self.camera = joints, camera
        self.points = body_points(joints)
        self.body = (make_sticks if isinstance(look, str) and look == "sticks" else make_body)(
            joints.shape[1]
        )
        self.mesh = None if isinstance(look, str) else look
        # Matrices of the bones, where a mesh is drawn.
        self._bones = (
            np.zeros(0) if isinstance(look, str) else bone_transforms(joints, look.rest).matrices(look.rest)
        )
        self.contacts = find_contacts(joints, fps) if contacts is None else _two_feet(contacts, len(joints))
        self.drawn = -1
        self._out: np.ndarray | None = None  # what was drawn into last, and where the person is in it
        self._person: raster.Box | None = None
        self.floor, _ = camera.floor_map(-SOLE)
        self.coarse_floor, _ = camera.floor_map(-SOLE, raster.SHADOW_STEP)
        self.canvas = raster.background(camera, -SOLE)
        self._trail_from = self._ground(joints[0, 0])
        travelled = np.linalg.norm(np.diff(joints[:, 0, [0, 2]], axis=0), axis=-1).sum()
        if travelled > 0.3:
            self._faint_path()

    def draw(self, frame: int, out: np.ndarray) -> raster.Box:
        """Draw frame number `frame` (beyond the end: the last) into out (h,w,3) float32, 0..255.

        Given the same `out` as last time, only what changes is drawn. Returns the box of what may have changed.
        """
        frame = min(frame, len(self.joints) - 1)
        stale = self._person
        while self.drawn < frame:
            self.drawn += 1
            stale = raster.union(stale, self._mark(self.drawn))
        if out is not self._out or stale is None:
            stale = (0, 0, out.shape[1], out.shape[0])
            self._out = out
        out[raster.inside(stale)] = self.canvas[raster.inside(stale)]
        if self.mesh is None:
            self._person = draw_person(out, self.camera, self.points[frame], self.body, self.coarse_floor)
        else:
            self._person = self._draw_mesh(self.mesh, frame, out)
        return raster.union(stale, self._person) or stale

    def _draw_mesh(self, mesh: SkinnedBody, frame: int, out: np.ndarray) -> raster.Box | None:
        ends = np.stack([self.points[frame][i] for i in (self.body.first, self.body.second)], axis=1)
        low = ends[self.body.cast_shadow] + np.array([0, SOLE, 0], np.float32)
        shadow = raster.draw_shadow(out, self.coarse_floor, low)
        vertices = skinned(mesh, self._bones[frame])
        return raster.union(shadow, draw_mesh(out, self.camera, vertices, mesh.faces, mesh.colours))

    def _ground(self, point: np.ndarray) -> np.ndarray:
        return np.array([point[0], -SOLE, point[2]], np.float32)

    def _stripe(
        self, a: np.ndarray, b: np.ndarray, width: float, colour, opacity: float
    ) -> raster.Box | None:
        ends = np.stack([self._ground(a), self._ground(b)])
        return raster.draw_floor_line(self.canvas, self.camera, self.floor, ends, width, colour, opacity)

    def _faint_path(self) -> None:
        """Dots along the whole way, so that a viewer sees where the clip is going."""
        way = self.joints[:, 0]
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(way[:, [0, 2]], axis=0), axis=-1))])
        for at in np.arange(0, length[-1], 0.15):
            i = int(np.searchsorted(length, at))
            self._stripe(way[i], way[i], 0.022, TRAIL, 0.35)

    def _mark(self, frame: int) -> raster.Box | None:
        """Paint onto the floor what a frame leaves there: a piece of trail, prints of feet just set down."""
        changed = None
        here = self.joints[frame, 0]
        if np.linalg.norm((here - self._trail_from)[[0, 2]]) > 0.03:
            changed = self._stripe(self._trail_from, here, 0.02, TRAIL, 0.55)
            self._trail_from = self._ground(here)
        for side, colour in ((0, LEFT), (1, RIGHT)):
            if self.contacts[frame, side] and not (frame and self.contacts[frame - 1, side]):
                ankle, toe = self.body.feet[side]
                start, end = self.joints[frame, ankle], self.joints[frame, toe]
                print_ = self._stripe(start, end + 0.35 * (end - start), 0.085, colour, 0.22)
                changed = raster.union(changed, print_)
        return changed


def draw_person(
    image: np.ndarray, camera: Camera, points: np.ndarray, body: Body, coarse_floor: np.ndarray
) -> raster.Box | None:
    """Shadow and body of one pose into `image` (h,w,3) in place. points (P,3) from `body_points`.

    Returns the box that changed.
    """
    ends = np.stack([points[body.first], points[body.second]], axis=1)
    radii = np.stack([body.radius_first, body.radius_second], axis=1)
    low = ends[body.cast_shadow] + np.array([0, SOLE, 0], np.float32)
    shadow = raster.draw_shadow(image, coarse_floor, low)
    return raster.union(shadow, raster.draw_capsules(image, camera, ends, radii, body.colours))


def _two_feet(contacts: np.ndarray, frames: int) -> np.ndarray:
    """Contacts (T,2) or (T,4) -> bool (T,2); features have one row less than joints: the last one repeats."""
    contacts = np.asarray(contacts) > 0.5
    if contacts.ndim != 2 or contacts.shape[1] not in (2, 4) or abs(len(contacts) - frames) > 1:
        raise UserError(f"contacts: expected shape ({frames}, 2) or ({frames}, 4), got {contacts.shape}")
    if contacts.shape[1] == 4:
        contacts = np.stack([contacts[:, :2].any(1), contacts[:, 2:].any(1)], axis=1)
    return np.concatenate([contacts, contacts[-1:]])[:frames]


def cameras_for(
    clips: list[np.ndarray], size: tuple[int, int], margins: tuple[float, float], shared: bool | None = None
) -> list[Camera]:
    """One camera per clip, or one for all of them so that sizes and angles compare.

    shared None: share unless that would show some clip much smaller than its own camera would.
    """
    points = [body_points(clip) for clip in clips]
    cameras = [fit_camera(p, size, margins) for p in points]
    if shared is False or len(clips) == 1:
        return cameras
    common = fit_camera(np.concatenate(points), size, margins)
    if shared is None:
        far = max(
            np.linalg.norm(common.position - p.mean((0, 1))) / np.linalg.norm(c.position - p.mean((0, 1)))
            for c, p in zip(cameras, points, strict=True)
        )
        if far > 1.35:
            return cameras
    return [common] * len(clips)
