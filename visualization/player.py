"""A self-contained HTML player: one file that works offline, in any browser, with nothing to install.

    write_html("walk.html", [PlayerClip({"motion": joints}, fps=20, pose_codes=codes, pose_frame="heading")])
    write_html("compare.html", [PlayerClip.load("a.npz"), PlayerClip.load("b.npz")])      # side by side

Orbit, scrub, speed, body or sticks, residual codes on or off where a clip has both variants, and what the pose codes
say about the moment shown. ``#t=1.5&variant=1&look=sticks`` behind the address opens a moment; see player_app.js.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dataset.motion_clip import MotionClip
from dataset.pose_codes import GROUPS, frames_per_step, from_khot, names
from utils.runtime import UserError, atomic_write
from visualization.body import LEFT, RIGHT, find_contacts
from visualization.describe import describe_spans
from visualization.mannequin import SIDES, SkinnedBody, bone_transforms, joints_by_role, mannequin, rest_bones
from visualization.scene import SOLE, TRAIL, check_joints
from visualization.sticks import segments, sticks

WITH_RESIDUALS, CODES_ALONE = "with residuals", "pose codes alone"
ASSETS = Path(__file__).parent
TRAIL_STEP = 0.04  # metres between marks of the path


@dataclass(frozen=True)
class PlayerClip:
    """One panel of the player.

    variants: name -> joints (T,J,3), J = 22 or 21, in the order of the switch. pose_codes (L,70) or (L,392), or
    None: nothing is said about the moment. pose_frame: how they were measured, "heading" or "world"; codes need it.
    steps_per_second: rate of the pose codes; None: found from the lengths. sentences: of a sequence, each with start
    and end in seconds; the panel shows the one whose turn it is.
    """

    variants: Mapping[str, np.ndarray]
    fps: float
    title: str = ""
    pose_codes: np.ndarray | None = None
    pose_frame: str | None = None
    steps_per_second: float | None = None
    sentences: Sequence[tuple[str, float, float]] = ()

    @classmethod
    def from_motion(cls, clip: MotionClip, alone: np.ndarray | None = None) -> PlayerClip:
        """A generated clip; alone: joints (T,J,3) of its pose codes decoded without residual codes."""
        first = CODES_ALONE if clip.residual_codes is None else WITH_RESIDUALS
        variants = {first: clip.joints} | ({} if alone is None else {CODES_ALONE: alone})
        rate = clip.steps_per_second
        return cls(variants, clip.fps, clip.text, clip.pose_codes, clip.pose_frame, rate, clip.segments)

    @classmethod
    def load(cls, path: str | Path) -> PlayerClip:
        """A motion file (npz) as generate.py writes it; UserError where it isn't one."""
        clip = MotionClip.load(path)
        return replace(cls.from_motion(clip), variants={"motion": clip.joints})


def write_html(
    path: str | Path,
    clips: Sequence[PlayerClip],
    title: str | None = None,
    body: SkinnedBody | None = None,
    sticks_first: bool = False,
) -> Path:
    """Write the player of one clip or several side by side.

    title: headline; None: the clips' common sentence, if they have one. body: None: the free mannequin; or one of
    `visualization.smpl_body.load_smpl`. sticks_first: opens with sticks. The file appears only when complete.
    Returns its path. Raises UserError for joints or pose codes that can't be shown.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{path}: players end in .html")
    clips = list(clips)
    if not clips:
        raise UserError("nothing to play: the list of clips is empty")
    body = mannequin() if body is None else body
    shared = {clip.title for clip in clips}
    if title is None:
        title = shared.pop() if len(shared) == 1 else ""
    data = body_data(body) | {
        "title": title,
        "look": "sticks" if sticks_first else "body",
        "codeTexts": [[names.label(group, c) for c in range(group.size)] for group in GROUPS],
        "clips": [clip_data(clip, body.rest, clip.title if clip.title != title else "") for clip in clips],
    }
    with atomic_write(path) as temporary:
        Path(temporary).write_text(_page(title or "Motion player", data), encoding="utf-8")
    return path


def body_data(body: SkinnedBody) -> dict:
    """What player_render.js and player_canvas.js draw a body from, as JSON: the same for all motions."""
    return {
        "floor": -SOLE,
        "looks": {"body": _mesh(body), "sticks": _mesh(sticks(body.rest))},
        "bones": [row.tolist() for row in rest_bones(body.rest)],
        "segments": segments(body.rest),
    }


def _page(title: str, data: dict) -> str:
    """The template with scripts and data filled in."""
    page = (ASSETS / "player_template.html").read_text(encoding="utf-8")
    # "<" inside a string of JSON may be written as an escape; so no text can close the script element.
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    parts = {"TITLE": html.escape(title), "DATA": text}
    for key, name in (
        ("RENDER", "player_render.js"),
        ("CANVAS", "player_canvas.js"),
        ("MOTION", "player_motion.js"),
        ("APP", "player_app.js"),
    ):
        parts[key] = (ASSETS / name).read_text(encoding="utf-8")
    before, *rest = page.split("{{")
    return before + "".join(parts[key] + after for key, after in (piece.split("}}", 1) for piece in rest))


def clip_data(clip: PlayerClip, rest: dict[str, np.ndarray], title: str) -> dict:
    """What player_motion.js plays, as JSON: the clip's variants on a body (its rest pose), what is said of it, codes.

    Raises UserError for joints or pose codes that can't be shown.
    """
    if not clip.variants:
        raise UserError(f"clip {clip.title!r}: has no joints to show")
    if not clip.fps > 0:
        raise UserError(f"fps {clip.fps}: must be positive")
    variants = [_variant(name, joints, clip.fps, rest) for name, joints in clip.variants.items()]
    out = {
        "title": title,
        "fps": clip.fps,
        "frames": max(v["frames"] for v in variants),
        "variants": variants,
        "sentences": [{"says": says, "begin": begin, "end": end} for says, begin, end in clip.sentences],
    }
    if clip.pose_codes is not None and len(clip.pose_codes):
        if clip.pose_frame is None:
            raise UserError(
                f'clip {clip.title!r}: say how its pose codes were measured: pose_frame="heading" or "world"'
            )
        codes = np.asarray(clip.pose_codes)
        rate = clip.steps_per_second or clip.fps / frames_per_step(out["frames"], len(codes))
        spans = describe_spans(codes, rate, frame=clip.pose_frame)
        if codes.shape[1] != len(GROUPS):
            codes = from_khot(codes)
        out |= {
            "stepsPerSecond": rate,
            "codes": {"shape": list(codes.shape), "uint8": _base64(codes.astype(np.uint8))},
            "spans": [{"begin": s.begin, "end": s.end, "says": list(s.statements)} for s in spans],
        }
    return out


def _variant(name: str, joints: np.ndarray, fps: float, rest: dict[str, np.ndarray]) -> dict:
    joints = np.asarray(joints.detach().cpu() if hasattr(joints, "detach") else joints)
    joints = check_joints(joints, name)
    bones = bone_transforms(joints, rest)
    return {
        "name": name,
        "frames": len(joints),
        "scale": bones.scale,
        "origin": _packed(bones.origin),
        "turn": _packed(bones.turn),
        "stretch": _packed(bones.stretch),
        "marks": _marks(joints, fps),
    }


def _marks(joints: np.ndarray, fps: float) -> list[list[float]]:
    """What the motion leaves on the floor: [second, x, z, x, z, width, red, green, blue] per mark.

    The way of the pelvis, and a print wherever a foot is set down.
    """
    at = joints_by_role(joints)
    marks, last = [], 0
    way = at["pelvis"][:, [0, 2]]
    for frame in range(1, len(way)):
        if np.linalg.norm(way[frame] - way[last]) >= TRAIL_STEP:
            marks.append([frame / fps, *way[last], *way[frame], 0.02, *TRAIL])
            last = frame
    contacts = find_contacts(joints, fps)
    landed = contacts & ~np.concatenate([np.zeros((1, 2), bool), contacts[:-1]])
    for frame, side in np.argwhere(landed):
        ankle, toe = (at[f"{SIDES[side]}_{j}"][frame, [0, 2]] for j in ("ankle", "toe"))
        end = toe + 0.35 * (toe - ankle)
        marks.append([frame / fps, *ankle, *end, 0.085, *(LEFT, RIGHT)[side]])
    return [[round(float(v), 3) for v in mark] for mark in marks]


def _mesh(body: SkinnedBody) -> dict:
    return {
        "vertices": _packed(body.vertices),
        "normals": _packed(body.normals),
        "colours": {"shape": list(body.colours.shape), "uint8": _base64(body.colours.astype(np.uint8))},
        "shade": {"shape": [len(body.shade)], "uint8": _base64((body.shade * 255).round().astype(np.uint8))},
        "bones": {"shape": list(body.bones.shape), "uint8": _base64(body.bones.astype(np.uint8))},
        "weights": {
            "shape": list(body.weights.shape),
            "uint8": _base64((body.weights * 255).round().astype(np.uint8)),
        },
        "faces": {"shape": list(body.faces.shape), "uint16": _base64(body.faces.astype("<u2"))},
    }


def _packed(array: np.ndarray) -> dict:
    """A float array as 16-bit integers and what one of them is worth; 10 m come out within 0.2 mm."""
    scale = max(float(np.abs(array).max()), 1e-6) / 32767
    return {
        "shape": list(array.shape),
        "scale": scale,
        "int16": _base64((array / scale).round().astype("<i2")),
    }


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
