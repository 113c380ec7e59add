"""Takes made from others: sitting and staying, standing up, staying low, getting up from the floor, another pace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dataset.composing.bodies import resample, smooth
from dataset.composing.drawing import LONGEST, SHORTEST, Material, pick, weighted
from dataset.composing.floor_work import FLOOR_WORK
from dataset.composing.material import ARM_PROCEDURES, BODY_PROCEDURES, LEG_PROCEDURES, Take, perform
from dataset.composing.phrases import Doing
from utils.rotation import turn

PROCEDURES = (*BODY_PROCEDURES, *ARM_PROCEDURES, *LEG_PROCEDURES)

QUICK = ("quickly", "quickly", "fast", "at a fast pace", "rapidly", "swiftly", "hastily", "in a hurry")
SLOW = (
    "slowly",
    "slowly",
    "at a slow pace",
    "very slowly",
    "in slow motion",
    "unhurriedly",
    "at a leisurely pace",
)
# Captured actions another pace becomes, and procedural ones, with their shares.
PACED = {
    "walk": 5,
    "run": 2,
    "wave_one": 1,
    "raise_one": 1,
    "bow": 1,
    "squat": 1,
    "walk_back": 1,
    "procedural": 7,
}
PACED_PROCEDURES = (
    "sidestep", "turn_around", "turn_quarter", "sit_stand", "kneel", "bend_down", "march", "march_forward", "clap", "punch",
    "raise_one", "raise_both", "wave_one", "arm_out_one", "arms_out", "lunge", "kick", "squat", "lift_knee", "circle", "nod",
    "shake_head", "twist", "stretch", "box", "jumping_jacks",
)  # fmt: skip
# What is done on the floor and on stairs, with its shares.
ON_THE_FLOOR = {
    "crawl": 3, "sit_floor": 3, "fall_down": 2.5, "climb_stairs": 2.5, "push_ups": 2, "sit_ups": 1.5, "plank": 1,
    "all_fours": 1, "stairs_down": 2.5, "roll_over": 0.7,
}  # fmt: skip
UPRIGHT = 0.75  # metres of the pelvis above the floor, below which nobody stands
NAMED_PACE = {
    ("run", True): "run_fast",
    ("run", False): "jog_slow",
    ("walk", True): "walk_fast",
    ("walk", False): "walk_slow",
}  # action and whether it is quick -> another action
BACKWARD = (
    "facing the other way",
    "facing backward",
    "facing the opposite direction",
    "the other way around",
)
SPINS = {
    90.0: ("a quarter turn", "90 degrees"),
    180.0: ("half way around", "180 degrees", "halfway around", "around"),
}


def seated(rng: np.random.Generator) -> Take:
    """Sitting down, cut while the puppet sits."""
    procedure = next(p for p in BODY_PROCEDURES if p.action == "sit_stand")
    take = perform([procedure], rng, seconds=rng.uniform(5.5, 7.5))
    low = np.flatnonzero(take.joints[:, 0, 1] < take.joints[:, 0, 1].min() + 0.02)
    return replace(take, doing=Doing("sit"), stop=int(low[-1]))


def stood_up(rng: np.random.Generator) -> Take:
    """Standing up, from a frame at which the puppet sits."""
    procedure = next(p for p in BODY_PROCEDURES if p.action == "sit_stand")
    take = perform([procedure], rng, seconds=rng.uniform(4.5, 6.5))
    low = np.flatnonzero(take.joints[:, 0, 1] < take.joints[:, 0, 1].min() + 0.02)
    start = int(rng.integers(low[0], low[-1] + 1))
    return replace(take, doing=Doing("stand_up"), start=start)


def stayed_low(rng: np.random.Generator) -> Take:
    """Crouching down, cut while the puppet is low; what it holds there is stretched."""
    procedure = next(p for p in BODY_PROCEDURES if p.action == "squat")
    take = perform([procedure], rng, seconds=rng.uniform(2.4, 3.0))
    lowest = int(take.joints[:, 0, 1].argmin())
    body = take.joints[: lowest + 1]
    # Breathing in place of a frozen frame: the last frames once more, back and forth.
    sway = body[-4:][::-1][1:]
    hold = int(rng.integers(24, 60))
    tail = np.concatenate([sway, sway[::-1][1:], body[-1:]] * (hold // 6 + 1))[:hold]
    return replace(take, joints=np.concatenate([body, tail]), doing=Doing("squat_low"), stop=len(body) + hold)


def got_up(material: Material, rng: np.random.Generator) -> Take | None:
    """Getting up from the floor: somebody who lies down, backward in time; None where nobody lies down."""
    if not material.has("lie_down"):
        return None
    take = material.draw("lie_down", rng)
    backward = take.joints[take.start : take.stop][::-1].copy()
    return replace(take, joints=backward, doing=Doing("get_up"), start=0, stop=len(backward))


def floor_work(rng: np.random.Generator) -> Take:
    """Something done on the floor or on stairs."""
    return FLOOR_WORK[weighted(ON_THE_FLOOR, rng)](rng)


def floor_work_from_standing(rng: np.random.Generator) -> Take | None:
    """The same by somebody who stands at first; None where the draw begins on the floor."""
    take = floor_work(rng)
    return take if take.joints[0, 0, 1] > UPRIGHT else None


def got_up_from_floor(rng: np.random.Generator) -> Take | None:
    """Getting up from the floor: getting down there backward in time; None where the draw begins on the floor."""
    take = FLOOR_WORK[("all_fours", "plank", "sit_floor")[rng.integers(3)]](rng)
    if take.joints[0, 0, 1] < UPRIGHT:
        return None
    joints = take.joints[::-1].copy()
    upright = np.flatnonzero(joints[:, 0, 1] > UPRIGHT)[0]
    start = max(int(upright) - int(rng.integers(35, 60)), 0)
    return replace(take, joints=joints, doing=Doing("get_up_from_floor"), start=start, stop=len(joints))


def rose_from_knees(rng: np.random.Generator) -> Take:
    """Standing up from both knees."""
    procedure = next(p for p in BODY_PROCEDURES if p.action == "kneel")
    take = perform([procedure], rng, seconds=rng.uniform(4.0, 6.0))
    low = np.flatnonzero(take.joints[:, 0, 1] < take.joints[:, 0, 1].min() + 0.02)
    return replace(take, doing=Doing("rise_from_knees"), start=max(int(low[0]), int(low[-1]) - 25))


def paced(material: Material, rng: np.random.Generator) -> Take | None:
    """An action quicker or slower than it was, and words for it."""
    action = weighted({k: v for k, v in PACED.items() if k == "procedural" or material.has(k)}, rng)
    if action == "procedural":
        name = PACED_PROCEDURES[rng.integers(len(PACED_PROCEDURES))]
        take = perform([pick([p for p in PROCEDURES if p.action == name], rng)], rng)
    else:
        take = material.draw(action, rng)
    quick = rng.random() < 0.5
    factor = rng.uniform(1.3, 1.6) if quick else rng.uniform(0.55, 0.75)
    frames = int(len(take.joints) / factor)
    # Of a captured action any stretch will do; a procedural one is cut nowhere.
    if frames < SHORTEST or (take.is_procedural and frames > LONGEST):
        return None
    frames = min(frames, LONGEST)
    joints = resample(take.joints, np.arange(frames) * factor)
    if named := NAMED_PACE.get((action, quick)):
        doing = replace(take.doing, action=named)
    else:
        words = QUICK if quick else SLOW
        doing = replace(take.doing, manner=words[rng.integers(len(words))])
    return replace(take, joints=joints, doing=doing, start=0, stop=frames)


def turned_jump(rng: np.random.Generator) -> Take | None:
    """A jump on the spot during which the body turns; None where the jump has no time in the air."""
    take = perform(
        [next(p for p in BODY_PROCEDURES if p.action == "jump")], rng, seconds=rng.uniform(1.6, 2.2)
    )
    feet = take.joints[:, [10, 11], 1].min(1)
    up = np.flatnonzero(feet > feet.min() + 0.03)
    if take.doing.facts["times"] != "once" or len(up) < 4 or up[-1] - up[0] >= len(up):
        return None
    amount = 90.0 if rng.random() < 0.35 else 180.0
    side = "left" if rng.random() < 0.5 else "right"
    angle = np.radians(amount if side == "left" else -amount)
    share = smooth((np.arange(len(feet)) - up[0] + 1) / (up[-1] - up[0] + 2))
    root = take.joints[:, :1] * (1, 0, 1)
    joints = turn(take.joints - root, np.repeat((share * angle)[:, None], 22, 1)) + root
    said = SPINS[amount]
    facts = {"side": side, "amount": said[rng.integers(len(said))]}
    if amount == 180.0:
        facts["facing"] = BACKWARD[rng.integers(len(BACKWARD))]
    doing = Doing("jump_turn", facts)
    return replace(take, joints=joints, doing=doing)


def changing_pace(material: Material, rng: np.random.Generator) -> Take | None:
    """A captured walk that grows quicker, or slower, as it goes."""
    take = material.draw("walk", rng)
    first, last = rng.uniform(0.5, 0.7), rng.uniform(1.35, 1.7)
    quicker = rng.random() < 0.5
    frames = min(int(len(take.joints) / (0.5 * (first + last))), LONGEST)
    if frames < 80:
        return None
    pace = np.linspace(first, last, frames) if quicker else np.linspace(last, first, frames)
    joints = resample(take.joints, np.cumsum(pace) - pace[0])
    doing = Doing("speed_up" if quicker else "slow_down")
    return replace(take, joints=joints, doing=doing, start=0, stop=frames)
