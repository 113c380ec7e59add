"""eval_editing.py on instructions: procedural clips without data, recorded replies and a server for the model."""

from __future__ import annotations

import json

import pytest
from chat_server import chat_server  # noqa: F401 - a fixture
from editing_world import codec

from editing.measuring.instructions import read_instruction_list
from editing.measuring.run import evaluate_instructions, read_replies, understander, write_instructions
from editing.settings import InstructionsSettings
from options import eval_editing_parser, parse
from utils.runtime import UserError

LIST = """
clips:
  raise left: {check: {raises: {side: left}}, toy: raise_left}
instructions:
  arms:
    raise the right arm instead of the left: {clips: raise left, check: {raises: {side: right}}}
    paint the fence: {clips: raise left, check: refused}
"""
EXCHANGE = {"edits": [{"operation": "Exchange", "what": "arms"}]}


@pytest.fixture
def listed(tmp_path):
    (tmp_path / "list.yaml").write_text(LIST)
    return read_instruction_list(tmp_path / "list.yaml")


def settings(tmp_path, **changes) -> InstructionsSettings:
    usual = dict(
        data_root=None, split="test", clips_per_instruction=1, checkpoint_folder=str(tmp_path), replies=None
    )
    model = dict(llm=False, api_base=None, model=None, key_variable="OPENAI_API_KEY")
    return InstructionsSettings(**usual | model | changes)


def test_recorded_replies_are_judged_by_the_joints(tmp_path, listed, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no data set here: procedural clips
    path = tmp_path / "replies.yaml"
    right, nothing = json.dumps(EXCHANGE), '{"edits": [{"operation": "Retime", "factor": 2}]}'
    for reply, became in ((right, "right"), (nothing, "wrong")):
        path.write_text(f"raise the right arm instead of the left: {reply}\n")
        args = settings(tmp_path, llm=True, replies=str(path))
        [outcome] = evaluate_instructions(codec(), listed, args, understander(args))  # one has a reply
        assert outcome.right == (became == "right") and outcome.wrong == (became == "wrong")
    table, details = write_instructions([outcome], tmp_path / "out")
    assert "| arms | 1 | 0 (0 %) | 1 (100 %) |" in table.read_text()
    assert json.loads(details.read_text())["instructions"][0]["became"] == "wrong"


def test_a_server_is_asked_about_each_sentence(tmp_path, listed, monkeypatch, chat_server):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    server = chat_server(json.dumps(EXCHANGE), '{"possible": false, "reason": "no fence", "edits": []}')
    args = settings(tmp_path, llm=True, api_base=server.base, model="m")
    first, second = evaluate_instructions(codec(), listed, args, understander(args))
    assert first.right and second.right and second.refused and len(server.requests) >= 2


def test_the_projects_replies_are_to_sentences_of_its_list(repo):
    folder = repo / "configs" / "editing"
    sentences = {row.sentence for row in read_instruction_list(folder / "instructions.yaml").instructions}
    replies = read_replies(folder / "replies.yaml")
    assert len(replies) >= 40 and set(replies) <= sentences


def test_the_second_list_is_read(repo):
    listed = read_instruction_list(repo / "configs" / "editing" / "user_instructions.yaml")
    assert len(listed.instructions) >= 60 and len({row.family for row in listed.instructions}) >= 8


def test_options_say_what_is_measured(tmp_path):
    def read(*words):
        return parse(eval_editing_parser(), [*words, "--out", str(tmp_path / "out")])

    assert read().instructions and read().edits
    assert read("--edits", "e.yaml").instructions is None and read("--instructions", "i.yaml").edits is None
    for words in (["--edits", "e.yaml", "--llm"], ["--llm"], ["--replies", "r.yaml"], ["--model", "m"]):
        with pytest.raises((UserError, SystemExit)):
            read(*words)
