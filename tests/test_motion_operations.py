"""Operations on the motion itself: what each promises, measured on joints of procedural walks, waves and jumps."""

from __future__ import annotations

import numpy as np
import pytest
from takes import performed

import editing
from dataset.composing.bodies import lengths_of
from dataset.procedural import toy_motions, toy_travel
from editing import Span
from editing.moving.feet import standing
from editing.moving.moved import Moved, placed_on
from utils import quantities
from utils.runtime import UserError

FPS = 20.0
LOWER, FRONT = 0.6, 1.2
FEET = [*quantities.ANKLES, *quantities.TOES]


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return performed(toy_travel.walk)


@pytest.fixture(scope="module")
def wave() -> np.ndarray:
    return performed(toy_motions.wave, sides=(1,))


@pytest.fixture(scope="module")
def jump() -> np.ndarray:
    return performed(toy_motions.jump, frames=70)


EVERYWHERE = [
    editing.Retime(2.0),
    editing.Retime(0.6, span=Span(1, 3)),
    editing.Pause(1.0, span=Span(2)),
    editing.Repeat(2),
    editing.Repeat(3, span=Span(1, 3)),
    editing.Reverse(),
    editing.Reverse(span=Span(1, 3)),
    editing.Cut(span=Span(1.5, 2.5)),
    editing.Cut(span=Span(-1)),
    editing.Delay(0.4, span=Span(1.5, 3)),
    editing.Delay(-0.4, span=Span(2, 3)),
    editing.Delay(0.5),
    editing.Delay(-0.5),
    editing.Delay(0.3, "right_arm"),
    editing.Delay(-0.3, "torso", span=Span(1.5, 3)),
    editing.Turn(90),
    editing.Turn(-120, span=Span(1, 3)),
    editing.StepAside(0.4, "left"),
    editing.StepAside(0.5, "back", span=Span(1, 3)),
    editing.RootHeight(-0.15),
    editing.RootHeight(-0.15, span=Span(1.5, 3.5)),
    editing.Place(start=(1, 2)),
    editing.MirrorMotion(),
    editing.MirrorMotion(span=Span(1, 3)),
    editing.StandStill(),
    editing.StandStill(span=Span(1.5, 3)),
    editing.StandStill(keep_pose=True, span=Span(1.5, 3)),
    editing.Exchange("arms"),
    editing.Exchange("legs"),
    editing.CopyLimb("right_arm", "left_arm"),
    editing.CopyLimb("right_arm", "left_arm", mirrored=False, span=Span(1, 3)),
    editing.Amplitude("right_arm", 0.0),
    editing.Amplitude("arms", 1.4),
    editing.Amplitude("torso", 0.0, span=Span(1, 3)),
    editing.Head(turn=50),
    editing.Head(pitch=-25, span=Span(1, 3)),
    editing.Head(nod=2, shake=2),
]
ON_A_WALK = [
    editing.Curve(70),
    editing.Stride(1.25),
    editing.Stride(0.7, span=Span(1, 4)),
    editing.WalkBackwards(),
    editing.Amplitude("legs", 1.5),
    editing.Place(end=(1.0, 2.5)),
]


def quicker(operation) -> float:
    """How much faster everything is to be."""
    return max(operation.factor, 1.0) if isinstance(operation, editing.Retime) else 1.0


def name_of(operation) -> str:
    return f"{type(operation).__name__}-{operation.span}"


def slide(joints: np.ndarray) -> float:
    """Metres a second, mean, of toes that are down on the floor."""
    toes = joints[:, [*quantities.TOES]]
    low = (toes[..., 1] < quantities.floor(joints) + 0.05)[1:]
    pace = np.linalg.norm(np.diff(toes[..., [0, 2]], axis=0), axis=-1) * FPS
    return float(pace[low].mean()) if low.any() else 0.0


def sharpest(joints: np.ndarray) -> float:
    """Greatest acceleration of a joint, metres a second squared."""
    return float(np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).max()) * FPS**2


def check_body(before: np.ndarray, moved: Moved, quicker: float = 1.0) -> None:
    """Bones, frames that nobody edited, the floor, feet that stand."""
    after = moved.joints
    assert after.shape == (len(moved.origin), 22, 3) == (len(moved.weight), 22, 3)
    assert np.isfinite(after).all()
    assert np.abs(lengths_of(after) - lengths_of(before)[0]).max() < 1e-6
    outside = moved.weight == 0
    if outside.any():
        shown = before[np.round(moved.origin).astype(int)][outside]
        laid = placed_on(shown, after[outside])
        assert np.linalg.norm(after[outside] - laid, axis=-1).max() < 5e-3
    assert after[..., 1].min() > before[..., 1].min() - 0.02
    assert slide(after) < 1.2 * quicker * slide(before) + 0.07


@pytest.mark.parametrize("operation", [*EVERYWHERE, *ON_A_WALK], ids=name_of)
def test_bodies_stay_bodies_on_a_walk(walk, operation):
    check_body(walk, operation.move(walk, FPS), quicker(operation))


@pytest.mark.parametrize("operation", EVERYWHERE, ids=name_of)
def test_bodies_stay_bodies_where_somebody_stands(wave, operation):
    moved = operation.move(wave, FPS)
    check_body(wave, moved)
    assert sharpest(moved.joints) < 1.2 * quicker(operation) ** 2 * sharpest(wave) + 25


# --------------------------------------------------------------------------------------------------------------- time
@pytest.mark.parametrize(("factor", "frames"), [(2.0, 50), (0.5, 200), (4.0, 25)])
def test_twice_as_fast_takes_half_the_time(walk, factor, frames):
    moved = editing.Retime(factor).move(walk, FPS)
    assert len(moved.joints) == frames
    assert np.allclose(moved.joints[0], walk[0]) and np.allclose(moved.joints[-1], walk[-1])
    assert (np.diff(moved.origin) > 0).all()


def test_a_stretch_gets_the_time_wanted_and_sets_in_smoothly(walk):
    moved = editing.Retime(duration=3.0, span=Span(1, 2)).move(walk, FPS)
    assert len(moved.joints) == 100 + 40
    assert (moved.joints[:20] == walk[:20]).all() and (moved.joints[80:] == walk[40:]).all()
    pace = np.diff(moved.origin)
    assert pace.min() > 0 and pace[30:70].max() < 0.4 and np.abs(np.diff(pace)).max() < 0.35


def test_a_pause_holds_the_pose_for_so_long(walk):
    moved = editing.Pause(1.5, span=Span(2)).move(walk, FPS)
    assert len(moved.joints) == 130
    still = np.linalg.norm(np.diff(moved.joints, axis=0), axis=-1).max(1) < 1e-9
    assert quantities.longest_run(still) > 1.0
    held = int(np.flatnonzero(still)[0])
    assert np.allclose(moved.joints[held], walk[40], atol=1e-6)
    assert (moved.joints[:30] == walk[:30]).all() and (moved.joints[-50:] == walk[-50:]).all()


@pytest.mark.parametrize("times", [2, 3])
def test_done_again_it_goes_as_far_again(walk, times):
    once = quantities.displacement(walk)
    moved = editing.Repeat(times).move(walk, FPS)
    assert len(moved.joints) == times * len(walk)
    assert quantities.displacement(moved.joints) == pytest.approx(times * once, rel=0.05)
    waved = editing.Repeat(times, span=Span(1, 4)).move(performed(toy_motions.wave, sides=(1,)), FPS)
    assert len(waved.joints) == 100 + (times - 1) * 60


def test_reversed_twice_is_the_clip(walk):
    once = editing.Reverse().move(walk, FPS)
    assert (once.joints == walk[::-1]).all()
    assert (editing.Reverse().move(once.joints, FPS).joints == walk).all()


def test_a_cut_leaves_the_rest(walk):
    moved = editing.Cut(span=Span(0, 1)).move(walk, FPS)
    assert (moved.joints == walk[20:]).all()
    assert len(editing.Cut(span=Span(2, 3)).move(walk, FPS).joints) == 80
    with pytest.raises(UserError, match="nothing of the clip would be left"):
        editing.Cut().move(walk, FPS)


def test_later_and_earlier(wave):
    raised = int(np.argmax(quantities.wrist_over(wave, 1, quantities.SHOULDERS[1]) > 0))
    for seconds in (0.4, -0.3):
        moved = editing.Delay(seconds, span=Span(0.8, 4.0)).move(wave, FPS)
        now = int(np.argmax(quantities.wrist_over(moved.joints, 1, quantities.SHOULDERS[1]) > 0))
        assert len(moved.joints) == len(wave) and now - raised == round(seconds * FPS)
    arm = editing.Delay(0.5, "right_arm").move(wave, FPS).joints
    now = int(np.argmax(quantities.wrist_over(arm, 1, quantities.SHOULDERS[1]) > 0))
    assert now - raised == 10
    others = [j for j in range(22) if j not in (14, 17, 19, 21)]
    assert np.abs(arm - wave)[:, others].max() < 1e-9
    with pytest.raises(UserError, match="move it by less than"):
        editing.Delay(9.0, span=Span(1, 2)).move(wave, FPS)


# --------------------------------------------------------------------------------------------------------------- path
@pytest.mark.parametrize("degrees", [90, -90, 180, 45])
@pytest.mark.parametrize("clip", ["walk", "wave"])
def test_a_turn_turns_by_its_angle(request, clip, degrees):
    before = request.getfixturevalue(clip)
    moved = editing.Turn(degrees).move(before, FPS)
    assert quantities.turned(moved.joints) - quantities.turned(before) == pytest.approx(degrees, abs=2)
    assert (moved.joints[:20] == before[:20]).all()


def test_a_turn_on_the_spot_is_made_of_steps(wave):
    moved = editing.Turn(90).move(wave, FPS)
    lifted = np.stack([quantities.foot_height(moved.joints, side) for side in (0, 1)])
    assert (lifted.max(1) > 0.03).all(), "both feet step"
    assert ((lifted > 0.03).all(0)).sum() == 0, "one at a time"


def test_a_curve_bends_the_way_and_keeps_its_length(walk):
    moved = editing.Curve(80).move(walk, FPS)
    assert quantities.turned(moved.joints) - quantities.turned(walk) == pytest.approx(80, abs=4)
    assert quantities.path_length(moved.joints) == pytest.approx(quantities.path_length(walk), rel=0.03)
    with pytest.raises(UserError, match="nothing to bend"):
        editing.Curve(80).move(walk[:8], FPS)


@pytest.mark.parametrize("factor", [0.6, 1.25])
def test_strides_scale_the_way(walk, factor):
    moved = editing.Stride(factor).move(walk, FPS)
    scaled = quantities.path_length(moved.joints) / quantities.path_length(walk)
    assert scaled == pytest.approx(factor, rel=0.05)
    assert quantities.steps(moved.joints) == quantities.steps(walk)


def test_walking_backwards(walk):
    moved = editing.WalkBackwards().move(walk, FPS)
    front, back = quantities.travelled(walk)[0], quantities.travelled(moved.joints)[0]
    assert back < -0.85 * front
    assert np.allclose(moved.joints[0, 0], walk[0, 0], atol=0.02)
    with pytest.raises(UserError, match="nobody walks forward"):
        editing.WalkBackwards().move(walk[:6], FPS)


@pytest.mark.parametrize(
    ("side", "way"), [("left", (0, 1)), ("right", (0, -1)), ("forward", (1, 0)), ("back", (-1, 0))]
)
def test_a_step_aside_goes_there(wave, side, way):
    moved = editing.StepAside(0.4, side).move(wave, FPS)
    gone = np.subtract(quantities.travelled(moved.joints), quantities.travelled(wave))
    assert gone == pytest.approx(0.4 * np.array(way), abs=0.04)
    assert quantities.steps(moved.joints) >= 2


def test_jumps_get_higher_and_lower(jump):
    standing_height = np.median(jump[:, 0, 1])
    rise = jump[:, 0, 1].max() - standing_height
    for operation, wanted in (
        (editing.JumpHeight(1.5), 1.5 * rise),
        (editing.JumpHeight(0.6), 0.6 * rise),
        (editing.JumpHeight(amount=0.1), rise + 0.1),
    ):
        moved = operation.move(jump, FPS)
        assert moved.joints[:, 0, 1].max() - standing_height == pytest.approx(wanted, abs=0.03)
        check_body(jump, moved)
    with pytest.raises(UserError, match="nobody jumps"):
        editing.JumpHeight(2.0).move(jump[:10], FPS)


@pytest.mark.parametrize("amount", [-0.25, -0.1])
def test_the_pelvis_comes_down_over_feet_that_stay(wave, amount):
    moved = editing.RootHeight(amount).move(wave, FPS)
    assert np.abs(moved.joints[:, 0, 1] - wave[:, 0, 1] - amount).max() < 0.01
    assert np.abs(moved.joints[:, FEET] - wave[:, FEET]).max() < 0.01
    assert min(quantities.knee_bend(moved.joints, side).mean() for side in (0, 1)) > 25


def test_a_clip_starts_and_ends_where_it_is_said(walk, wave):
    moved = editing.Place(start=(1.0, -2.0)).move(walk, FPS)
    assert np.allclose(moved.joints[0, 0, [0, 2]], (1.0, -2.0))
    assert np.allclose(np.diff(moved.joints, axis=0), np.diff(walk, axis=0))
    for clip, end in ((walk, (1.0, 2.5)), (wave, (0.5, 0.4))):
        moved = editing.Place(end=end).move(clip, FPS)
        assert np.allclose(moved.joints[-1, 0, [0, 2]], end, atol=0.03)
    with pytest.raises(UserError, match="too far"):
        editing.Place(end=(30.0, 0.0)).move(wave, FPS)


# --------------------------------------------------------------------------------------------------------- whole body
def test_mirrored_twice_is_the_clip():
    curve = performed(toy_travel.walk, turn=80.0)
    once = editing.MirrorMotion().move(curve, FPS).joints
    assert quantities.turned(once) == pytest.approx(-quantities.turned(curve), abs=0.1)
    assert np.abs(editing.MirrorMotion().move(once, FPS).joints - curve).max() < 1e-9
    assert np.allclose(once[0, 0, [0, 2]], curve[0, 0, [0, 2]])


def test_standing_still_stands_still(walk):
    moved = editing.StandStill().move(walk, FPS)
    assert np.ptp(moved.joints, axis=0).max() < 1e-9 and standing(moved.joints).all()
    assert quantities.displacement(moved.joints) == 0
    part = editing.StandStill(span=Span(1.5, 3.5)).move(walk, FPS)
    inside = part.joints[45:68]
    assert np.ptp(inside[:, 0], axis=0).max() < 0.02 and quantities.knee_bend(inside, 0).max() < 40
    assert len(part.joints) == len(walk)
    kept = editing.StandStill(keep_pose=True, span=Span(2, 3)).move(walk, FPS).joints
    assert np.ptp(kept[48:60], axis=0).max() < 1e-4


# -------------------------------------------------------------------------------------------------------------- limbs
def test_exchanged_arms_do_what_the_other_did(wave):
    moved = editing.Exchange("arms").move(wave, FPS).joints
    for side in (0, 1):
        theirs = quantities.chest_coordinates(wave, quantities.WRISTS[1 - side]) * (-1, 1, 1)
        ours = quantities.chest_coordinates(moved, quantities.WRISTS[side])
        assert np.abs(ours - theirs).max() < 0.09  # both arms are not of one length, the chest leans
    twice = editing.Exchange("arms").move(moved, FPS).joints
    assert np.abs(twice - wave).max() < 2e-3
    rest = [j for j in range(22) if j not in (13, 14, 16, 17, 18, 19, 20, 21)]
    assert np.abs(moved - wave)[:, rest].max() < 1e-9


def test_exchanged_legs_step_in_the_other_order(walk):
    moved = editing.Exchange("legs").move(walk, FPS).joints
    before, after = standing(walk), standing(moved)
    assert (before[:, 0] == after[:, 1]).mean() > 0.85 and (before[:, 1] == after[:, 0]).mean() > 0.85
    assert quantities.steps(moved) == quantities.steps(walk)


def test_a_copied_arm(wave):
    mirrored = editing.CopyLimb("right_arm", "left_arm").move(wave, FPS).joints
    assert np.abs(quantities.elbow_bend(mirrored, 0) - quantities.elbow_bend(wave, 1)).max() < 1
    assert np.abs(mirrored[:, quantities.WRISTS[1]] - wave[:, quantities.WRISTS[1]]).max() < 1e-9
    parallel = editing.CopyLimb("right_arm", "left_arm", mirrored=False).move(wave, FPS).joints
    ways = [
        joints[:, quantities.WRISTS[side]] - joints[:, quantities.ELBOWS[side]]
        for joints, side in ((parallel, 0), (wave, 1))
    ]
    cosine = (ways[0] * ways[1]).sum(-1) / np.prod([np.linalg.norm(way, axis=-1) for way in ways], axis=0)
    assert cosine.min() > 0.9999


def test_a_damped_arm_keeps_still_and_hangs(wave):
    moved = editing.Amplitude("right_arm", 0.0).move(wave, FPS).joints
    place = quantities.chest_coordinates(moved, quantities.WRISTS[1])
    assert place.std(0).max() < 0.02
    assert (quantities.wrist_over(moved, 1, quantities.SPINE3) < 0).all()


def test_a_bigger_wave_is_bigger_and_stays_where_it_is(wave):
    def swing(joints: np.ndarray) -> tuple[float, float]:
        line = quantities.chest_coordinates(joints, quantities.WRISTS[1])[35:65, 0]
        return float(np.ptp(line)), float(line.mean())

    (before, middle), (small, _) = (
        swing(wave),
        swing(editing.Amplitude("right_arm", 0.5).move(wave, FPS).joints),
    )
    large, where = swing(editing.Amplitude("right_arm", 1.4).move(wave, FPS).joints)
    assert small < 0.7 * before and large > 1.2 * before and abs(where - middle) < 0.05


def test_knees_are_lifted_higher_on_a_walk(walk):
    moved = editing.Amplitude("legs", 2.0).move(walk, FPS).joints
    for side in (0, 1):
        assert quantities.foot_height(moved, side).max() > 1.5 * quantities.foot_height(walk, side).max()
    still = standing(walk)
    for side, toe in enumerate(quantities.TOES):
        assert np.abs(moved - walk)[still[:, side], toe].max() < 0.02
    with pytest.raises(UserError, match="StandStill"):
        editing.Amplitude("legs", 0.0).move(walk, FPS)
