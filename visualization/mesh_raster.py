"""A shaded triangle mesh into an image, in numpy: all triangles at once, no loop over them."""

from __future__ import annotations

import numpy as np

from visualization import raster
from visualization.camera import Camera

SAMPLES = 2  # per pixel and axis: edges are smooth
RIM = 0.75  # how dark a surface seen from its edge is


def draw_mesh(
    image: np.ndarray, camera: Camera, vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray
) -> raster.Box | None:
    """Draw a mesh into `image` (h,w,3) float32 in place; returns the box that changed.

    vertices (V,3) world metres; faces (F,3), counter-clockwise from outside (others are not seen); colours (V,3)
    0..255, lit as the capsules of `raster.draw_capsules` are.
    """
    pixels, depth = camera.project(vertices)
    low, high = pixels.min(0) - 1, pixels.max(0) + 1
    x0, y0 = np.maximum(np.floor(low).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(high).astype(int) + 1, camera.size)
    if x1 <= x0 or y1 <= y0:
        return None
    width, height = (x1 - x0) * SAMPLES, (y1 - y0) * SAMPLES
    paint = _lit(vertices, faces, colours, camera)
    faces = faces[np.argsort(-depth[faces[:, 0]], kind="stable")]  # far to near: triangles are small
    corners = ((pixels - (x0, y0)) * SAMPLES - 0.5).astype(np.float32)[faces]  # sample k is at coordinate k
    sample, face, share = _covered(corners, width, height)
    nearest = np.full(width * height, -1)
    nearest[sample] = np.arange(len(sample))  # of several the last stays
    hit = np.flatnonzero(nearest >= 0)
    front = nearest[hit]
    fine = np.zeros((width * height, 4), np.float32)
    corner = faces[face[front]]
    fine[hit, :3] = sum(share[front, k, None] * paint[corner[:, k]] for k in range(3))
    fine[hit, 3] = 1.0
    fine = fine.reshape(height, width, 4)
    steps = [(i, j) for i in range(SAMPLES) for j in range(SAMPLES)]
    nothing = np.zeros((), np.float32)
    mean = sum((fine[i::SAMPLES, j::SAMPLES] for i, j in steps), nothing) / SAMPLES**2
    view = image[y0:y1, x0:x1]
    view *= 1 - mean[..., 3:]
    view += mean[..., :3]  # black where nothing is, so it is weighted already
    return int(x0), int(y0), int(x1), int(y1)


def _covered(corners: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Samples inside triangles (F,3,2) that face the viewer: their index, triangle and barycentric shares (N,3)."""
    first = np.maximum(np.ceil(corners.min(1)), 0).astype(np.int32)
    last = np.minimum(np.floor(corners.max(1)) + 1, (width, height)).astype(np.int32)
    (ax, ay), (bx, by), (cx, cy) = corners.transpose(1, 2, 0)
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)  # negative: counter-clockwise, as y points down
    spans = np.maximum(last - first, 0)
    shown = np.flatnonzero((area < -1e-6) & (spans.min(1) > 0))
    count = spans[shown].prod(1)
    of = np.repeat(np.arange(len(shown)), count)
    row, column = np.divmod(
        np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count), spans[shown, 0][of]
    )
    # Shares of the second and third corner are linear in the sample's place: value + x and y steps per triangle.
    ax, ay, bx, by, cx, cy = (v[shown] for v in (ax, ay, bx, by, cx, cy))
    inverse, dx, dy = 1 / area[shown], first[shown, 0] - ax, first[shown, 1] - ay
    b = ((dx * (cy - ay) - dy * (cx - ax)) * inverse)[of]
    b += column * ((cy - ay) * inverse)[of] - row * ((cx - ax) * inverse)[of]
    c = (((bx - ax) * dy - (by - ay) * dx) * inverse)[of]
    c += row * ((bx - ax) * inverse)[of] - column * ((by - ay) * inverse)[of]
    inside = np.flatnonzero((b >= -1e-4) & (c >= -1e-4) & (b + c <= 1 + 1e-4))
    of, b, c = of[inside], b[inside], c[inside]
    start = (first[shown, 1] * width + first[shown, 0])[of]
    share = np.stack([1 - b - c, b, c], axis=1)
    return start + row[inside] * width + column[inside], shown[of], share


def _lit(vertices: np.ndarray, faces: np.ndarray, colours: np.ndarray, camera: Camera) -> np.ndarray:
    """Colours (V,3) under the light of `raster`, darker at the rim."""
    normal = vertex_normals(vertices, faces) @ camera.axes.T.astype(np.float32)
    towards = (camera.position - vertices) @ camera.axes.T
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    lit, facing = normal @ raster.LIGHT, np.einsum("vi,vi->v", normal, towards)
    shade = 0.52 + 0.50 * np.maximum(lit, 0) + 0.10 * np.minimum(lit, 0)
    shade *= RIM + (1 - RIM) * np.clip(1.8 * facing, 0, 1)
    gloss = np.maximum(lit - 0.82, 0) * 120
    return (shade[:, None] * colours + gloss[:, None]).astype(np.float32)


def vertex_normals(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals (V,3) of a mesh, each the mean of its triangles' weighted by their areas."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    total = np.stack(
        [np.bincount(faces.ravel(), np.repeat(axis, 3), len(vertices)) for axis in normal.T], axis=1
    )
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
