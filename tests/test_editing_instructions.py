"""English to operations by rules: what is understood, and that everything else is refused."""

import pytest

from editing.groups import find_groups
from editing.language.instructions import EXAMPLES, parse_instruction
from editing.operations import Copy, SetCode, Shift
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

L, R = 2, 3  # elbow angles
L_KNEE, R_KNEE = 0, 1


def edits(text):
    """(groups, operation) pairs of an instruction."""
    return [
        (set(find_groups(operation.groups)), operation) for operation in parse_instruction(text).operations
    ]


def groups(text):
    return set().union(*(found for found, _ in edits(text)))


def spans(text):
    return {operation.span for operation in parse_instruction(text).operations}


def test_the_published_examples():
    ((found, bend),) = edits("Bend both arms more deeply")
    assert found == {L, R} and isinstance(bend, Shift) and bend.categories < 0 and bend.span == THROUGHOUT
    raised = edits("Raise left hand at the end")
    assert {36, 40} == groups("Raise left hand at the end")
    assert all(operation.span == Span(0.7, 1, "share") for _, operation in raised)
    ((found, closer),) = edits("Bring both hands closer together")
    assert found == {5} and closer.categories < 0
    ((found, knees),) = edits("Bend your knees more deeply")
    assert found == {L_KNEE, R_KNEE} and knees.categories < 0
    ((found, timed),) = edits("Bend the left elbow to 90 degrees from 1 s to 2 s")
    assert found == {L} and timed.value == 90 and timed.span == Span(1, 2)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_offered_is_understood(text):
    assert parse_instruction(text).operations


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("at the end", Span(0.7, 1, "share")),
        ("at the beginning", Span(0, 0.3, "share")),
        ("in the first second", Span(0, 1)),
        ("during the first 2 seconds", Span(0, 2)),
        ("in the last second", Span(-1, None)),
        ("from 2 s to 3 s", Span(2, 3)),
        ("from 1.5 to 3 seconds", Span(1.5, 3)),
        ("between one and two seconds", Span(1, 2)),
        ("after 1 second", Span(1, None)),
        ("until 2 s", Span(0, 2)),
        ("at 2 s", Span(1.5, 2.5)),
        ("in the second half", Span(0.5, 1, "share")),
        ("from frame 20 to frame 40", Span(20, 40, "frames")),
        ("throughout", THROUGHOUT),
        ("the whole time", THROUGHOUT),
    ],
)
def test_times(words, span):
    assert spans(f"bend the left elbow {words}") == {span}
    assert spans(f"{words}, bend the left elbow") == {span}


@pytest.mark.parametrize(
    ("text", "group", "test"),
    [
        ("bend the left elbow slightly", L, lambda o: -3 < o.categories < 0),
        ("bend the left elbow a lot", L, lambda o: o.categories < -4),
        ("bend the left elbow by 30 degrees", L, lambda o: o.amount == -30),
        ("straighten the right leg", R_KNEE, lambda o: o.category == 17),
        ("raise the right hand by 20 cm", 37, lambda o: o.amount == pytest.approx(0.2)),
        ("move the left hand forward", 49, lambda o: o.value < -0.15),  # relZ is negative in front
        ("move the left hand back", 49, lambda o: o.value > 0.15),
        ("move the right hand to the left", 25, lambda o: o.value < -0.15),  # relX is negative to the left
        ("move the right hand out", 25, lambda o: o.value > 0.15),
        ("move the left hand out", 24, lambda o: o.value < -0.15),
        ("lean forward", 48, lambda o: o.value < -0.15),
        ("lean to the right", 23, lambda o: o.value > 0.15),
        ("raise the left arm to shoulder height", 36, lambda o: o.category == 1),
        ("touch your left knee with your right hand", 17, lambda o: o.category == 0),
        ("move the right hand to the left shoulder", 11, lambda o: o.category == 1),
        ("bring the feet together", 7, lambda o: o.category == 1),
        ("spread the feet", 7, lambda o: o.categories > 0),
        ("keep the hands apart", 5, lambda o: o.categories > 0),
        ("lift the right foot", 69, lambda o: o.category == 1),
        ("kneel down", 66, lambda o: o.category == 0),
        ("hands up", 36, lambda o: o.category == 2),
    ],
)
def test_meanings(text, group, test):
    found = [operation for which, operation in edits(text) if group in which]
    assert found and test(found[0])


def test_sides():
    assert groups("raise left and right hand") == groups("raise both hands") == groups("raise your hands")
    assert groups("raise the left hand").isdisjoint(groups("raise the right hand"))
    assert groups("raise your right hand and left foot") >= {37, 68}


def test_several_edits():
    both = edits("Raise the left hand in the first second and bend both knees slightly at the end")
    assert [operation.span for found, operation in both if L_KNEE in found] == [Span(0.7, 1, "share")]
    assert [operation.span for found, operation in both if 36 in found] == [Span(0, 1)]


def test_a_time_at_the_end_holds_for_all_that_and_joins():
    assert spans("raise the left hand and bend both knees at the end") == {Span(0.7, 1, "share")}


def test_then_divides_the_clip_or_goes_on():
    assert spans("raise the left hand then lower it") == {Span(0, 0.5, "share"), Span(0.5, 1, "share")}
    raised, lowered = edits("bend the left elbow in the first second, then straighten it")
    assert raised[1].span == Span(0, 1) and lowered[1].span == Span(1, None)
    assert lowered[0] == {L}


def test_freeze_holds_the_pose():
    ((found, operation),) = edits("freeze the left arm at the end")
    assert isinstance(operation, Copy) and operation.hold and L in found and L_KNEE not in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("raise the hand", "which hand"),
        ("wiggle the left hand", "'wiggle' is unknown"),
        ("raise the left hand angrily", "'angrily' is unknown"),
        ("raise", "raise what"),
        ("raise the left", "verb|what"),
        ("turn the head", "turn the head"),
        ("raise the head to the left", "turn or tilt the head"),
        ("touch the left elbow with the left hand", "own elbow"),
        ("bend the left elbow to 90 degrees by 20 degrees", "two amounts"),
        ("lower it", "refers to nothing"),
        ("dance like nobody is watching", "unknown"),
        ("bend the left elbow from 3 s to 2 s", "empty time range"),
    ],
)
def test_refusals_say_why(text, says):
    with pytest.raises(UserError, match=says):
        parse_instruction(text)


def test_refusals_offer_the_nearest_examples():
    with pytest.raises(UserError, match="Raise left hand at the end"):
        parse_instruction("Raise the left hand gracefully at the end")


def test_the_same_words_give_the_same_operations():
    text = "Raise left hand at the end and bend both knees to 100 degrees"
    assert parse_instruction(text) == parse_instruction(f"  {text.upper()}.  ") or (
        parse_instruction(text).operations == parse_instruction(f"  {text.upper()}.  ").operations
    )
    assert all(isinstance(operation, SetCode) for operation in parse_instruction(text).operations)
