"""Flags: every published command parses with its meaning, presets, precedence, flags without effect."""

from __future__ import annotations

import json
import shlex

import pytest
from published_commands import PUBLISHED

import options
from models.follow import FROM_TRANSFORMER, inherit
from options.core import parse, read_preset
from options.evaluator import add_evaluator_model_options
from utils.checkpoint import write_arguments
from utils.runtime import UserError

DATE = "2025-01-02-03-04-05"

ALL = (*PUBLISHED, "evaluator", "generate")


def make(name: str):
    return getattr(options, f"{name}_parser")()


def words(command: str) -> list[str]:
    return shlex.split(command.replace("{date}", DATE))


def given(argv: list[str]) -> dict[str, list[str]]:
    """The command's flags and the words after each, read independently of argparse."""
    flags: dict[str, list[str]] = {}
    for word in argv:
        if word.startswith("--"):
            flags[word] = values = []
        else:
            values.append(word)
    return flags


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_command_parses_with_its_values(name):
    argv = words(PUBLISHED[name])
    args = vars(parse(make(name), argv))
    for flag, values in given(argv).items():
        parsed = args[flag.removeprefix("--").replace("-", "_")]
        if not values:
            assert parsed is True, flag
        elif isinstance(parsed, list):
            assert [float(one) for one in values] == parsed, flag
        elif isinstance(parsed, int | float):
            assert float(values[0]) == parsed, flag
        else:
            assert values[0] == parsed, flag
    json.dumps(args)


@pytest.mark.parametrize("name", PUBLISHED)
def test_embedded_commands_are_the_published_ones(name, shared):
    scripts = {"tokenizer": "train_pg_tokenizer", "base": "train_base_trans", "refine": "train_refine_trans"}
    scripts |= {f"eval_{short}": full.replace("train", "eval") for short, full in scripts.items()}
    text = (shared / "seed/README_published.md").read_text()
    start = text.index(f"python {scripts[name]}.py")
    command = text[start : text.index("```", start)].replace("\\\n", " ")
    for number in "123":
        command = command.replace("{date" + number + "}", "{date}")
    assert words(command)[2:] == words(PUBLISHED[name])


@pytest.mark.parametrize("name", ALL)
def test_every_flag_explains_itself(name):
    parser = make(name)
    assert all(action.help for action in parser._actions)
    assert "--preset" in parser.format_help()


def test_published_defaults():
    tokenizer, base = parse(make("tokenizer"), []), parse(make("base"), ["--dec-checkpoint-folder", "x"])
    assert (tokenizer.code_dim, tokenizer.width, tokenizer.rvq_num_quantizers) == (512, 512, 6)
    assert (tokenizer.window_size, tokenizer.gamma, tokenizer.vq_norm) == (64, 0.05, None)
    assert (base.embed_dim_gpt, base.clip_dim, base.block_size) == (1024, 512, 62)


def test_both_spellings():
    assert parse(make("base"), ["--dec-checkpoint-folder", "x", "--num-workers", "3"]).num_workers == 3
    folders = ["--dec-checkpoint-folder", "x", "--t2m-checkpoint-folder", "y"]
    assert parse(make("eval_base"), [*folders, "--mm-mode"]).mm_mode is True


def test_presets_set_defaults_later_ones_win_and_flags_win_over_all(tmp_path):
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("lr: 1e-3\nwidth: 64\ndetach-p-latent: true\nlr_scheduler: [10, 20]\nvq-norm: None\n")
    second.write_text("width: 32\n")
    argv = ["--preset", str(first), "--preset", str(second)]
    args = parse(make("tokenizer"), argv)
    assert (args.lr, args.width, args.detach_p_latent, args.lr_scheduler) == (1e-3, 32, True, [10, 20])
    assert args.preset == [str(first), str(second)] and "lr" not in args.explicit
    args = parse(make("tokenizer"), [*argv, "--width", "16", "--no-detach-p-latent", "--lr-scheduler", "5"])
    assert (args.lr, args.width, args.detach_p_latent, args.lr_scheduler) == (1e-3, 16, False, [5])


def test_an_explicit_flag_equal_to_its_default_still_wins(tmp_path):
    preset = tmp_path / "a.yaml"
    preset.write_text("width: 64\n")
    assert parse(make("tokenizer"), ["--preset", str(preset), "--width", "512"]).width == 512


def test_preset_can_give_a_required_flag_and_captions(tmp_path):
    preset = tmp_path / "a.yaml"
    preset.write_text("dec-checkpoint-folder: models/tok\n")
    assert parse(make("base"), ["--preset", str(preset)]).dec_checkpoint_folder == "models/tok"
    preset.write_text("text: [a person jumps]\nseconds: 4\n")
    args = parse(make("generate"), ["--preset", str(preset)])
    assert args.text == ["a person jumps"] and args.seconds == 4.0
    assert parse(make("generate"), ["--preset", str(preset), "a person sits"]).text == ["a person sits"]


@pytest.mark.parametrize("name", ["tokenizer", "base", "refine", "evaluator"])
def test_shipped_presets_fit_their_scripts(name, repo):
    parser = make(name)
    if name == "evaluator":
        parser = add_evaluator_model_options(parser)
    found = sorted(repo.glob(f"configs/*/{name}.yaml"))
    assert any(path.parent.name == "toy" for path in found)
    for path in found:
        values = read_preset(path, parser.settings())
        assert values["dataname"] and not set(values) & set(parser.ignored), path


@pytest.mark.parametrize(("name", "stage"), [("decoder", "tokenizer"), ("matcher", "evaluator")])
def test_presets_given_after_others_fit_their_scripts(name, stage, repo):
    parser = make(stage)
    if stage == "evaluator":
        parser = add_evaluator_model_options(parser)
    values = read_preset(repo / "configs" / "small" / f"{name}.yaml", parser.settings())
    assert values and not set(values) & set(parser.ignored)


def test_a_decoder_for_frozen_codes_needs_a_trained_tokenizer():
    with pytest.raises(
        UserError, match="--freeze-codes keeps the codes of a trained tokenizer: name it by --resume-pth"
    ):
        parse(make("tokenizer"), ["--freeze-codes"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("widht: 3", "unknown key 'widht'; did you mean width"),
        ("width: wide", "width: bad value 'wide'"),
        ("vq-act: tanh", "use one of relu, silu, gelu"),
        ("detach-p-latent: 3", "expected true or false"),
        ("adam-betas: [0.9]", "expected 2 values"),
        ("[1, 2]", "expected lines"),
        ("a: [", "not YAML"),
    ],
)
def test_bad_presets_name_file_and_key(tmp_path, text, expected):
    preset = tmp_path / "bad.yaml"
    preset.write_text(text)
    with pytest.raises(UserError, match="bad.yaml") as error:
        parse(make("tokenizer"), ["--preset", str(preset)])
    assert expected in str(error.value) and "\n" not in str(error.value)


def test_missing_preset_and_unknown_flags():
    with pytest.raises(UserError, match="none.yaml"):
        parse(make("tokenizer"), ["--preset", "none.yaml"])
    for argv in (["--widht", "3"], ["--wid", "3"], ["--vq-act", "tanh"], []):
        with pytest.raises(UserError) as error:
            parse(make("base"), argv)
        assert "--help lists the flags" in str(error.value) and "\n" not in str(error.value)


def test_resume_takes_over_the_stored_settings(tmp_path):
    stored = parse(make("tokenizer"), ["--width", "48", "--total-iter", "10"])
    write_arguments(tmp_path, stored)
    args = parse(make("tokenizer"), ["--resume", str(tmp_path), "--total-iter", "20"])
    assert (args.width, args.total_iter, args.resume) == (48, 20, str(tmp_path))
    with pytest.raises(UserError, match="arguments.yaml"):
        parse(make("tokenizer"), ["--resume", str(tmp_path / "none")])


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["--nb-code", "100"], "--nb-code 100"),
        (["--lr", "0"], "--lr 0"),
        (["--grad-accum", "0"], "--grad-accum 0"),
        (["--grad-clip", "-1"], "--grad-clip -1"),
    ],
)
def test_impossible_numbers_name_the_flag(argv, expected):
    with pytest.raises(UserError, match=expected):
        parse(make("tokenizer"), argv)


@pytest.mark.parametrize("value", ["inf", "nan", "-1"])
@pytest.mark.parametrize("flag", ["--temperature", "--guidance-scale"])
def test_sampling_needs_finite_numbers(flag, value):
    argv = ["a person walks", f"{flag}={value}"]
    if (flag, value) == ("--guidance-scale", "-1"):
        assert parse(make("generate"), argv).guidance_scale == -1  # away from the text: odd, but meant
        return
    with pytest.raises(UserError, match=flag):
        parse(make("generate"), argv)


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999999"])
def test_seeds_fit_all_generators(seed):
    with pytest.raises(UserError, match=f"--seed {seed}"):
        parse(make("tokenizer"), [f"--seed={seed}"])


def test_text_width_follows_the_encoder():
    folder = ["--dec-checkpoint-folder", "x"]
    assert parse(make("base"), [*folder, "--text-encoder", "minilm"]).clip_dim == 384
    with pytest.raises(UserError, match="--clip-dim 100"):
        parse(make("base"), [*folder, "--clip-dim", "100"])


def test_refine_needs_the_base_folder_to_copy_its_embedding():
    with pytest.raises(UserError, match="--t2m-checkpoint-folder"):
        parse(make("refine"), ["--dec-checkpoint-folder", "x", "--load-pretrained-pose-code-emb"])


def test_flags_without_effect_say_so_when_given_and_only_then(capsys):
    folder = ["--dec-checkpoint-folder", "x"]
    parse(make("base"), folder)
    assert capsys.readouterr().err == ""
    parse(make("base"), [*folder, "--output-emb-width", "392", "--depth", "3"])
    err = capsys.readouterr().err
    assert "--output-emb-width" in err and "--depth (comes from --dec-checkpoint-folder)" in err
    parse(make("eval_tokenizer"), [*folder, "--lr", "1e-4", "--down-t", "2", "--repeats", "3"])
    err = capsys.readouterr().err
    assert "--lr" in err and "--down-t" in err and "--repeats" not in err


def test_evaluation_follows_the_trained_model():
    folder = ["--dec-checkpoint-folder", "x"]
    stored = {"dataname": "toy", "data_root": "here", "pose_frame": "heading", "kit_codes": "corrected"}
    args = inherit(parse(make("eval_tokenizer"), folder), stored, "x")
    assert (args.dataname, args.data_root, args.pose_frame) == ("toy", "here", "heading")
    args = inherit(parse(make("eval_tokenizer"), [*folder, "--dataname", "kit"]), stored, "x")
    assert (args.dataname, args.data_root) == ("kit", None)
    published = inherit(parse(make("eval_tokenizer"), folder), {"dataname": "t2m"}, "x")
    assert (published.pose_frame, published.kit_codes) == ("world", "published")
    with pytest.raises(UserError, match="--pose-frame world: x was trained with heading"):
        inherit(parse(make("eval_tokenizer"), [*folder, "--pose-frame", "world"]), stored, "x")


def test_the_tokenizer_has_no_say_in_the_text_encoder_but_a_transformer_has():
    folder = ["--dec-checkpoint-folder", "x"]
    args = parse(make("base"), [*folder, "--text-encoder", "minilm"])
    args = inherit(args, {"dataname": "toy", "use_keywords": True, "pose_frame": "heading"}, "x")
    assert (args.text_encoder, args.use_keywords, args.dataname) == ("minilm", False, "toy")
    evaluation = [*folder, "--t2m-checkpoint-folder", "y"]
    stored = {"text_encoder": "minilm", "clip_dim": 384, "use_keywords": False}
    args = inherit(parse(make("eval_base"), evaluation), stored, "y", FROM_TRANSFORMER)
    assert (args.text_encoder, args.clip_dim, args.use_keywords) == ("minilm", 384, False)
    with pytest.raises(UserError, match="--text-encoder clip: y was trained with minilm"):
        argv = [*evaluation, "--text-encoder", "clip"]
        inherit(parse(make("eval_base"), argv), stored, "y", FROM_TRANSFORMER)
    args = inherit(parse(make("eval_base"), evaluation), {}, "published", FROM_TRANSFORMER)
    assert (args.text_encoder, args.use_keywords) == ("clip", True)
