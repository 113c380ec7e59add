"""Pose codes as short English: what the body does, span by span (docs/method.md section 2).

    describe(codes, frame="heading")        "0.0-1.2 s: left hand above the shoulder; left elbow bent to 90-100 degrees"
    describe_table(codes)  every group's categories with their times, for files

What is usual is left out: hanging arms, straight joints, feet on the ground, an upright back. Directions
are the person's own. In the heading frame they always hold; in the world frame "left" and "in front" mean the
left and front of someone who faces +z, as every clip does at its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dataset.pose_codes import GROUP_SIZES, GROUPS, NUM_CODES, NUM_GROUPS, Group, from_khot, names
from utils.runtime import UserError

MIN_SPAN = 0.6  # seconds; shorter spans join a neighbour
STRIDE = 0.8  # seconds before and after a moment in which a walker changes feet
UPRIGHT = "standing upright, arms down"
WORLD_NOTE = "(left, right, front and back are those of the clip's first facing direction)"

# Categories of relX and relZ by meaning; the published words say the opposite (dataset/pose_codes/names.py).
TO_THE_LEFT, TO_THE_RIGHT = 0, 2
IN_FRONT, BEHIND = 0, 2
BELOW, LEVEL, ABOVE = 0, 1, 2
HORIZONTAL = 2


@dataclass(frozen=True)
class Span:
    """Steps start..stop-1 (times in seconds from begin to end) and what is said about them."""

    start: int
    stop: int
    begin: float
    end: float
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.begin:.1f}-{self.end:.1f} s: {'; '.join(self.statements)}"


@dataclass(frozen=True)
class _Topic:
    """One thing that may be said. states: a small integer per step, 0 = not worth saying.

    say: (state, codes of the span (n,70)) -> text; sides: 0 left, 1 right, None neither.
    """

    name: str
    states: np.ndarray
    say: Callable[[int, np.ndarray], str]
    side: int | None = None


def describe(
    pose_codes: np.ndarray, fps_of_steps: float = 5.0, *, frame: str, max_statements: int = 6
) -> str:
    """English of pose codes (L,70) or (L,392), one line per span of time.

    fps_of_steps: steps per second (5 for the models' latent steps of HumanML3D, 20 for frames). frame: how
    the codes were measured, "heading" or "world". Raises UserError for anything that is not pose codes.
    """
    spans = describe_spans(pose_codes, fps_of_steps, frame=frame, max_statements=max_statements)
    lines = [str(span) for span in spans]
    return "\n".join([WORLD_NOTE, *lines] if frame == "world" else lines)


def describe_spans(
    pose_codes: np.ndarray, fps_of_steps: float = 5.0, *, frame: str, max_statements: int = 6
) -> list[Span]:
    """Like `describe`, as a list; spans are contiguous and cover all steps."""
    codes = _checked(pose_codes)
    if frame not in ("heading", "world"):
        raise UserError(f"pose frame {frame!r} is unknown: use heading or world")
    topics = _topics(codes, frame, max(round(STRIDE * fps_of_steps), 1))
    states = np.stack([topic.states for topic in topics], axis=1)
    borders = _borders(states, max(round(MIN_SPAN * fps_of_steps), 1))
    spans: list[Span] = []
    for start, stop in zip(borders[:-1], borders[1:], strict=True):
        said = _statements(topics, codes, start, stop)[:max_statements] or [UPRIGHT]
        if spans and spans[-1].statements == tuple(said):  # different only in what is not said
            start = spans.pop().start
        spans.append(Span(start, stop, start / fps_of_steps, stop / fps_of_steps, tuple(said)))
    return spans


def describe_table(pose_codes: np.ndarray, fps_of_steps: float = 5.0) -> str:
    """All 70 groups, a line each: its label and its categories with their times in seconds.

    "L-elbow angle (degrees): 160-170 at 0.0-1.0 s | 90-100 at 1.0-2.4 s"
    """

    def short(group: Group, category: int) -> str:
        text = names.meaning(group, category)
        if group.kind in ("angle", "distance"):
            text = text.removesuffix(" degrees").removesuffix(" m").replace(" to ", "-")
        return text

    codes = _checked(pose_codes)
    lines = []
    for group in GROUPS:
        column = codes[:, group.index]
        borders = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), len(column)]
        parts = [
            f"{short(group, int(column[a]))} at {a / fps_of_steps:.1f}-{b / fps_of_steps:.1f} s"
            for a, b in zip(borders[:-1], borders[1:], strict=True)
        ]
        unit = {"angle": " (degrees)", "distance": " (metres)"}.get(group.kind, "")
        lines.append(f"{group.label}{unit}: {' | '.join(parts)}")
    return "\n".join(lines)


def _checked(pose_codes: np.ndarray) -> np.ndarray:
    """Codes as (L,70) integers; UserError for other shapes, no steps, or categories that don't exist."""
    codes = np.asarray(pose_codes.detach().cpu() if hasattr(pose_codes, "detach") else pose_codes)
    if codes.ndim == 2 and codes.shape[1] == NUM_CODES:
        codes = from_khot(codes)
    if codes.ndim != 2 or codes.shape[1] != NUM_GROUPS or not len(codes):
        raise UserError(f"pose codes: expected shape (steps, {NUM_GROUPS}), got {codes.shape}")
    if (codes < 0).any() or (codes >= GROUP_SIZES).any():
        raise UserError("pose codes: a category is outside its group; pass categories, not code indices")
    return codes.astype(np.int64)


def _find(kind: str, *joints: str) -> int:
    return next(group.index for group in GROUPS if group.kind == kind and group.joints == joints)


def _topics(codes: np.ndarray, frame: str, stride: int) -> list[_Topic]:
    """Everything that may be said, the most telling first; stride: STRIDE in steps."""

    def column(kind: str, *joints: str) -> np.ndarray:
        return codes[:, _find(kind, *joints)]

    pairs: list[list[_Topic]] = [
        [
            _hand(column, side, who),
            _joint_angle(column, side, f"{who}_elbow", (f"{who}_shoulder", f"{who}_elbow", f"{who}_wrist")),
            _leg(column, side, who),
            _joint_angle(column, side, f"{who}_knee", (f"{who}_hip", f"{who}_knee", f"{who}_ankle")),
        ]
        for side, who in enumerate(("left", "right"))
    ]
    order = [topic for both in zip(*pairs, strict=True) for topic in both]
    turned = [_turned(column)] if frame == "world" else []
    return [
        *turned,
        _walking(column, stride),
        _torso(column),
        *order[:2],
        _hands_together(column),
        *order[2:],
        _stance(column),
    ]


def _hand(column, side: int, who: str) -> _Topic:
    """Height of a hand, and whether it is in front, behind, out to the side or across the body."""
    hand = f"{who}_hand"
    shoulder = column("relY", hand, f"{who}_shoulder")
    hip = column("relY", hand, f"{who}_hip")
    head = column("relY", f"{who}_wrist", "neck")
    height = np.select(
        [head == ABOVE, shoulder == ABOVE, shoulder == LEVEL, hip == ABOVE, hip == LEVEL], [5, 4, 3, 2, 1], 0
    )
    depth = column("relZ", hand, "torso")
    across = column("relX", hand, f"{who}_shoulder")
    outward = TO_THE_LEFT if side == 0 else TO_THE_RIGHT
    where = np.select(
        [depth == IN_FRONT, depth == BEHIND, across == outward, across == 2 - outward], [1, 2, 3, 4], 0
    )
    # An arm that hangs says nothing; a relaxed one hangs a little in front of the torso's middle.
    hangs = column("angle", f"{who}_shoulder", f"{who}_elbow", f"{who}_wrist") >= 13
    quiet = (height <= 1) & (np.isin(where, (0, 3)) | (hangs & (where == 1)))
    states = np.where(quiet, 0, 1 + height * 5 + where)
    heights = (
        "below the hip", "at hip height", "between hip and shoulder height", "at shoulder height",
        "above the shoulder", "at head height or above",
    )  # fmt: skip
    places = ("", ", in front of the body", ", behind the body", ", out to the side", ", across the body")

    def say(state: int, _: np.ndarray) -> str:
        return f"{who} hand {heights[(state - 1) // 5]}{places[(state - 1) % 5]}"

    return _Topic("hand", states, say, side)


def _joint_angle(column, side: int, joint: str, joints: tuple[str, str, str]) -> _Topic:
    """Bend of an elbow or knee, as the range of its angle over the span; straight ones are not mentioned."""
    angle, group = column("angle", *joints), _find("angle", *joints)
    name, side_joint = joint.replace("_", " "), joint.split("_")[1]
    straight, slight = (
        (13, 11) if side_joint == "knee" else (14, 11)
    )  # relaxed joints are not straight either
    states = np.select([angle >= straight, angle >= slight, angle >= 7], [0, 1, 2], 3)

    def say(state: int, codes: np.ndarray) -> str:
        # Quartiles: the ends of a span belong half to its neighbours.
        low, high = np.percentile(codes[:, group], (25, 75), method="nearest").astype(int)
        word = ("", "slightly bent", "bent", "sharply bent")[state]
        return f"{name} {word} to {10 * low}-{10 * (high + 1)} degrees"

    return _Topic(side_joint, states, say, side)


def _leg(column, side: int, who: str) -> _Topic:
    """A knee on the floor, a foot off it, a raised thigh, a foot up at the neck."""
    foot = column("ground", f"{who}_foot") == 1
    thigh = column("relV", f"{who}_hip", f"{who}_knee") == HORIZONTAL
    ankle = column("relY", f"{who}_ankle", "neck")
    z = column("relZ", f"{who}_foot", "torso")
    states = np.select(
        [
            ankle >= LEVEL,
            column("ground", f"{who}_knee") == 0,
            foot & thigh,
            foot & (z == IN_FRONT),
            foot & (z == BEHIND),
            foot,
            thigh,
        ],
        [7, 6, 5, 4, 3, 2, 1],
        0,
    )
    texts = (
        "", f"{who} thigh horizontal", f"{who} foot off the ground", f"{who} foot off the ground behind",
        f"{who} foot off the ground in front", f"{who} leg raised, thigh horizontal",
        f"{who} knee on the ground", f"{who} foot as high as the neck",
    )  # fmt: skip
    return _Topic("leg", states, lambda state, _: texts[state], side)


def _walking(column, stride: int) -> _Topic:
    """Feet that pass each other, there and back, within `stride` steps around."""
    left, right = (column("relZ", f"{who}_foot", "torso") for who in ("left", "right"))
    ahead = np.pad(np.sign(right - left), stride, mode="edge")  # 1 left foot ahead, -1 right foot
    around = np.lib.stride_tricks.sliding_window_view(ahead, 2 * stride + 1)
    states = ((around.max(1) > 0) & (around.min(1) < 0)).astype(int)
    return _Topic("walking", states, lambda *_: "stepping, one foot after the other")


def _torso(column) -> _Topic:
    forward = column("relZ", "neck", "pelvis")
    sideways = column("relX", "neck", "pelvis")
    lying = column("relV", "pelvis", "neck") == HORIZONTAL
    states = np.select(
        [
            lying,
            forward == IN_FRONT,
            forward == BEHIND,
            sideways == TO_THE_LEFT,
            sideways == TO_THE_RIGHT,
        ],
        [1, 2, 3, 4, 5],
        0,
    )
    texts = (
        "", "upper body horizontal", "leaning forward", "leaning back", "leaning to the left",
        "leaning to the right",
    )  # fmt: skip
    return _Topic("torso", states, lambda state, _: texts[state])


def _hands_together(column) -> _Topic:
    near = column("distance", "left_hand", "right_hand")
    states = np.where(near <= 1, 1, 0)
    return _Topic("hands", states, lambda *_: "hands together")


def _stance(column) -> _Topic:
    """Distance of the feet; whether the step is sideways or forward is said where the codes tell."""
    wide = column("distance", "left_foot", "right_foot") >= 6
    left = column("relX", "left_foot", "left_hip") == TO_THE_LEFT
    right = column("relX", "right_foot", "right_hip") == TO_THE_RIGHT
    front_left = column("relZ", "left_foot", "torso") == IN_FRONT
    front_right = column("relZ", "right_foot", "torso") == IN_FRONT
    states = np.select([wide & (left | right), wide & front_left, wide & front_right, wide], [1, 2, 3, 4], 0)
    texts = (
        "", "legs apart sideways", "long step, left foot in front", "long step, right foot in front",
        "feet far apart",
    )  # fmt: skip
    return _Topic("stance", states, lambda state, _: texts[state])


def _turned(column) -> _Topic:
    """World frame only: which way the body has turned, from the shoulders."""
    left_shoulder = column("relZ", "left_shoulder", "right_shoulder")
    states = np.select([left_shoulder == IN_FRONT, left_shoulder == BEHIND], [1, 2], 0)
    texts = ("", "body turned to the right", "body turned to the left")
    return _Topic("turned", states, lambda state, _: texts[state])


def _borders(states: np.ndarray, shortest: int) -> list[int]:
    """Borders 0..L of spans in which states (L,topics) stay about the same, none shorter than `shortest`."""
    changes = np.flatnonzero((np.diff(states, axis=0) != 0).any(1)) + 1
    borders = [0, *changes.tolist(), len(states)]
    typical = [_majority(states[a:b]) for a, b in zip(borders[:-1], borders[1:], strict=True)]
    while len(typical) > 1:
        lengths = np.diff(borders)
        # What differs least goes together first: equal spans, then short ones with their nearest neighbour.
        gaps = np.array([np.sum(a != b) for a, b in zip(typical[:-1], typical[1:], strict=True)])
        short = np.minimum(lengths[:-1], lengths[1:]) < shortest
        cost = np.where(gaps == 0, -1.0, np.where(short, gaps + 0.01 * (lengths[:-1] + lengths[1:]), np.inf))
        i = int(np.argmin(cost))
        if not np.isfinite(cost[i]):
            break
        borders.pop(i + 1)
        typical[i : i + 2] = [_majority(states[borders[i] : borders[i + 1]])]
    return borders


def _majority(states: np.ndarray) -> np.ndarray:
    """Most frequent state of each topic in states (n,topics)."""
    return np.array([np.bincount(column).argmax() for column in states.T])


def _statements(topics: Sequence[_Topic], codes: np.ndarray, start: int, stop: int) -> list[str]:
    """What the span start..stop says, both sides in one statement where they agree."""
    part = codes[start:stop]
    state = [int(np.bincount(topic.states[start:stop]).argmax()) for topic in topics]
    said: list[str] = []
    done: set[int] = set()
    for i, topic in enumerate(topics):
        if i in done or state[i] == 0:
            continue
        text = topic.say(state[i], part[topic.states[start:stop] == state[i]])
        if topic.side == 0 and i + 1 < len(topics):
            other = next(j for j in range(i + 1, len(topics)) if topics[j].name == topic.name)
            if state[other] == state[i]:
                twin = topics[other].say(state[other], part[topics[other].states[start:stop] == state[other]])
                text = _both(text, twin)
                done.add(other)
        said.append(text)
    return said


def _both(left: str, right: str) -> str:
    """ "left knee bent to 80-90 degrees" and the right one's -> "both knees bent to 80-100 degrees"."""
    part = left.split()[1]
    plural = "feet" if part == "foot" else f"{part}s"
    rest, other = (" ".join(text.split()[2:]) for text in (left, right))
    if rest != other:  # angles: say the range of both
        numbers = [int(n) for text in (rest, other) for n in text.split()[-2].split("-")]
        rest = " ".join([*rest.split()[:-2], f"{min(numbers)}-{max(numbers)} degrees"])
    return f"both {plural} {rest}".replace(" the shoulder", " the shoulders").replace(" the hip", " the hips")
