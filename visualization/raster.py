"""Fast drawing in numpy: shaded capsules with soft depth, floor marks, soft shadow, text.

Everything is anti-aliased analytically from distances, inside the bounding box of each shape; a frame of one
person takes a few milliseconds at 854x480.
"""

import numpy as np
from PIL import Image, ImageDraw

from visualization import lettering
from visualization.camera import Camera

SKY_TOP, SKY_LOW = np.array([226.0, 231.0, 238.0]), np.array([243.0, 245.0, 248.0])
FLOOR, LINE = np.array([232.0, 234.0, 237.0]), np.array([197.0, 202.0, 209.0])
LIGHT = np.array([-0.45, 0.72, 0.53], np.float32)  # in camera axes: from the upper left, towards the viewer
SHADOW_TILT = np.array([0.10, -0.14], np.float32)  # floor metres (X,Z) the shadow moves per metre of height
LINE_HEIGHT = 1.32  # of text, in font sizes
SHADOW_STEP = 6  # pixels; the shadow is soft, so a coarse raster is enough


def background(camera: Camera, floor_height: float) -> np.ndarray:
    """Sky and a one-metre floor grid in perspective, (h,w,3) float32 in 0..255."""
    w, h = camera.size
    floor, distance = camera.floor_map(floor_height)
    t = np.linspace(0, 1, h)[:, None, None]
    image = np.broadcast_to(SKY_TOP + (SKY_LOW - SKY_TOP) * t, (h, w, 3)).copy()
    visible = np.isfinite(distance)
    reach = np.where(visible, distance, 0.0)
    pixel = np.maximum(reach / camera.focal, 1e-6)  # metres on the floor per pixel, across the view
    lines = np.zeros((h, w))
    for size, strength, width in ((1.0, 1.0, 0.011), (0.5, 0.35, 0.007)):
        for axis in (0, 1):
            gap = np.abs(floor[..., axis] / size - np.round(floor[..., axis] / size)) * size
            footprint = np.maximum(pixel, 2.1 * pixel)
            cover = np.clip((width - gap) / footprint + 0.5, 0, 1) * np.clip(width / footprint, 0.25, 1)
            lines = np.maximum(lines, strength * cover)
    fade = np.where(visible, np.exp(-((reach / (3.5 * np.median(reach[h // 2 :]) + 1e-6)) ** 2)), 0.0)[
        ..., None
    ]
    ground = FLOOR + (LINE - FLOOR) * lines[..., None]
    return (image + (ground - image) * fade).astype(np.float32)


Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, the last two exclusive


def union(*boxes: Box | None) -> Box | None:
    """Smallest box that holds the given ones; None where there is none."""
    given = [box for box in boxes if box is not None]
    if not given:
        return None
    left, top, right, bottom = zip(*given, strict=True)
    return min(left), min(top), max(right), max(bottom)


def inside(box: Box) -> tuple[slice, slice]:
    """Index of a box into an image."""
    return slice(box[1], box[3]), slice(box[0], box[2])


def _box(low: np.ndarray, high: np.ndarray, size: tuple[int, int]) -> Box | None:
    x0, y0 = np.maximum(np.floor(low).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(high).astype(int) + 1, size)
    return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None


def draw_capsules(
    image: np.ndarray, camera: Camera, ends: np.ndarray, radii: np.ndarray, colours: np.ndarray
) -> Box | None:
    """Draw shaded capsules into `image` (h,w,3) float32 in place; returns the box that changed.

    ends (N,2,3) world points, radii (N,2) metres, colours (N,3). Capsules occlude each other by a depth per
    pixel, with a soft comparison so that limbs meet smoothly.
    """
    pixels, depth = camera.project(ends)
    scale = camera.focal / depth
    r = radii * scale
    box = _box((pixels - r[..., None]).min((0, 1)) - 2, (pixels + r[..., None]).max((0, 1)) + 2, camera.size)
    if box is None:
        return None
    left, top, right, bottom = box
    view = image[top:bottom, left:right]
    nearest = np.full(view.shape[:2], np.inf, np.float32)
    for i in np.argsort(-depth.mean(1)):  # far to near
        low, high = (pixels[i] - r[i, :, None]).min(0) - 1, (pixels[i] + r[i, :, None]).max(0) + 1
        part = _box(low, high, camera.size)
        if part is None:
            continue
        x0, y0, x1, y1 = part
        where = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
        _capsule(view[where], nearest[where], (x0, y0), pixels[i], depth[i], r[i], radii[i], colours[i])
    return box


def _capsule(view, nearest, origin, ends, depth, r, metres, colour) -> None:
    """One capsule into its window: `ends` (2,2) pixels, `r` (2,) pixels, `metres` (2,), `depth` (2,)."""
    h, w = nearest.shape
    x = np.arange(origin[0], origin[0] + w, dtype=np.float32)[None] + np.float32(0.5) - ends[0, 0]
    y = np.arange(origin[1], origin[1] + h, dtype=np.float32)[:, None] + np.float32(0.5) - ends[0, 1]
    ax, ay = ends[1] - ends[0]
    along = np.clip((x * ax + y * ay) / max(ax * ax + ay * ay, np.float32(1e-6)), 0, 1)
    dx, dy = x - along * ax, y - along * ay
    radius = r[0] + along * (r[1] - r[0])
    distance = np.sqrt(dx * dx + dy * dy)
    cover = np.clip(radius - distance + np.float32(0.5), 0, 1)
    inverse = 1 / radius
    bulge = np.sqrt(np.maximum(1 - (distance * inverse) ** 2, 0))
    surface = depth[0] + along * (depth[1] - depth[0]) - bulge * (metres[0] + along * (metres[1] - metres[0]))
    cover *= np.clip((nearest - surface) * np.float32(60) + np.float32(0.5), 0, 1)
    lit = (dx * LIGHT[0] - dy * LIGHT[1]) * inverse + bulge * LIGHT[2]
    shade = np.float32(0.52) + np.float32(0.50) * np.maximum(lit, 0) + np.float32(0.10) * np.minimum(lit, 0)
    shade *= np.float32(0.72) + np.float32(0.28) * np.minimum(
        bulge * np.float32(1.8), 1
    )  # darker rim: outline
    gloss = np.maximum(lit - np.float32(0.82), 0) * np.float32(160)
    paint = shade[..., None] * colour + gloss[..., None]
    view += cover[..., None] * (paint - view)
    np.copyto(nearest, surface, where=(cover > 0.5) & (surface < nearest))


def draw_shadow(image: np.ndarray, floor: np.ndarray, ends: np.ndarray, strength: float = 0.5) -> Box | None:
    """Darken `image` (h,w,3) float32 in place under capsules, softer and fainter the higher they are.

    floor (h/SHADOW_STEP,w/SHADOW_STEP,2): coarse floor map. ends (N,2,3) with Y measured from the floor. Returns
    the box that changed.
    """
    height = np.maximum(ends[..., 1], 0)
    a, b = (ends[:, i][:, [0, 2]] + height[:, i, None] * SHADOW_TILT for i in (0, 1))
    mid = height.mean(1)
    sigma = 0.055 + 0.16 * mid
    weight = strength / (1 + 2.2 * mid) ** 2
    reach = 2.5 * sigma.max()
    low, high = np.minimum(a, b).min(0) - reach, np.maximum(a, b).max(0) + reach
    x, z = floor[..., 0], floor[..., 1]
    within = (x > low[0]) & (x < high[0]) & (z > low[1]) & (z < high[1])
    rows, columns = np.flatnonzero(within.any(1)), np.flatnonzero(within.any(0))
    if not len(rows) or not len(columns):
        return None
    y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    spots = floor[y0:y1, x0:x1].reshape(-1, 2)
    # One matrix product each for the place along a capsule and the squared distance from its first end.
    way = b - a
    length2 = np.maximum((way * way).sum(-1), 1e-6)
    along = np.clip((way @ spots.T - (a * way).sum(-1)[:, None]) / length2[:, None], 0, 1)
    gap2 = (x[y0:y1, x0:x1].ravel() - a[:, :1] - along * way[:, :1]) ** 2
    gap2 += (z[y0:y1, x0:x1].ravel() - a[:, 1:] - along * way[:, 1:]) ** 2
    gap2 *= (-0.5 / sigma**2)[:, None]
    dark = 1 - np.prod(1 - weight[:, None] * np.exp(gap2), axis=0).reshape(y1 - y0, x1 - x0)
    # Resizing after the product keeps the border at zero: `reach` is 2.5 sigma.
    mask = Image.fromarray((dark * 255).astype(np.uint8))
    mask = mask.resize(((x1 - x0) * SHADOW_STEP, (y1 - y0) * SHADOW_STEP), Image.Resampling.BILINEAR)
    view = image[y0 * SHADOW_STEP : y1 * SHADOW_STEP, x0 * SHADOW_STEP : x1 * SHADOW_STEP]
    view *= 1 - np.asarray(mask, np.float32)[: view.shape[0], : view.shape[1], None] / 255
    left, top = int(x0) * SHADOW_STEP, int(y0) * SHADOW_STEP
    return left, top, left + view.shape[1], top + view.shape[0]


def draw_floor_line(
    image: np.ndarray,
    camera: Camera,
    floor: np.ndarray,
    ends: np.ndarray,
    width: float,
    colour: tuple[int, int, int],
    opacity: float,
) -> Box | None:
    """Draw a flat stripe of `width` metres on the floor between two world points ends (2,3), in place.

    Returns the box that changed.
    """
    pixels, depth = camera.project(ends)
    margin = width * camera.focal / depth.min() + 2
    box = _box(pixels.min(0) - margin, pixels.max(0) + margin, camera.size)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    spots = floor[y0:y1, x0:x1]
    a, b = ends[:, [0, 2]].astype(np.float32)
    way = b - a
    along = np.clip((spots - a) @ way / max(way @ way, 1e-8), 0, 1)
    gap = np.linalg.norm(spots - a - along[..., None] * way, axis=-1)
    pixel = depth.mean() / camera.focal
    cover = np.clip((width / 2 - gap) / (1.6 * pixel) + 0.5, 0, 1) * opacity
    view = image[y0:y1, x0:x1]
    view += cover[..., None] * (np.asarray(colour, np.float32) - view)
    return box


def draw_text(image: np.ndarray, lines: list[str], at: tuple[int, int], size: int, **style) -> None:
    """Write lines into `image` (h,w,3) float32 in place.

    at: (x, y) of the block's top; style: align "left"|"center"|"right" about x, colour, bold.
    """
    bold = style.get("bold", False)
    widths = [lettering.length(line, size, bold) for line in lines]
    step = round(size * LINE_HEIGHT)
    width = max(map(round, widths), default=0) + 12
    height = step * len(lines) + 6
    align = style.get("align", "left")
    x = at[0] - {"left": 0, "center": width // 2, "right": width}[align]
    x, y = max(min(x, image.shape[1] - width), 0), max(min(at[1], image.shape[0] - height), 0)
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    for i, (line, long) in enumerate(zip(lines, widths, strict=True)):
        offset = 6 if align == "left" else (width - long) / 2 if align == "center" else width - long - 6
        for part, face in lettering.runs(line, size, bold):
            # On one base line, since fonts differ in how far they reach up.
            base = 2 + i * step + lettering.face(str(lettering.carried_font(bold)), size).getmetrics()[0]
            pen.text((offset, base), part, fill=255, font=face, anchor="ls")
            offset += face.getlength(part)
    view = image[y : y + height, x : x + width]
    cover = np.asarray(mask, np.float32)[: view.shape[0], : view.shape[1], None] / 255
    view += cover * (np.asarray(style.get("colour", (45, 50, 58)), np.float32) - view)
