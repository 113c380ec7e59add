"""The studio's parts without a server: rows, forms, health."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from editing_world import person

import editing
from dataset.pose_codes import GROUPS
from editing import OPERATIONS, Clamp, Copy, Mirror, SetCode, Shift, Span
from studio.forms import forms, from_plain, in_words, to_plain
from studio.health import compare
from studio.rows import SECTIONS, rows
from utils.runtime import UserError

# ---- rows


def test_every_group_has_one_row_with_its_categories():
    assert sorted(row["index"] for row in rows()) == list(range(len(GROUPS)))
    assert [SECTIONS.index(row["section"]) for row in rows()] == sorted(
        SECTIONS.index(r["section"]) for r in rows()
    )
    for row in rows():
        size = GROUPS[row["index"]].size
        assert len(row["cells"]) == len(row["says"]) == len(row["short"]) == size
        assert len(set(row["cells"])) == size


def test_rows_of_a_section_have_names_of_their_own():
    named = [(row["section"], row["name"]) for row in rows()]
    assert len(set(named)) == len(named)
    by_label = {row["label"]: row for row in rows()}
    assert (
        by_label["L-elbow angle"]["section"] == "Left arm"
        and by_label["L-elbow angle"]["name"] == "elbow bend"
    )
    assert by_label["L-hand vs R-foot distance"]["section"] == "Arms to legs"
    assert by_label["L-knee vs R-knee relY"]["name"] == "left knee above/below right"
    assert by_label["pelvis vs neck relV"]["section"] == "Trunk"


# ---- forms


def test_every_operation_has_a_form_and_each_field_a_kind():
    kinds = {"groups", "span", "switch", "whole", "number", "numbers", "text", "choice"}
    assert set(forms()) == set(OPERATIONS)
    for name, form in forms().items():
        assert form["about"], name
        assert {field["kind"] for field in form["fields"]} <= kinds, name
        assert "span" in {field["name"] for field in form["fields"]}, name


def test_choices_are_those_that_the_operation_takes():
    found = 0
    for name, form in forms().items():
        for field in form["fields"]:
            if field["kind"] != "choice":
                continue
            found += 1
            for choice in field["choices"]:
                given = {
                    other["name"]: 1
                    for other in form["fields"]
                    if other["needed"] and other["kind"] != "groups"
                }
                given |= {"groups": "L-elbow angle", "category": 1} if name == "SetCode" else {}
                given |= {"source": "left_arm", "target": "right_arm"} if name == "CopyLimb" else {}
                if name == "CopyLimb":
                    mirror = choice.replace("left", "x").replace("right", "left").replace("x", "right")
                    given["target" if field["name"] == "source" else "source"] = mirror
                (made,) = from_plain([{name: given | {field["name"]: choice}}])
                assert getattr(made, field["name"]) == choice
            with pytest.raises(UserError):
                from_plain([{name: given | {field["name"]: "nothing of the kind"}}])
    assert found >= 6


def test_a_new_operation_appears_by_itself(monkeypatch):
    @dataclass(frozen=True)
    class Wobble(editing.MotionOperation):
        """Wobble a while."""

        times: int
        side: str | None = None

    monkeypatch.setitem(OPERATIONS, "Wobble", Wobble)
    forms.cache_clear()
    try:
        found = {field["name"]: field for field in forms()["Wobble"]["fields"]}
    finally:
        forms.cache_clear()
    assert found["times"]["kind"] == "whole" and found["times"]["needed"]
    assert found["side"]["kind"] == "text" and found["side"]["optional"]


@pytest.mark.parametrize(
    "operation",
    [
        SetCode(["L-elbow angle", "R-elbow angle"], category=8, span=Span(0.8, 2.0), ease=0.2),
        SetCode("L-elbow angle", value=90.5),
        Shift(["L-knee angle"], categories=-2, span=Span(1)),
        Clamp("L-knee angle", at_least=3, high=120.0),
        Mirror(),
        Copy(["left arm"], at=0.4, hold=True, span=Span(1, 2)),
        editing.Turn(90, span=Span(1, 3)),
        editing.Place(start=(0.0, 1.5)),
        editing.MirrorMotion(),
    ],
)
def test_operations_pass_through_the_page_unchanged(operation):
    (back,) = from_plain(json.loads(json.dumps(to_plain([operation]))))
    assert back == operation
    assert in_words(operation).isprintable()


def test_operations_are_told_in_words():
    assert in_words(SetCode(["L-elbow angle"], category=8)) == "L-elbow angle; category 80 to 90 degrees"
    assert in_words(Clamp("L-foot ground", at_least=1)) == "L-foot ground; at least off the ground"
    assert in_words(editing.StepAside(0.3, "left")) == "metres 0.3; side left"
    assert in_words(editing.Reverse()) == ""


@pytest.mark.parametrize(
    "entries",
    [
        [7], [None], ["Nope"], [{"SetCode": {}}], [{"SetCode": {"groups": "nobody", "category": 1}}],
        [{"Turn": {"degrees": "much"}}], [{"Turn": {"degrees": float("nan")}}], [{"Turn": {"degrees": 90, "more": 1}}],
        [{"Turn": {"degrees": 90, "span": {"start": "x"}}}], [["Turn", 90]], [{"Turn": 1, "Cut": 2}],
        [{"Copy": {"codes": [[1, 2], [3]]}}],
    ],
)  # fmt: skip
def test_what_is_no_operation_is_refused_in_one_line(entries):
    with pytest.raises(UserError) as told:
        from_plain(entries)
    assert "\n" not in str(told.value)


# ---- health


def test_what_is_no_worse_is_not_complained_of():
    joints = person()
    assert compare(joints, joints, 20.0)["worse"] == []


def test_feet_that_slide_and_joints_that_jerk_are_named():
    before = person()
    sliding = before + np.arange(len(before))[:, None, None] * [0.01, 0, 0]
    told = compare(before, sliding, 20.0)
    assert told["after"]["slide"] - told["before"]["slide"] == pytest.approx(10, abs=1)
    assert [line for line in told["worse"] if "slide" in line]
    jerking = before.copy()
    jerking[30, 20] += 0.3
    told = compare(before, jerking, 20.0)
    assert told["after"]["joint"] == "left wrist" and told["after"]["second"] == pytest.approx(1.5)
    assert [line for line in told["worse"] if "left wrist at 1.5 s" in line]


def test_a_foot_that_is_lifted_does_not_slide():
    before = person()
    lifted = before.copy()
    lifted[20:, [4, 7, 10]] += [0.0, 0.3, 0.1]
    assert not [line for line in compare(before, lifted, 20.0)["worse"] if "slide" in line]
