"""Keywords for any captions: rules, a language model behind a local server, files in CoMo's format."""

from __future__ import annotations

import json

import numpy as np
import pytest
from chat_server import SECRET
from toy_layout import fake_encode

from dataset.keyword_endpoint import BadReply, CachedKeywords, EndpointKeywords, parse_reply
from dataset.keyword_rules import KEYWORDS, keywords_by_rules
from dataset.keywords import KeywordReader
from dataset.prepare import make_keywords
from utils.runtime import UserError

GOOD = {key: [f"{key} {n}" for n in range(3)] for key in KEYWORDS}


@pytest.fixture
def data(tmp_path):
    """Three clips and the mirror image of one; two clips share a caption."""
    root = tmp_path / "data"
    (root / "texts").mkdir(parents=True)
    captions = {
        "a": "a person waves with the left hand",
        "Ma": "a person waves with the right hand",
        "b": "a person sits",
        "c": "a person sits",
    }
    for name, text in captions.items():
        lines = [f"{text}#a/DET person/NOUN#0.0#0.0", "short#short/ADJ#0.0#0.0"]
        (root / "texts" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return root


def texts_of(root, name: str) -> dict:
    return np.load(root / "keywords" / f"{name}.npy", allow_pickle=True).item()


# ----------------------------------------------------------------------------------------------- rules
def test_rules_know_actions_sides_and_moods():
    found = keywords_by_rules("A man slowly waves with his left hand")
    assert found["left hand"] != found["right hand"] and "waving" in found["left hand"]
    assert found["right hand"] == keywords_by_rules("a person is there")["right hand"]
    assert found["mood"][0] == "slow"
    run = keywords_by_rules("someone runs forward")
    assert run["left leg"] == run["right leg"] and run["left leg"][0] == "running"


@pytest.mark.parametrize("caption", ["", "x", "a person does a cartwheel", "LEFT RIGHT"])
def test_rules_always_give_all_eleven_three_times(caption):
    found = keywords_by_rules(caption)
    assert tuple(found) == KEYWORDS
    assert all(len(group) == 3 and all(group) for group in found.values())


# --------------------------------------------------------------------------------------------- replies
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "I can't do that",
        "[1]",
        json.dumps({key: GOOD[key] for key in KEYWORDS[:-1]}),
        json.dumps(GOOD | {"tail": ["a", "b", "c"]}),
        json.dumps(GOOD | {"head": ["a", "b"]}),
        json.dumps(GOOD | {"head": ["a", "b", 3]}),
        json.dumps(GOOD | {"head": ["a", "b", ""]}),
        json.dumps(GOOD | {"head": ["a", "b", "  "]}),
        json.dumps(GOOD | {"head": ["a", "b", "long " * 100]}),
    ],
)
def test_malformed_replies_are_told(text):
    with pytest.raises(BadReply):
        parse_reply(text)


def test_replies_may_stand_in_code_fences():
    assert parse_reply(f"```json\n{json.dumps(GOOD)}\n```") == GOOD


# -------------------------------------------------------------------------------------------- endpoint
def test_a_model_is_asked_with_the_schema_and_malformed_replies_again(chat_server):
    server = chat_server("no JSON", json.dumps(GOOD))
    assert EndpointKeywords("m", server.base)("a person bows") == GOOD
    first = server.requests[0]
    assert first["response_format"]["type"] == "json_schema" and first["model"] == "m"
    assert first["messages"][-1] == {"role": "user", "content": "a person bows"}
    assert server.keys == [f"Bearer {SECRET}"] * 2


def test_rate_limits_and_failing_servers_are_waited_out(chat_server):
    server = chat_server((429, "slow down"), (503, "busy"), json.dumps(GOOD))
    assert EndpointKeywords("m", server.base, retries=3)("a person bows") == GOOD
    assert len(server.requests) == 3


def test_servers_without_json_schema_are_asked_for_less(chat_server):
    server = chat_server((400, "no json_schema"), (400, "no json_object"), json.dumps(GOOD))
    source = EndpointKeywords("m", server.base)
    assert source("a") == GOOD and source("b") == GOOD
    kinds = [request.get("response_format", {}).get("type") for request in server.requests]
    assert kinds == ["json_schema", "json_object", None, None]


def test_refusals_are_one_line_without_the_key(chat_server, monkeypatch):
    with pytest.raises(UserError, match="401: .*wrong key") as error:
        EndpointKeywords("m", chat_server((401, "wrong key")).base)("a")
    assert SECRET not in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(UserError, match="can't be reached"):
        EndpointKeywords("m", "http://127.0.0.1:9/v1", retries=0)("a")
    with pytest.raises(BadReply, match="2 malformed"):
        EndpointKeywords("m", chat_server("nonsense").base, attempts=2)("a")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UserError, match="OPENAI_API_KEY"):
        EndpointKeywords("m")


def test_a_cache_is_of_one_model_and_survives_damage(tmp_path):
    asked = []

    def source(caption):
        asked.append(caption)
        return GOOD

    cached = CachedKeywords(source, tmp_path, "m")
    assert cached("a") == cached("a") == GOOD and asked == ["a"]
    next(tmp_path.glob("*.json")).write_text("{")
    assert cached("a") == GOOD and asked == ["a", "a"]
    CachedKeywords(source, tmp_path, "other")("a")
    assert asked == ["a", "a", "a"]


# ---------------------------------------------------------------------------------------------- script
def test_files_are_comos_and_a_second_run_asks_nothing(data, chat_server, capsys):
    server = chat_server(json.dumps(GOOD))
    arguments = ["--data-root", str(data), "--api-base", server.base, "--skip-embeddings", "--model", "m"]
    make_keywords.main(arguments)
    asked = sorted(request["messages"][-1]["content"] for request in server.requests)
    assert asked == ["a person sits", "a person waves with the left hand"]  # the longest, each once
    assert texts_of(data, "b") == texts_of(data, "c") == texts_of(data, "a") == GOOD
    assert texts_of(data, "Ma")["left arm"] == [f"left arm {n}" for n in range(3)]
    assert KeywordReader(data, 16, fake_encode, "fake").read("a").shape == (33, 16)
    make_keywords.main(arguments)
    (data / "keywords/b.npy").unlink()
    make_keywords.main(arguments)  # from the cache
    assert len(server.requests) == 2 and texts_of(data, "b") == GOOD
    written = "".join(path.read_text() for path in (data / ".cache").rglob("*.json"))
    assert SECRET not in written + "".join(capsys.readouterr())


def test_captions_without_a_proper_reply_are_named_and_left_out(data, chat_server, capsys):
    bad = json.dumps(GOOD | {"head": []})
    server = chat_server(bad, bad, bad, json.dumps(GOOD))
    arguments = ["--data-root", str(data), "--api-base", server.base, "--skip-embeddings", "--workers", "1"]
    make_keywords.main(arguments)
    assert "1 clips left out" in capsys.readouterr().err
    assert not (data / "keywords/a.npy").exists() and not (data / "keywords/Ma.npy").exists()
    assert texts_of(data, "b") == GOOD


def test_a_refusing_server_stops_the_run_with_nothing_half_written(data, chat_server):
    with pytest.raises(UserError, match="401"):
        make_keywords.main(["--data-root", str(data), "--api-base", chat_server((401, "no")).base])
    assert not list(data.glob("keyword*/*"))


def test_offline_keywords_mirror_and_embed(data, monkeypatch):
    import models.text_encoder as module

    class Encoder:
        name, width = "clip", 16
        encode = staticmethod(fake_encode)

    monkeypatch.setattr(module, "load_text_encoder", lambda *args: Encoder())
    make_keywords.main(["--data-root", str(data), "--offline"])
    original, mirrored = texts_of(data, "a"), texts_of(data, "Ma")
    assert mirrored["right hand"] == original["left hand"] != original["right hand"]
    vectors = np.load(data / "keyword_embeddings/Ma.npy")
    flat = [text for key in KEYWORDS for text in mirrored[key]]
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, fake_encode(flat))
    Encoder.width = 8
    with pytest.raises(UserError, match="--force"):
        make_keywords.main(["--data-root", str(data), "--offline"])


def test_no_captions(tmp_path):
    with pytest.raises(UserError, match="texts has no captions"):
        make_keywords.main(["--data-root", str(tmp_path), "--offline"])
