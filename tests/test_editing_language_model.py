"""Edits through a language model: recorded answers, good and malformed, and an endpoint that misbehaves."""

import json

import numpy as np
import pytest
from chat_server import SECRET
from editing_world import FPS, person

from dataset.pose_codes import GROUPS, parse_pose_codes
from editing.catalogue import OPERATIONS
from editing.groups import find_groups
from editing.language.language_model import (
    Cached,
    ChatModel,
    Recorded,
    TryAgain,
    ask_for_edit,
    dry_run,
    with_retries,
)
from editing.language.llm_schema import SCHEMA, BadReply, Declined, read_json, repair
from editing.motion_operations import StandStill, Turn
from editing.operations import SetCode, Shift
from editing.spans import THROUGHOUT, Span
from utils.runtime import UserError

GOOD = {
    "possible": True,
    "reason": "both elbows bend",
    "edits": [
        {"group": "L-elbow angle", "start_frame": 10, "end_frame": 30, "action": "set", "code": 8},
        {"group": "R-elbow angle", "start_frame": 0, "end_frame": 41, "action": "shift", "code": -3},
    ],
}


@pytest.fixture(scope="module")
def codes():
    return parse_pose_codes(person(41), "heading")


def ask(answers, codes, **how):
    model = Recorded([answer if isinstance(answer, str) else json.dumps(answer) for answer in answers])
    return ask_for_edit(model, "bend the arms", codes, FPS, **how), model


def edit(**changes):
    return {"edits": [GOOD["edits"][0] | changes]}


def test_a_good_answer_becomes_operations(codes):
    (first, second), model = ask([GOOD], codes)
    assert isinstance(first, SetCode) and first.category == 8 and first.span.frames(41, FPS) == (10, 30)
    assert isinstance(second, Shift) and second.categories == -3
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "Sure!\n```json\n" + json.dumps(GOOD) + "\n```\nAnything else?",
        json.dumps(GOOD).replace("}]", "},]"),  # a trailing comma
        GOOD["edits"],
        {"edits": GOOD["edits"], "confidence": 0.9},
        edit(group="l-elbow  ANGLE"),
        edit(group="left elbow angle"),
        edit(group=2),
        edit(code="8", start_frame=10.0),
        edit(start_frame=30, end_frame=10),
        edit(end_frame=9999),
        edit(note="x"),
    ],
)
def test_sloppy_answers_are_repaired(codes, answer):
    operations, model = ask([answer], codes)
    assert operations[0].category == 8 and len(model.asked) == 1
    assert operations[0].span.start == 10


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("I would bend the elbows.", "not JSON"),
        ("", "not JSON"),
        ({"thoughts": 1}, "list"),
        ({"possible": True, "edits": []}, "no edit"),
        (edit(group="tail angle"), "no group"),
        (edit(group="hand vs hand"), "no group"),
        (edit(code=18), "0 to 17"),
        (edit(code=None), "number"),
        (edit(code=True), "number"),
        (edit(action="explode"), "action|enum|one of"),
        (edit(action="shift", code=0), "shift"),
        (edit(start_frame=500, end_frame=600), "outside"),
        ({"edits": ["bend"]}, "object"),
        ({"edits": GOOD["edits"] * 50}, "at most 40"),
    ],
)
def test_useless_answers_are_sent_back_and_then_refused(codes, answer, says):
    with pytest.raises(UserError, match=says):
        ask([answer] * 3, codes)
    operations, model = ask([answer, GOOD], codes)  # a second answer may be better
    assert len(operations) == 2
    assert "can't be used" in model.asked[1][-1]["content"]


def test_a_model_may_decline(codes):
    with pytest.raises(Declined, match="no group for fingers"):
        ask([{"possible": False, "reason": "no group for fingers", "edits": []}], codes)


def test_a_refusal_in_words_is_one(codes):
    with pytest.raises(Declined):
        ask([{"possible": "false", "reason": "no", "edits": []}], codes)


def test_published_protocol_asks_four_questions(codes):
    answers = [
        json.dumps({"groups": ["L-elbow angle"]}),
        json.dumps({"start_frame": 10, "end_frame": 30}),
        json.dumps({"changes": []}),
        json.dumps(GOOD),
    ]
    operations, model = ask(answers, codes, protocol="published")
    assert len(operations) == 2 and len(model.asked) == 4
    assert [f"Question {n} of 4" in asked[-1]["content"] for n, asked in enumerate(model.asked, 1)] == [
        True
    ] * 4
    assert model.asked[3][2]["content"] == answers[0]


def test_the_prompt_holds_the_vocabulary_in_right_words_and_the_clip(codes):
    prompt = dry_run("wave", codes, FPS, "a person stands")
    assert all(group.label in prompt for group in GROUPS)
    assert "L-hand vs R-hand relX: sideways position of left hand" in prompt.replace("of the left", "of left")
    assert "0 to the left of" in prompt and "41 frames" in prompt and "wave" in prompt
    assert "Question 4" in dry_run("wave", codes, FPS, protocol="published")


def test_the_schema_is_strict():
    assert repair(GOOD, 41) == GOOD
    assert SCHEMA["additionalProperties"] is False
    assert read_json('{"a": 1}') == {"a": 1}
    with pytest.raises(BadReply):
        read_json("[1, 2")


# ------------------------------------------------------------------------------------------------------ all operations
ENTRIES = {
    "SetCode": {"groups": ["L-elbow angle"], "value": 90, "shape": "gesture"},
    "Shift": {"groups": "L-elbow angle", "amount": "-20"},
    "Scale": {"groups": ["L-knee angle", "R-knee angle"], "factor": 1.3},
    "Clamp": {"groups": ["R-hand vs R-shoulder relY"], "high": 0.0},
    "Mirror": {"groups": ["arms"]},
    "Copy": {"groups": ["left arm"], "hold": True},
    "Retime": {"factor": 1.5},
    "Pause": {"seconds": 1},
    "Repeat": {"times": 2.0},
    "Reverse": {},
    "Cut": {},
    "Delay": {"seconds": -0.5, "limb": "left_arm"},
    "Turn": {"degrees": "90"},
    "Curve": {"degrees": -45},
    "Stride": {"factor": 1.2},
    "WalkBackwards": {},
    "StepAside": {"metres": 0.4, "side": "left"},
    "JumpHeight": {"factor": 1.5},
    "RootHeight": {"amount": -0.1},
    "Place": {"start": [0, 1]},
    "MirrorMotion": {},
    "StandStill": {"keep_pose": True},
    "Exchange": {"what": "arms"},
    "KeepHeading": {},
    "BothArms": {},
    "CopyLimb": {"source": "left_arm", "target": "right_arm"},
    "Amplitude": {"limb": "arms", "factor": 0},
    "Head": {"turn": 30},
    "AddAction": {"text": "a person waves", "seconds": 2},
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_model_can_ask_for_every_operation(codes, name):
    whole = name in ("Place",)
    frames = {} if whole else {"start_frame": 5, "end_frame": 30}
    (operation,), model = ask([{"edits": [{"operation": name} | frames | ENTRIES[name]]}], codes)
    assert type(operation) is OPERATIONS[name] and len(model.asked) == 1
    assert operation.span == (THROUGHOUT if whole else Span(5, 30, "frames"))
    for key, value in ENTRIES[name].items():
        made = getattr(operation, key)
        if key == "groups":
            assert operation.resolved() == find_groups(value)
        else:
            assert made == (tuple(value) if isinstance(value, list) else type(made)(value))
    assert name in model.asked[0][-1]["content"]


def test_operations_for_the_whole_clip_have_no_span(codes):
    (operation,), _ = ask(
        [{"edits": [{"operation": "stand still", "start_frame": 0, "end_frame": 41}]}], codes
    )
    assert operation == StandStill()


def test_codes_and_operations_keep_their_order(codes):
    turn = {"operation": "Turn", "start_frame": 0, "end_frame": 41, "degrees": 90}
    (first, second), _ = ask([{"edits": [turn, GOOD["edits"][0]]}], codes)
    assert first == Turn(90) and isinstance(second, SetCode)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"operation": "Explode"}, "known are"),
        ({"operation": "Turm", "degrees": 30}, "did you mean Turn"),
        ({"operation": "Turn"}, "needs degrees"),
        ({"operation": "Turn", "degrees": "left"}, "edits/0/degrees"),
        ({"operation": "Turn", "degrees": 1e9}, "degrees"),
        ({"operation": "Turn", "degrees": True}, "degrees"),
        ({"operation": "Repeat", "times": 2.5}, "times"),
        ({"operation": "Amplitude", "limb": "tail", "factor": 1}, "tail"),
        ({"operation": "SetCode", "groups": ["tail"], "value": 1}, "tail"),
        ({"operation": "SetCode", "groups": [], "value": 1}, "groups"),
        ({"operation": "SetCode", "groups": ["L-elbow angle"]}, "category or a value"),
        ({"operation": "Place", "start": [1]}, "start"),
        ({"operation": "Cut", "start_frame": 500, "end_frame": 600}, "outside"),
        ({"operation": ["Cut"]}, "operation"),
    ],
)
def test_operations_that_make_no_sense_are_sent_back(codes, entry, says):
    with pytest.raises(UserError, match=says):
        ask([{"edits": [entry]}] * 3, codes)


# ---------------------------------------------------------------------------------------------------------- endpoints
def test_busy_endpoints_are_tried_again_with_longer_waits(codes):
    waits, calls = [], []

    def busy(messages, schema):
        calls.append(1)
        if len(calls) < 4:
            raise TryAgain("busy")
        return json.dumps(GOOD)

    assert ask_for_edit(with_retries(busy, waits.append), "x", codes, FPS)
    assert len(calls) == 4 and waits == sorted(waits) and waits[-1] > waits[0]

    def down(messages, schema):
        raise TryAgain("down")

    with pytest.raises(UserError, match="did not answer"):
        ask_for_edit(with_retries(down, waits.append), "x", codes, FPS)


def test_answers_are_cached(tmp_path, codes):
    model = Recorded([json.dumps(GOOD)])
    cached = Cached(model, "here", tmp_path)
    first = ask_for_edit(cached, "x", codes, FPS)
    assert ask_for_edit(cached, "x", codes, FPS) == first and len(model.asked) == 1
    with pytest.raises(UserError, match="no recorded"):
        ask_for_edit(cached, "y", codes, FPS)
    next(tmp_path.glob("*.json")).write_text("damaged")
    with pytest.raises(UserError, match="no recorded"):
        ask_for_edit(cached, "x", codes, FPS)


def test_the_endpoint_gets_the_schema_and_the_key_of_the_environment(chat_server, codes):
    server = chat_server(json.dumps(GOOD))
    model = ChatModel(server.base, "tiny")
    assert len(ask_for_edit(model, "x", codes, FPS)) == 2
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert server.keys == [f"Bearer {SECRET}"] and SECRET not in repr(model)


def test_servers_without_schemas_get_simpler_requests(chat_server, codes):
    refusal = (400, "no")
    server = chat_server(refusal, refusal, json.dumps(GOOD))
    model = ChatModel(server.base, "tiny")
    assert ask_for_edit(model, "x", codes, FPS)
    forms = [request.get("response_format", {}).get("type") for request in server.requests]
    assert forms == ["json_schema", "json_object", None]
    ask_for_edit(model, "x", codes, FPS)
    assert "response_format" not in server.requests[3]  # remembered


def test_busy_servers_and_empty_answers_count_as_busy(chat_server, codes):
    server = chat_server((429, "slow down"), "", json.dumps(GOOD))
    model = ChatModel(server.base, "tiny")
    assert ask_for_edit(with_retries(model, lambda seconds: None), "x", codes, FPS)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        edit(code=10**400),
        edit(start_frame=10**400),
        edit(code="9" * 5000),
        edit(group="x" * 100_000),
        edit(group=10**30),
        edit(action="\ud800"),
        {"possible": True, "edits": {"0": 1}},
        {"possible": True, "edits": [[[]]]},
        "[" * 100_000,
        '{"edits": ' * 2000 + "1" + "}" * 2000,
        "null",
        "NaN",
        "\x00\x1b[31m",
        '{"edits": [' + "1," * 50_000 + "1]}",
    ],
)
def test_absurd_answers_are_one_short_line(codes, answer):
    with pytest.raises(UserError) as caught:
        ask([answer] * 3, codes)
    said = str(caught.value)
    assert len(said) < 500 and said.isprintable()


def test_a_reason_can_not_steer_the_terminal(codes):
    with pytest.raises(Declined) as caught:
        ask([{"possible": False, "reason": "no\n\x1b[2J" + "x" * 5000, "edits": []}], codes)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 300


def test_no_key_and_no_address(monkeypatch, codes):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        ask_for_edit(ChatModel(None, "tiny"), "x", codes, FPS)
    with pytest.raises(UserError, match="--protocol"):
        ask_for_edit(Recorded([]), "x", np.asarray(codes), FPS, protocol="other")
