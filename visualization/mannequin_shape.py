"""The mannequin's surface at rest: smooth union of rounded cones and ellipsoids, turned into a mesh.

Shapes are placed between the rest joints; those of limbs are given for the left side and mirrored. The mesh comes
from surface nets (one vertex per grid cell that the surface crosses) whose vertices are then moved onto the surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from visualization.body import LEFT, MIDDLE, RIGHT, SKIN

CELL = 0.015  # metres
SIDE = "side"  # colour of a limb: left or right
SOLE = 0.03  # metres from the toe joint down to the floor

Point = tuple[
    str, str, float, tuple[float, float, float]
]  # joints a and b, share of the way, offset: see `_place`


@dataclass(frozen=True)
class Shape:
    """A rounded cone from a to b (radii, one per end), or an ellipsoid at a (three radii, b None).

    bone: without its side. colour: 0..255 or SIDE. blend: metres over which it melts into what was there before.
    """

    bone: str
    colour: tuple[int, int, int] | str
    radii: tuple[float, ...]
    a: Point
    b: Point | None = None
    blend: float = 0.03


def _on(joint: str, x: float = 0, y: float = 0, z: float = 0) -> Point:
    return (joint, joint, 0.0, (x, y, z))


def _along(first: str, second: str, share: float, x: float = 0, y: float = 0, z: float = 0) -> Point:
    return (first, second, share, (x, y, z))


_thigh, _shin = partial(_along, "hip", "knee"), partial(_along, "knee", "ankle")
_upper_arm, _forearm = partial(_along, "shoulder", "elbow"), partial(_along, "elbow", "wrist")

TRUNK = (
    Shape("pelvis", MIDDLE, (0.150, 0.100, 0.102), _on("pelvis", y=-0.015, z=-0.008)),
    Shape("abdomen", MIDDLE, (0.126, 0.150, 0.092), _on("pelvis", y=0.125, z=0.004), blend=0.06),
    Shape("chest", MIDDLE, (0.156, 0.175, 0.098), _on("chest", y=0.035, z=0.006), blend=0.08),
    Shape("chest", MIDDLE, (0.085, 0.060, 0.062), _on("neck", y=-0.025, z=-0.018), blend=0.06),
    Shape("head", SKIN, (0.058, 0.050), _on("neck", y=-0.015, z=-0.008), _on("head", y=0.015, z=0.0), 0.035),
    Shape("head", SKIN, (0.077, 0.106, 0.094), _on("head", y=0.088, z=0.012), blend=0.03),
    Shape("head", SKIN, (0.052, 0.070, 0.058), _on("head", y=0.032, z=0.046), blend=0.04),
    Shape("head", SKIN, (0.011, 0.014), _on("head", y=0.086, z=0.102), _on("head", y=0.058, z=0.112), 0.02),
)
LIMB_SHAPES = (
    Shape("pelvis", MIDDLE, (0.084, 0.085, 0.074), _on("hip", x=-0.008, y=-0.01, z=-0.040), blend=0.05),
    Shape("thigh", SIDE, (0.088, 0.056), _on("hip", x=0.018, y=-0.02), _thigh(0.97), 0.035),
    Shape("thigh", SIDE, (0.066, 0.050), _thigh(0.2, x=0.024, z=0.02), _thigh(0.8, z=0.01), 0.04),
    Shape("shin", SIDE, (0.053, 0.036), _on("knee", z=0.004), _shin(0.97), 0.03),
    Shape("shin", SIDE, (0.048, 0.040), _shin(0.16, z=-0.018), _shin(0.45, z=-0.014), 0.04),
    Shape("foot", SIDE, (0.037, 0.034), _on("ankle"), _on("ankle", y=-0.075, z=-0.035), 0.03),
    Shape("foot", SIDE, (0.037, 0.030), _on("ankle", y=-0.015), _on("toe", x=0.008), 0.03),
    Shape("foot", SIDE, (0.032, 0.030), _on("ankle", y=-0.08, z=-0.02), _on("toe", x=-0.012), 0.03),
    Shape("toes", SIDE, (0.030, 0.022), _on("toe", x=-0.014), _on("toe", x=-0.010, y=-0.006, z=0.058), 0.02),
    Shape("toes", SIDE, (0.029, 0.020), _on("toe", x=0.014), _on("toe", x=0.016, y=-0.008, z=0.044), 0.02),
    Shape("collar", MIDDLE, (0.052, 0.058), _on("neck", 0.035, -0.045, -0.022), _on("shoulder", -0.012, 0.004), 0.05),
    Shape("collar", MIDDLE, (0.078, 0.062, 0.040), _on("shoulder", x=-0.085, y=-0.055, z=0.070), blend=0.08),
    Shape("upper_arm", SIDE, (0.062, 0.054), _on("shoulder", x=0.004, y=-0.004), _upper_arm(0.35), 0.04),
    Shape("upper_arm", SIDE, (0.052, 0.040), _upper_arm(0.3), _on("elbow"), 0.03),
    Shape("forearm", SIDE, (0.040, 0.043), _on("elbow"), _forearm(0.25), 0.02),
    Shape("forearm", SIDE, (0.043, 0.029), _forearm(0.25), _forearm(0.98), 0.03),
    Shape("forearm", SKIN, (0.023, 0.020), _forearm(1.0, z=0.002), _forearm(1.32, z=0.018), 0.03),
    Shape("forearm", SKIN, (0.022, 0.019), _forearm(1.0, z=-0.002), _forearm(1.30, z=-0.020), 0.03),
    Shape("forearm", SKIN, (0.019, 0.013), _forearm(1.28, z=0.012), _forearm(1.60, z=0.010), 0.03),
    Shape("forearm", SKIN, (0.019, 0.013), _forearm(1.26, z=-0.014), _forearm(1.55, z=-0.008), 0.03),
    Shape("forearm", SKIN, (0.016, 0.012), _forearm(1.10, z=0.014), _forearm(1.30, z=0.050), 0.02),
)  # fmt: skip
PRIMITIVES = TRUNK + LIMB_SHAPES


@dataclass(frozen=True)
class Surface:
    """The mesh, and the distance (V,) of each vertex to the shapes of each bone."""

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    colours: np.ndarray
    shade: np.ndarray
    distances: dict[str, np.ndarray]


def build_surface(rest: dict[str, np.ndarray], cell: float = CELL) -> Surface:
    """Mesh of the mannequin whose joints stand at `rest` (by role: "pelvis", "left_knee", ...)."""
    low, high = (f(list(rest.values()), axis=0) for f in (np.min, np.max))
    low, high = low - (0.2, 0.06, 0.2), high + (0.2, 0.25, 0.2)
    count = np.ceil((high - low) / cell).astype(int)
    count[0] = count[0] // 2 * 2 + 1  # a plane of symmetry at x = 0
    x = (np.arange(count[0]) - count[0] // 2) * cell
    y, z = (low[i] + np.arange(count[i]) * cell for i in (1, 2))
    half = np.stack(np.meshgrid(x[count[0] // 2 :], y, z, indexing="ij"), axis=-1)
    field = _field_near_surface(half, rest, cell)
    field = np.concatenate([field[:0:-1], field])
    vertices, faces = _surface_nets(field)
    vertices = vertices * cell + np.array([x[0], y[0], z[0]])
    for _ in range(2):  # onto the surface; the floor's edge has no gradient to trust, so steps are short
        step = _field(vertices, rest)[:, None] * _gradient(vertices, rest)
        vertices = vertices - np.clip(step, -cell / 2, cell / 2)
    normals = _gradient(vertices, rest)
    shade = np.ones(len(vertices))
    for reach, strength in ((0.02, 0.25), (0.05, 0.3), (0.10, 0.35)):
        open_space = np.clip(_field(vertices + reach * normals, rest) / reach, 0, 1)
        shade -= strength * (1 - open_space)
    distances, colours = _by_bone(vertices, rest)
    return Surface(vertices, normals, faces, colours, np.clip(shade, 0, 1), distances)


def _place(point: Point, rest: dict[str, np.ndarray]) -> np.ndarray:
    first, second, share, offset = point
    a, b = (rest[joint if joint in rest else f"left_{joint}"] for joint in (first, second))
    return a + share * (b - a) + np.array(offset)


def _distance(shape: Shape, points: np.ndarray, rest: dict[str, np.ndarray]) -> np.ndarray:
    """Signed distance (N,) of points (N,3) to a shape (of the left side, where it has one)."""
    offset = points - _place(shape.a, rest)
    radii = np.array(shape.radii)
    if shape.b is None:
        k0 = np.linalg.norm(offset / radii, axis=-1)
        k1 = np.linalg.norm(offset / radii**2, axis=-1)
        return k0 * (k0 - 1) / np.maximum(k1, 1e-9)
    way = _place(shape.b, rest) - _place(shape.a, rest)
    along = np.clip(offset @ way / (way @ way), 0, 1)
    return np.linalg.norm(offset - along[:, None] * way, axis=-1) - (radii[0] + along * (radii[1] - radii[0]))


def _field(points: np.ndarray, rest: dict[str, np.ndarray]) -> np.ndarray:
    """Signed distance (N,) to the whole body."""
    mirrored = points.copy()
    mirrored[:, 0] = np.sqrt(points[:, 0] ** 2 + 0.012**2)  # a smooth |x|: the legs meet without a crease
    total = np.full(len(points), 1.0)
    for shape in PRIMITIVES:
        d = _distance(shape, points if shape in TRUNK else mirrored, rest)
        h = np.maximum(shape.blend - np.abs(total - d), 0) / shape.blend
        total = np.minimum(total, d) - h * h * shape.blend / 4
    floor = rest["left_toe"][1] - SOLE
    under = floor - points[:, 1]  # flat soles
    h = np.maximum(0.012 - np.abs(total - under), 0) / 0.012
    return np.maximum(total, under) + h * h * 0.003


def _field_near_surface(
    grid: np.ndarray, rest: dict[str, np.ndarray], cell: float, block: int = 4
) -> np.ndarray:
    """`_field` on grid (X,Y,Z,3) where the surface may be; elsewhere the value of a point `block` cells near."""
    coarse = grid[::block, ::block, ::block]
    rough = _field(coarse.reshape(-1, 3), rest).reshape(coarse.shape[:3])
    for axis in range(3):
        rough = np.repeat(rough, block, axis)
    field = rough[: grid.shape[0], : grid.shape[1], : grid.shape[2]].copy()
    # Ellipsoids know distances only roughly, hence the factor on the diagonal of a block.
    near = np.abs(field) < 1.4 * block * cell * 3**0.5
    field[near] = _field(grid[near], rest)
    return field


def _gradient(points: np.ndarray, rest: dict[str, np.ndarray], step: float = 1e-3) -> np.ndarray:
    offsets = step * np.eye(3)
    gradient = np.stack([_field(points + o, rest) - _field(points - o, rest) for o in offsets], axis=-1)
    return gradient / np.maximum(np.linalg.norm(gradient, axis=-1, keepdims=True), 1e-9)


def _by_bone(points: np.ndarray, rest: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Distances (V,) to each bone's shapes, and colours (V,3): those of the nearest shapes."""
    distances: dict[str, np.ndarray] = {}
    total, colours = np.zeros(len(points)), np.zeros((len(points), 3))
    nearest = None
    rows = []
    for shape in PRIMITIVES:
        sides = (("", 1, None),) if shape in TRUNK else (("left_", 1, LEFT), ("right_", -1, RIGHT))
        for prefix, sign, side_colour in sides:
            d = _distance(shape, points * (sign, 1, 1), rest)
            bone = shape.bone if shape.bone in ("pelvis", "abdomen", "chest", "head") else prefix + shape.bone
            distances[bone] = np.minimum(distances.get(bone, np.inf), d)
            rows.append((d, side_colour if shape.colour == SIDE else shape.colour))
    nearest = np.min([d for d, _ in rows], axis=0)
    for d, colour in rows:
        weight = np.exp(-(d - nearest) / 0.004)
        total += weight
        colours += weight[:, None] * np.array(colour)
    return distances, (colours / total[:, None]).round().astype(np.uint8)


def _surface_nets(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mesh of the zero level of field (X,Y,Z), negative inside: vertices (V,3) in cells, faces (F,3)."""
    inside = field < 0
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    shape = np.array(field.shape) - 1

    def corner(array: np.ndarray, c: tuple[int, int, int]) -> np.ndarray:
        return array[tuple(slice(o, o + n) for o, n in zip(c, shape, strict=True))]

    count = np.sum([corner(inside, c) for c in corners], axis=0)
    mixed = (count > 0) & (count < 8)
    index = np.full(mixed.shape, -1)
    index[mixed] = np.arange(mixed.sum())
    sums, crossings = np.zeros((mixed.sum(), 3)), np.zeros(mixed.sum())
    for a in corners:
        for axis in range(3):
            if a[axis]:
                continue
            b = (a[0] or int(axis == 0), a[1] or int(axis == 1), a[2] or int(axis == 2))
            fa, fb = corner(field, a)[mixed], corner(field, b)[mixed]
            cross = (fa < 0) != (fb < 0)
            share = np.where(cross, fa / np.where(cross, fa - fb, 1), 0)
            at = np.array(a) + share[:, None] * np.eye(3)[axis]
            sums += cross[:, None] * at
            crossings += cross
    vertices = np.argwhere(mixed) + sums / crossings[:, None]
    faces = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        lower = np.moveaxis(inside, (axis, u, v), (0, 1, 2))
        cells = np.moveaxis(index, (axis, u, v), (0, 1, 2))
        cross = lower[:-1, 1:-1, 1:-1] != lower[1:, 1:-1, 1:-1]
        i, j, k = np.nonzero(cross)
        ring = np.stack(
            [cells[i, j, k], cells[i, j + 1, k], cells[i, j + 1, k + 1], cells[i, j, k + 1]], axis=1
        )
        outward = lower[:-1, 1:-1, 1:-1][cross]  # inside below: the face looks along +axis
        ring = np.where(outward[:, None], ring, ring[:, ::-1])
        faces += [ring[:, [0, 1, 2]], ring[:, [0, 2, 3]]]
    return vertices, np.concatenate(faces)
