"""What composites are made of: takes of captured motion with their action, and procedural ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d

from dataset.composing import arms, characters, everyday, exercise, gaits, gestures, manners, pursuits
from dataset.composing.bodies import assemble, directions_of
from dataset.composing.phrases import Doing
from dataset.features import mirror_joints
from dataset.procedural import toy_motions, toy_travel
from dataset.procedural.toy_body import Puppet
from dataset.procedural.toy_travel import SIDE_NAMES, Facts, make_puppet

FPS = 20.0
# Names of actions in the captured sets -> (action of configs/composing/phrases.yaml, side).
CAPTURED = {
    "walk": ("walk", ""), "slow walk": ("walk", ""), "run": ("run", ""), "dash": ("run", ""),
    "walk-back": ("walk_back", ""), "walk-left": ("curve", "left"), "walk-right": ("curve", "right"),
    "walk-turn-left": ("corner", "left"), "walk-turn-right": ("corner", "right"),
    "raise-up-left-hand": ("raise_one", "left"), "raise-up-right-hand": ("raise_one", "right"),
    "raise-up-both-hands": ("raise_both", ""), "wave-left-hand": ("wave_one", "left"),
    "wave-right-hand": ("wave_one", "right"), "wave-both-hands": ("wave_both", ""), "bow": ("bow", ""),
    "kickLFront1Reps": ("kick", "left"), "squat1Reps": ("squat", ""), "hopBothLegs1hops": ("hop", ""),
    "elbowToKnee1RepsLelbowStart": ("elbow_to_knee", ""), "rotateArmsBothBackward1Reps": ("arm_circles", ""),
    "sneak2StepsLStart": ("sneak", ""), "jogLeftCircle4StepsRstart": ("jog_circle", "left"),
    "depositFloorR": ("pick_up", "right"), "grabHighR": ("grab_high", "right"), "lieDownFloor": ("lie_down", ""),
    "throwBasketball": ("throw", ""), "idle": ("stand", ""), "forward jump": ("jump_forward", ""),
}  # fmt: skip
ARMS_OF = {
    "raise_one": 1, "wave_one": 1, "raise_both": 2, "wave_both": 2, "arms_out": 2, "arm_out_one": 1, "arms_front": 2,
    "arm_front_one": 1, "hands_on_hips": 2, "cross_arms": 2, "salute": 1, "touch_head": 1, "clap": 2,
    "arm_circles": 2, "hand_to_mouth": 1, "phone": 1, "push": 2, "hands_behind": 2,
    "shake_hand": 1, "guitar": 2, "clap_times": 2, "flap": 2, "swim": 2, "circles_forward": 2, "hands_on_head": 2,
    "cover_face": 2, "hand_on_chest": 1, "arms_two_ways": 2, "beckon": 1, "knock": 1, "check_watch": 1, "curl_one": 1,
    "curls": 2, "overhead_press": 2, "racket": 2, "violin": 2, "piano": 2, "drums": 2, "drive": 2, "pull_rope": 2,
    "stir": 1, "wipe": 1, "archery": 2, "pray": 2, "shrug_arms": 2, "blow_kiss": 1, "hug": 2, "shiver": 2, "conduct": 2,
    "punch_up": 1, "facepalm": 1,
}  # fmt: skip
STYLES = {
    "exhausted": ("wearily", "tiredly", "as if exhausted"), "elderly": ("like an old person", "feebly"),
    "active": ("energetically", "briskly"), "youthful": ("cheerfully",), "masculine": ("sturdily",),
    "feminine": ("gracefully",), "tired": ("tiredly",), "giant": ("heavily",), "happy": ("happily",),
    "sad": ("sadly",), "angry": ("angrily",), "proud": ("proudly",),
}  # fmt: skip
QUIET = 0.12  # metres a second, of the joint that moves most, below which a body rests


@dataclass(frozen=True)
class Take:
    """One action: joints (T, 22, 3), what is done, and the frames within which it is done."""

    joints: np.ndarray
    doing: Doing
    start: int
    stop: int
    style: str = ""
    is_procedural: bool = False

    @property
    def sides(self) -> tuple[int, ...]:
        """The arms an arm action moves: 0 left, 1 right; none for other actions."""
        count = ARMS_OF.get(self.doing.action, 0)
        return (0, 1) if count == 2 else (SIDE_NAMES.index(self.doing.facts["side"]),) if count else ()

    def mirrored(self) -> Take:
        """The take on the other side; its bones are the skeleton's, whose sides differ by millimetres."""
        joints = mirror_joints(self.joints)
        joints = assemble(joints[:, 0], directions_of(joints))
        return replace(self, joints=joints, doing=self.doing.mirrored())


def captured_takes(sources: Iterable[tuple[str, np.ndarray, str, str]]) -> list[Take]:
    """Takes of (name, joints, action, style) whose action has phrases, and their mirror images."""
    takes = []
    for _, joints, action, style in sources:
        if action in CAPTURED:
            key, side = CAPTURED[action]
            doing = Doing(key, {"side": side} if side else {})
            take = Take(np.asarray(joints, float), doing, *active_span(joints, key), style=style)
            takes += [take, take.mirrored()]
    return takes


def read_actions(source: Path) -> dict[str, tuple[str, str]]:
    """Action and style of each clip of a captured set."""
    with open(source / "captions.jsonl", encoding="utf-8") as file:
        return {row["id"]: (row["action"], row.get("style") or "") for row in map(json.loads, file)}


def active_span(joints: np.ndarray, action: str) -> tuple[int, int]:
    """Frames within which something happens: quiet stretches at both ends left out but for 0.2 seconds."""
    if action == "stand":
        return 0, len(joints)
    pace = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(1) * FPS
    busy = np.flatnonzero(uniform_filter1d(pace, 3) > QUIET * 2)
    if not len(busy):
        return 0, len(joints)
    return max(int(busy[0]) - 4, 0), min(int(busy[-1]) + 6, len(joints))


@dataclass(frozen=True)
class Procedure:
    """A procedural action: its phrases' name, the puppet's function, and how long it may last (seconds)."""

    action: str
    run: Callable[[Puppet, float, float, np.random.Generator], Facts]
    shortest: float
    longest: float


def _both(action: str, run: Callable, shortest: float, longest: float) -> list[Procedure]:
    return [Procedure(action, partial(run, side=side), shortest, longest) for side in (0, 1)]


def _arms(one: str, both: str, run: Callable, shortest: float, longest: float) -> list[Procedure]:
    singles = [Procedure(one, _with_side(run, side), shortest, longest) for side in (0, 1)]
    return [*singles, Procedure(both, partial(run, sides=(0, 1)), shortest, longest)]


def _with_side(run: Callable, side: int) -> Callable:
    def sided(p: Puppet, a: float, b: float, rng: np.random.Generator) -> Facts:
        return {**run(p, a, b, rng, sides=(side,)), "side": SIDE_NAMES[side]}

    return sided


def _turning(p: Puppet, a: float, b: float, rng: np.random.Generator, side: int, angle: float) -> Facts:
    sign = (1, -1)[side]
    pace = rng.uniform(1.7, 2.3)
    toy_travel.travel(p, a, b, turn=sign * angle, pace=pace, lift=0.06, swing=6, first=side)
    p.head_yaw += sign * 12 * toy_travel.envelope(p.time, a - 0.1, b - 0.6, 0.5)
    return {"side": SIDE_NAMES[side]}


def _turns(action: str, angle: float, shortest: float, longest: float) -> list[Procedure]:
    return [
        Procedure(action, partial(_turning, side=side, angle=angle), shortest, longest) for side in (0, 1)
    ]


LEG_PROCEDURES = [
    Procedure("walk", toy_travel.walk, 2.6, 6.5),
    Procedure("walk_back", partial(toy_travel.walk, heading=180.0), 2.6, 6.0),
    *_both("sidestep", toy_travel.sidestep, 2.4, 5.5),
    *_turns("turn_around", 180.0, 2.0, 3.4),
    *_turns("turn_quarter", 90.0, 1.3, 2.4),
    *_turns("turn_full", 360.0, 3.2, 5.5),
    *_turns("turn_slight", 45.0, 1.0, 2.0),
    Procedure("run_in_place", toy_travel.run_in_place, 2.6, 6.0),
    Procedure("march", gestures.march, 2.6, 6.0),
    Procedure("stand", gestures.stand, 2.0, 7.0),
    *_both("limp", gaits.limp, 3.0, 7.0),
    Procedure("tiptoe_walk", gaits.tiptoe_walk, 2.6, 6.0),
    Procedure("march_forward", gaits.march_forward, 2.6, 6.0),
    *_both("diagonal", gaits.diagonal, 2.4, 5.0),
    *_both("side_steps", gaits.side_steps, 1.2, 4.8),
    Procedure("high_knees", gaits.high_knees, 2.4, 6.0),
    Procedure("big_strides", characters.big_strides, 3.4, 7.0),
    Procedure("zigzag", characters.zigzag, 5.0, 8.8),
]
BODY_PROCEDURES = [
    *_both("circle", toy_travel.walk_circle, 6.5, 8.6),
    Procedure("run", toy_travel.jog, 2.6, 4.5),
    Procedure("run_back", everyday.run_back, 2.6, 4.5),
    Procedure("skip", everyday.skip, 2.8, 5.0),
    Procedure("squat", toy_motions.squat, 2.2, 4.5),
    Procedure("jump", toy_motions.jump, 1.6, 4.0),
    Procedure("jump_forward", partial(toy_motions.jump, forward=True), 1.6, 3.5),
    Procedure("bow", toy_motions.bow, 2.2, 4.0),
    *_both("kick", toy_motions.kick, 1.8, 4.0),
    *_both("punch", toy_motions.punch, 2.0, 4.5),
    *_both("stretch", toy_motions.stretch_sideways, 2.6, 5.0),
    *_both("lunge", toy_motions.lunge, 2.6, 5.0),
    Procedure("sit_stand", toy_motions.sit_and_stand, 3.6, 7.0),
    *_both("one_leg", gestures.one_leg, 3.0, 8.0),
    *_both("hop_one_leg", everyday.hop_one_leg, 2.4, 5.5),
    *_both("hop_ahead", partial(everyday.hop_one_leg, forward=True), 2.4, 5.5),
    Procedure("bunny_hops", gaits.bunny_hops, 2.0, 6.0),
    *_both("lift_knee", gestures.lift_knee, 1.8, 4.5),
    Procedure("kneel", gestures.kneel, 4.0, 8.0),
    Procedure("bend_down", gestures.bend_down, 2.4, 4.5),
    Procedure("steps_forward", gestures.counted_steps, 2.2, 5.5),
    Procedure("steps_back", partial(gestures.counted_steps, back=True), 2.2, 5.0),
    Procedure("nod", gestures.nod, 2.0, 4.5),
    Procedure("shake_head", gestures.shake_head, 2.0, 4.5),
    *_both("look", gestures.look, 2.0, 4.5),
    Procedure("look_around", everyday.look_around, 3.0, 6.5),
    *_both("throw_one", everyday.throw_one, 2.0, 3.4),
    *_both("leg_aside", everyday.leg_aside, 2.0, 5.0),
    *_both("leg_back", partial(everyday.leg_aside, back=True), 2.0, 5.0),
    *_both("kick_back", everyday.kick_back, 1.6, 4.0),
    Procedure("jumping_jacks", everyday.jumping_jacks, 2.4, 8.0),
    Procedure("twist", everyday.twist, 3.0, 7.0),
    Procedure("tiptoe_stand", everyday.tiptoe_stand, 2.0, 5.0),
    Procedure("jump_times", toy_motions.jump, 2.2, 6.6),
    Procedure("squat_times", toy_motions.squat, 2.6, 8.0),
    *_both("kick_times", toy_motions.kick, 2.4, 7.0),
    *_both("jump_aside", gaits.jump_aside, 1.6, 4.0),
    Procedure("jump_back", partial(toy_motions.jump, forward=True, heading=180.0), 1.6, 3.5),
    Procedure("box", arms.box, 2.4, 6.0),
    *_both("dribble", arms.dribble, 2.6, 6.0),
    *_both("lift_knee_times", arms.again(gestures.lift_knee, 1.5), 3.0, 5.5),
    Procedure("bow_times", arms.again(toy_motions.bow, 2.2), 4.4, 7.0),
    Procedure("bend_times", arms.again(gestures.bend_down, 2.2), 4.4, 7.5),
    *_both("raise_one_times", arms.again(arms.raise_one, 1.7), 3.4, 6.5),
    Procedure("stagger", manners.stagger, 3.0, 7.5),
    Procedure("zombie_walk", manners.zombie_walk, 3.0, 7.5),
    Procedure("stumble", manners.stumble, 3.4, 6.0),
    Procedure("duck", manners.duck, 1.8, 3.0),
    *_both("kneel_one", manners.kneel_one, 3.6, 7.5),
    Procedure("dance", manners.dance, 3.5, 9.0),
    Procedure("golf", pursuits.golf, 3.0, 5.0),
    Procedure("bat", pursuits.bat, 2.4, 4.0),
    Procedure("sweep", pursuits.sweep, 2.8, 8.0),
    Procedure("skip_rope", exercise.skip_rope, 2.4, 7.5),
    Procedure("lift_box", exercise.lift_box, 2.8, 6.5),
    Procedure("carry", exercise.carry, 3.0, 7.5),
    Procedure("deadlift", exercise.deadlift, 3.6, 8.0),
    *_both("uppercut", exercise.uppercut, 1.8, 5.5),
    *_both("hook", exercise.hook, 1.8, 5.5),
    *_both("bowl", exercise.bowl, 2.2, 3.6),
    *_both("frisbee", exercise.frisbee, 1.8, 3.2),
    *_both("tree_pose", exercise.tree_pose, 3.6, 8.5),
    *_both("warrior", exercise.warrior, 3.6, 8.0),
    Procedure("toe_touch_alternate", exercise.toe_touch_alternate, 3.8, 8.5),
    *_both("side_lunge", exercise.side_lunge, 2.2, 7.0),
    Procedure("robot_walk", characters.robot_walk, 3.5, 7.5),
    Procedure("chicken_walk", characters.chicken_walk, 3.0, 7.0),
    Procedure("gorilla_walk", characters.gorilla_walk, 3.5, 7.5),
    Procedure("catwalk", characters.catwalk, 3.0, 7.0),
    *_both("old_walk", characters.old_walk, 4.0, 8.0),
    Procedure("lunge_walk", partial(characters.big_strides, deep=True), 4.5, 8.5),
    Procedure("strut", characters.strut, 3.0, 7.0),
    Procedure("moonwalk", characters.moonwalk, 3.0, 7.0),
    Procedure("sneak_walk", characters.sneak_walk, 4.0, 8.5),
    Procedure("dodge_back", characters.dodge_back, 1.8, 5.0),
    *_both("dodge_side", characters.dodge_side, 1.8, 5.0),
    *_both("peek", characters.peek, 2.4, 5.0),
    Procedure("cheer", characters.cheer, 2.2, 6.0),
    Procedure("yawn_stretch", characters.yawn_stretch, 3.0, 6.0),
]
ARM_PROCEDURES = [
    *_arms("wave_one", "wave_both", toy_motions.wave, 2.6, 6.0),
    *_arms("raise_one", "raise_both", toy_motions.raise_arms, 2.4, 6.0),
    *_arms("arm_out_one", "arms_out", gestures.arms_out, 2.4, 6.0),
    *_arms("arm_front_one", "arms_front", gestures.arms_front, 2.4, 6.0),
    Procedure("clap", toy_motions.clap, 2.4, 5.5),
    Procedure("hands_on_hips", gestures.hands_on_hips, 2.6, 7.0),
    Procedure("cross_arms", gestures.cross_arms, 2.6, 7.0),
    *_both("salute", gestures.salute, 2.0, 5.0),
    *_both("touch_head", gestures.touch_head, 2.4, 5.5),
    *_both("hand_to_mouth", everyday.hand_to_mouth, 2.4, 6.0),
    *_both("phone", everyday.phone, 2.6, 7.0),
    *_both("shake_hand", everyday.shake_hand, 2.2, 5.0),
    Procedure("guitar", everyday.guitar, 3.0, 7.5),
    Procedure("push", everyday.push, 2.0, 5.0),
    Procedure("hands_behind", everyday.hands_behind, 2.6, 7.0),
    Procedure("clap_times", arms.clap_times, 1.8, 4.8),
    Procedure("flap", arms.flap, 2.4, 6.0),
    Procedure("swim", arms.swim, 2.6, 6.5),
    Procedure("circles_forward", arms.circles_forward, 2.0, 6.0),
    Procedure("hands_on_head", arms.hands_on_head, 2.4, 6.0),
    Procedure("cover_face", arms.cover_face, 2.2, 5.0),
    *_both("hand_on_chest", arms.hand_on_chest, 2.2, 5.5),
    *_both("arms_two_ways", arms.arms_two_ways, 2.4, 6.0),
    *_both("beckon", pursuits.beckon, 1.8, 4.5),
    *_both("knock", pursuits.knock, 1.8, 4.5),
    *_both("check_watch", pursuits.check_watch, 1.8, 4.5),
    *_both("curl_one", pursuits.curl_one, 2.0, 6.5),
    Procedure("curls", pursuits.curls, 2.0, 6.5),
    Procedure("overhead_press", pursuits.overhead_press, 2.6, 7.0),
    *_both("racket", pursuits.racket, 2.2, 5.0),
    Procedure("violin", pursuits.violin, 3.0, 8.0),
    Procedure("piano", pursuits.piano, 2.6, 8.0),
    Procedure("drums", pursuits.drums, 2.4, 7.0),
    Procedure("drive", pursuits.drive, 3.0, 8.0),
    Procedure("pull_rope", pursuits.pull_rope, 2.6, 7.0),
    *_both("stir", pursuits.stir, 2.4, 7.0),
    *_both("wipe", pursuits.wipe, 2.4, 7.0),
    *_both("archery", pursuits.archery, 2.8, 5.5),
    Procedure("pray", pursuits.pray, 2.2, 7.0),
    Procedure("shrug_arms", pursuits.shrug_arms, 1.6, 4.0),
    *_both("blow_kiss", pursuits.blow_kiss, 1.8, 4.5),
    Procedure("hug", pursuits.hug, 2.6, 6.0),
    Procedure("shiver", pursuits.shiver, 2.4, 7.0),
    Procedure("conduct", pursuits.conduct, 2.8, 8.0),
    *_both("punch_up", pursuits.punch_up, 1.8, 5.0),
    *_both("facepalm", characters.facepalm, 2.0, 5.0),
]


def perform(procedures: list[Procedure], rng: np.random.Generator, seconds: float | None = None) -> Take:
    """A take of a procedure, or of two at the same time, whose facts are then those of the first."""
    first = procedures[0]
    shortest = max(procedure.shortest for procedure in procedures)
    seconds = rng.uniform(shortest, max(first.longest, shortest)) if seconds is None else seconds
    before, after = rng.uniform(0.1, 0.5, 2)
    frames = min(int((before + seconds + after) * FPS) + 1, 197)
    puppet = make_puppet(frames, FPS, rng)
    end = (frames - 1) / FPS - after
    facts = first.run(puppet, before, end, rng)
    for other in procedures[1:]:
        other.run(puppet, before + rng.uniform(0, 0.4), end - rng.uniform(0, 0.4), rng)
    manner = facts.pop("manner", "") if rng.random() < 0.5 else ""
    doing = Doing(first.action, facts, manner)
    first_frame = max(int((before - 0.15) * FPS), 0)
    return Take(puppet.joints(), doing, first_frame, frames, is_procedural=True)
