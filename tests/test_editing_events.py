"""Times that the clip's events give, both arms at once, turns undone, and generated actions that must be seen."""

import json

import numpy as np
import pytest
from editing_world import FPS, person

from editing import (
    AddAction,
    BothArms,
    Head,
    KeepHeading,
    Span,
    Turn,
    events,
    operations_from_yaml,
    operations_to_yaml,
    spans,
)
from editing.acting import ATTEMPTS, Generator, acted
from editing.events import located, span_of, stretch_of
from editing.language import event_times
from editing.language.llm_schema import operations_of, repair
from editing.seen import check_of, seen
from utils import quantities
from utils.runtime import UserError


def hopping() -> np.ndarray:
    """Somebody who stands for 3 s and is off the floor from 1 to 1.3 s."""
    joints = person(60)
    joints[20:26, :, 1] += 0.2
    return joints


def test_an_event_divides_the_clip_into_before_during_and_after():
    joints = hopping()
    start, stop = stretch_of("jump", joints)
    assert start <= 20 and stop >= 26 and stop - start < 20
    before, during, after = (
        span_of(Span(event="jump", when=when), joints, FPS).frames(60, FPS)
        for when in ("before", "during", "after")
    )
    assert before == (0, start) and during == (start, stop) and after == (stop, 60)
    assert located(Head(nod=1, span=Span(event="jump")), joints, FPS).span == Span(start, stop, "frames")
    assert located(Head(nod=1), joints, FPS) == Head(nod=1)


def test_what_the_clip_does_not_show_gives_no_time():
    with pytest.raises(UserError, match="shows no jump"):
        stretch_of("jump", person(60))
    early = hopping()[19:]
    with pytest.raises(UserError, match="no time before the jump"):
        span_of(Span(event="jump", when="before"), early, FPS)
    for wrong in ({"event": "sneeze"}, {"event": "jump", "when": "near"}, {"event": "jump", "start": 1.0}):
        with pytest.raises(UserError):
            Span(**wrong)
    with pytest.raises(UserError, match="depends on the motion"):
        Span(event="jump").frames(60, FPS)


def test_events_pass_through_yaml_and_a_language_models_reply():
    wanted = [
        Turn(90, span=Span(event="jump", when="after")),
        BothArms(),
        KeepHeading(span=Span(event="walk")),
    ]
    assert operations_from_yaml(operations_to_yaml(wanted)) == wanted
    reply = json.loads('{"edits": [{"operation": "Turn", "degrees": 90, "event": "Jump", "when": "after"}]}')
    assert operations_of(repair(reply, 60), 60) == wanted[:1]
    with pytest.raises(UserError, match="sneeze"):
        repair({"edits": [{"operation": "KeepHeading", "event": "sneeze"}]}, 60)


def test_the_arm_that_rests_joins_in():
    joints = person(60)
    with pytest.raises(UserError, match="no gesture of one arm"):
        BothArms().move(joints, FPS)  # both swing alike
    rest = joints[:1, [17, 19, 21]] - joints[:1, [17]]
    joints[:, [17, 19, 21]] = joints[:, [17]] + rest
    made = BothArms().move(joints, FPS)
    left, right = (quantities.chest_coordinates(made.joints, wrist) for wrist in quantities.WRISTS)
    np.testing.assert_allclose(right[5:-5] * (-1, 1, 1), left[5:-5], atol=0.08)
    assert np.abs(made.joints[:, 20] - joints[:, 20]).max() < 1e-6 and made.limbs == ("right_arm",)


def test_a_turn_is_undone_and_the_way_goes_straight_on():
    straight = person(100, walk=0.8)
    curved = Turn(90, span=Span(1, 3)).move(straight, FPS).joints
    assert abs(quantities.turned(curved)) > 70
    made = KeepHeading().move(curved, FPS).joints
    assert abs(quantities.turned(made)) < 12 and made[-1, 0, 2] - made[0, 0, 2] > 2.5
    with pytest.raises(UserError, match="no turn to undo"):
        KeepHeading().move(straight, FPS)


class Hops(Generator):
    """A generator whose third motion is the first to jump."""

    def __call__(self, text, frames, before, seed=0):
        self.asked = seed + 1
        return hopping()[:frames] if seed >= self.first else person(frames)


@pytest.mark.parametrize("first", [2, ATTEMPTS])
def test_a_generated_action_is_taken_when_it_seen(first):
    from editing_world import clip

    before, actor = clip(40), Hops("nowhere")
    actor.first = first
    joints = np.asarray(before.joints, float)
    if first == ATTEMPTS:
        with pytest.raises(UserError, match="no motion that shows 'a person jumps'"):
            acted(AddAction("a person jumps", seconds=3.0), before, joints, actor)
    else:
        made = acted(AddAction("a person jumps", seconds=3.0), before, joints, actor)
        assert (
            seen("a person jumps", made.joints[len(joints) :]) == 1 and len(made.joints) == len(joints) + 60
        )
    assert actor.asked == min(first + 1, ATTEMPTS)


def test_sides_of_an_action_are_looked_for():
    assert check_of("a person kicks with their left leg") == {"kicks": {"side": "left"}}
    assert check_of("a person waves with both hands") == {"waves": {"side": "both"}}
    assert check_of("a person ponders") is None and seen("a person ponders", person(10)) == 1
    assert check_of("a person jumps twice") == {"jumps": {"times": 2}}
    assert seen("a person jumps", hopping()) == 1 and seen("a person jumps twice", hopping()) == 0


def test_every_event_that_a_span_can_name_is_said_in_words_and_found_on_joints():
    assert set(spans.EVENTS) == set(events.EVENTS) == set(event_times._FORMS)
