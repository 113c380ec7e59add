"""A fixed pinhole camera that keeps a whole clip in view.

World: metres, Y up. Camera axes: right, up, back (from the scene towards the camera). Pixels: x to the right,
y down, origin at the top left of the panel.
"""

from dataclasses import dataclass

import numpy as np

ELEVATION = 16.0  # degrees above the horizon
AZIMUTHS = (32.0, 24.0, 40.0, 48.0, 56.0, 64.0)  # degrees from +Z towards +X (the person's front left)
HALF_ANGLE = 17.0  # degrees, half of the vertical field of view


@dataclass(frozen=True)
class Camera:
    """Pinhole camera: position (3,) metres, axes (3,3) rows right, up, back, focal and size (w,h) pixels."""

    position: np.ndarray
    axes: np.ndarray
    focal: float
    size: tuple[int, int]

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """World points (...,3) -> pixels (...,2) and depths (...) in metres in front of the camera."""
        local = (points - self.position) @ self.axes.T
        depth = np.maximum(-local[..., 2], 1e-3)
        scale = self.focal / depth
        x = self.size[0] / 2 + local[..., 0] * scale
        y = self.size[1] / 2 - local[..., 1] * scale
        return np.stack([x, y], -1).astype(np.float32), depth.astype(np.float32)

    def floor_map(self, height: float, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Floor position under every `step`-th pixel.

        Returns (h,w,2) float32 world X,Z of the floor at `height`, and (h,w) float32 distance along the ray;
        pixels above the horizon get infinity.
        """
        w, h = self.size
        offset = (step - 1) / 2
        x = np.arange(0, w, step) + offset - w / 2 + 0.5
        y = h / 2 - (np.arange(0, h, step) + offset) - 0.5
        right, up, back = self.axes
        rays = (x[None, :, None] * right + y[:, None, None] * up) / self.focal - back
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = (height - self.position[1]) / rays[..., 1]
        distance = np.where((rays[..., 1] < -1e-4) & (distance > 0), distance, np.inf)
        flat = np.where(np.isfinite(distance), distance, 0.0)
        floor = self.position[[0, 2]] + flat[..., None] * rays[..., [0, 2]]
        return floor.astype(np.float32), distance.astype(np.float32)


def _axes(azimuth: float, elevation: float) -> np.ndarray:
    """Rows right, up, back of a camera that looks at the origin from `azimuth`, `elevation` (degrees)."""
    a, e = np.radians(azimuth), np.radians(elevation)
    back = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    return np.stack([right, np.cross(back, right), back])


def _place(points: np.ndarray, axes: np.ndarray, slopes: tuple[float, float, float, float]) -> np.ndarray:
    """Nearest camera position, in camera axes, from which all points (P,3) lie inside the frustum.

    `slopes` are the tangents of the left, right, top and bottom borders. For the right border,
    p_x - c_x <= slope (c_z - p_z) is linear in the camera position c, so each border needs only the extreme
    point, and the two pairs of borders give the distance in closed form.
    """
    left, right, top, bottom = slopes
    x, y, z = (points @ axes.T).T
    r, le = np.max(x + right * z), np.max(-x + left * z)
    t, b = np.max(y + top * z), np.max(-y + bottom * z)
    cz = max((r + le) / (left + right), (t + b) / (top + bottom))
    cx = ((r - right * cz) + (left * cz - le)) / 2
    cy = ((t - top * cz) + (bottom * cz - b)) / 2
    return np.array([cx, cy, cz])


def fit_camera(
    points: np.ndarray,
    size: tuple[int, int],
    margins: tuple[float, float] = (0.0, 0.0),
    azimuth: float | None = None,
    pad: float = 0.16,
) -> Camera:
    """Camera for a panel of `size` (w,h) pixels that sees every point (P,3) at every time.

    margins: pixels kept free at the top and bottom (title, caption). pad: metres added round the points for
    the thickness of limbs. azimuth None: the angle from the front left from which the clip looks largest,
    with a preference for the first of AZIMUTHS.
    """
    w, h = size
    focal = h / 2 / np.tan(np.radians(HALF_ANGLE))
    border = 0.02 * h
    slopes = (
        (w / 2 - border) / focal,
        (w / 2 - border) / focal,
        (h / 2 - border - margins[0]) / focal,
        (h / 2 - border - margins[1]) / focal,
    )
    points = points.reshape(-1, 3).astype(np.float64)
    corners = np.array([[x, y, z] for x in (-pad, pad) for y in (-pad / 2, pad) for z in (-pad, pad)])
    # Only the hull of the points matters; extreme points along fixed directions are enough of it here because
    # the pad is added to all of them.
    padded = (_extremes(points)[:, None] + corners).reshape(-1, 3)
    best: tuple[float, Camera] | None = None
    for candidate in AZIMUTHS if azimuth is None else (azimuth,):
        axes = _axes(candidate, ELEVATION)
        local = _place(padded, axes, slopes)
        # Depth from the camera to the centre of the scene says how small the person gets.
        cost = (local[2] - np.median(points @ axes[2])) * (1 + 0.008 * abs(candidate - AZIMUTHS[0]))
        if best is None or cost < best[0]:
            best = (cost, Camera(local @ axes, axes, float(focal), (w, h)))
    if best is None:
        raise ValueError("no azimuth to choose from")
    return best[1]


def _extremes(points: np.ndarray, directions: int = 256) -> np.ndarray:
    """The points (P,3) that are extreme along evenly spread directions (a cheap outer hull)."""
    k = np.arange(directions) + 0.5
    y = 1 - 2 * k / directions
    turn = np.pi * (1 + 5**0.5) * k
    ring = np.sqrt(1 - y * y)
    axes = np.stack([ring * np.cos(turn), y, ring * np.sin(turn)], 1)
    best = np.unique(
        np.concatenate([np.argmax(chunk @ axes.T, 0) + start for start, chunk in _chunks(points)])
    )
    return points[best]


def _chunks(points: np.ndarray, size: int = 4096):
    for start in range(0, len(points), size):
        yield start, points[start : start + size]
