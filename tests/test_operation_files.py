"""Operations as YAML: every one comes back equal, and what is wrong with a list is said in one line."""

from __future__ import annotations

import numpy as np
import pytest

import editing
from editing import OPERATIONS, operations_from_yaml, operations_to_yaml
from editing.notation import read_operations
from utils.runtime import UserError

EVERY = [
    editing.SetCode("L-elbow angle", value=90, span=editing.Span(0.8, 2.0)),
    editing.SetCode([2, "R-elbow angle"], category=3, shape="gesture", ease=0.3),
    editing.Shift("L-knee angle", amount=-20.0),
    editing.Scale(["L-knee angle", "R-knee angle"], factor=1.3),
    editing.Clamp("L-elbow angle", at_most=4, span=editing.Span(0.5, 1, "share")),
    editing.Mirror(),
    editing.Copy("left arm", at=1.0, hold=True),
    editing.Retime(2.0),
    editing.Retime(duration=3.0),
    editing.Pause(1.0, span=editing.Span(1.0)),
    editing.Repeat(3),
    editing.Reverse(),
    editing.Cut(span=editing.Span(-1)),
    editing.Delay(-0.4, "left_arm"),
    editing.Turn(90),
    editing.Curve(-45.5),
    editing.Stride(1.3),
    editing.WalkBackwards(),
    editing.StepAside(0.4, "left"),
    editing.JumpHeight(1.5),
    editing.RootHeight(-0.1),
    editing.Place(start=(1, 2)),
    editing.MirrorMotion(),
    editing.StandStill(keep_pose=True),
    editing.Exchange("legs"),
    editing.CopyLimb("left_arm", "right_arm", mirrored=False),
    editing.BothArms(span=editing.Span(event="wave")),
    editing.KeepHeading(),
    editing.Amplitude("arms", 0.0),
    editing.Head(turn=30, nod=2),
    editing.AddAction("a person waves", seconds=2.0),
]


def test_every_operation_comes_back_equal():
    assert {type(operation).__name__ for operation in EVERY} == set(OPERATIONS)
    assert operations_from_yaml(operations_to_yaml(EVERY)) == EVERY


def test_copied_codes_come_back():
    codes = np.arange(140, dtype=np.uint8).reshape(2, 70) % 2
    (back,) = operations_from_yaml(operations_to_yaml([editing.Copy("body", codes=codes)]))
    assert (back.codes == codes).all() and back.codes.dtype == np.uint8


def test_a_list_may_be_written_by_hand(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("- MirrorMotion\n- Turn: {degrees: 90, span: [1, 2]}\n- Reverse:\n", encoding="utf-8")
    assert read_operations(path) == [
        editing.MirrorMotion(),
        editing.Turn(90, span=editing.Span(1, 2)),
        editing.Reverse(),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs a list of operations"),
        ("operations: 3", "needs a list of operations"),
        ("- Turn: {degrees: [}", "not YAML"),
        ("- Trn: {degrees: 90}", "operation 1: unknown operation 'Trn'; did you mean Turn"),
        ("- MirrorMotion\n- Turn", "operation 2: Turn needs degrees"),
        ("- Turn: {degrees: 90, speed: 2}", "Turn has no field 'speed'; it has"),
        ("- Turn: {degrees: left}", "degrees 'left' is not between -1080 and 1080"),
        ("- Turn: {degrees: true}", "degrees True is not between"),
        ("- Turn: {degrees: .nan}", "degrees nan is not between"),
        ("- Turn: {degrees: 90, span: 3}", "span 3 is none of"),
        ("- Turn: {degrees: 90, span: [2, 1]}", "empty time range"),
        ("- Turn: {degrees: 90, span: [a, b]}", "start 'a' is no number"),
        ("- SetCode: {groups: L-elbw angle, value: 90}", "did you mean"),
        ("- SetCode: {groups: L-elbow angle}", "give either a category or a value"),
        ("- Retime", "exactly one of factor, duration"),
        ("- StepAside: {metres: 1, side: up}", "side 'up' is none of left, right, forward, back"),
        ("- CopyLimb: {source: left_arm, target: left_leg}", "an arm copies the other arm"),
        ("- Place: {start: [1]}", "is no place"),
        ("- 3", "is no operation"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text, said):
    with pytest.raises(UserError, match="mine.yaml") as error:
        operations_from_yaml(text, "mine.yaml")
    assert said in str(error.value) and "\n" not in str(error.value)
