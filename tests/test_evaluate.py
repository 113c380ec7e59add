"""The evaluation routine with a fake evaluator and random data, and the tables it ends in."""

import json

import numpy as np
import pytest
import torch
from fake_evaluation import (
    CLIPS,
    FRAMES,
    MEAN,
    NORMALISER,
    STD,
    WIDTH,
    FakeBatches,
    FakeEvaluator,
    joints_of,
    noisy,
)

from evaluation.routine import EvaluationSettings, RealMotion, evaluate, metric_means, summarise
from evaluation.tables import format_table, write_report
from models.evaluator import EvaluatorSizes, TextMotionEvaluator
from utils.normaliser import Normaliser
from utils.runtime import UserError


def run(produce=None, batches=None, evaluator=None, name="row", settings=None, **options):
    settings = settings or EvaluationSettings(repeats=2)
    produce, batches = produce or RealMotion(NORMALISER), batches or FakeBatches()
    options = {"normaliser": NORMALISER, "progress": False, "settings": settings} | options
    return evaluate(name, produce, batches, evaluator or FakeEvaluator(), **options)


def test_real_motion_has_no_distance_and_matches_its_captions():
    row = run()
    means = metric_means(row)
    assert means["fid"] < 1e-9 and means["top1"] == 1 and means["matching"] < 1e-4
    assert means["diversity"] > 1 and row["clips"] == CLIPS and row["short_clips"] == 0
    assert "mpjpe" not in means and "multimodality" not in means
    assert row["evaluator"] == FakeEvaluator.note


def test_a_worse_generator_scores_worse_and_a_perfect_one_like_real_motion():
    perfect, small, large = (
        metric_means(run(noisy(scale), recover_joints=joints_of)) for scale in (0, 1, 20)
    )
    assert perfect["fid"] < small["fid"] < large["fid"]
    assert perfect["mpjpe"] < 1e-3 < small["mpjpe"] < large["mpjpe"]
    assert perfect["matching"] < small["matching"] < large["matching"]
    assert large["top1"] < 0.9 and 0 <= large["top1"] <= large["top2"] <= large["top3"] <= 1
    assert {key: perfect[key] for key in ("top1", "diversity", "fid")} == pytest.approx(
        {key: value for key, value in metric_means(run()).items() if key in ("top1", "diversity", "fid")}
    )


def test_joint_errors_are_in_millimetres_and_over_valid_frames_only():
    def lift_second_joint(batch, generator):
        features, lengths = RealMotion(NORMALISER)(batch, generator)
        features = features.clone()
        features[..., 4] += 0.05  # y of joint 1, one of five: 50 mm / 5
        features[torch.arange(FRAMES) >= lengths[:, None]] = 99
        return features, lengths

    means = metric_means(run(lift_second_joint, recover_joints=joints_of))
    assert means["mpjpe"] == pytest.approx(10, rel=1e-3) and means["acceleration"] < 1e-2
    assert 1 < means["pa_mpjpe"] < 20  # least squares need not lower the mean distance


def test_foreign_captions_give_chance_retrieval():
    row = run(batches=FakeBatches(foreign_captions=True), settings=EvaluationSettings(repeats=20))
    top = [row["metrics"][f"top{k}"]["mean"] for k in (1, 2, 3)]
    assert top == pytest.approx([1 / 32, 2 / 32, 3 / 32], abs=0.03)


def test_multimodality_is_the_spread_of_generations_of_one_caption():
    settings = EvaluationSettings(
        repeats=3, multimodality_captions=40, multimodality_samples=6, multimodality_repeats=2
    )
    rows = [run(noisy(scale), settings=settings) for scale in (0, 1, 10)]
    spread = [row["metrics"]["multimodality"]["mean"] for row in rows]
    assert spread[0] < 1e-6 and spread[1] < spread[2] and 5 * spread[1] < spread[2] < 20 * spread[1]
    assert [len(row["metrics"]["multimodality"]["values"]) for row in rows] == [2, 2, 2]
    evaluator = FakeEvaluator()
    run(noisy(1), settings=settings, evaluator=evaluator)
    assert (
        evaluator.encoded == CLIPS + 3 * CLIPS + 2 * 40 * 6
    )  # real once, produced thrice, 40 captions x 6 twice
    evaluator = FakeEvaluator()
    run(evaluator=evaluator, settings=EvaluationSettings(repeats=5))
    assert evaluator.encoded == CLIPS  # real motion is embedded once for all repeats


def test_same_seed_same_numbers_another_seed_others():
    values = [run(noisy(3), settings=EvaluationSettings(repeats=2, seed=seed)) for seed in (0, 0, 1)]
    assert values[0]["metrics"] == values[1]["metrics"] != values[2]["metrics"]
    first, second = values[0]["metrics"]["matching"]["values"]
    assert first != second


@pytest.mark.parametrize("batch_size", [16, 7, 96])
def test_batch_size_of_the_embedding_does_not_change_results(batch_size):
    torch.manual_seed(0)
    evaluator = TextMotionEvaluator(EvaluatorSizes(259, 8, 8, 8, 8, 300, 15, 16)).eval()
    expected, found = (
        metric_means(run(batches=FakeBatches(n), evaluator=evaluator)) for n in (32, batch_size)
    )
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_evaluators_own_statistics_are_used_for_its_input():
    class Scaled(FakeEvaluator):
        normaliser = Normaliser(MEAN, STD / 2)

    seen = metric_means(run(evaluator=Scaled()))["diversity"]
    assert seen == pytest.approx(2 * metric_means(run())["diversity"], rel=1e-4)


def test_clips_that_end_at_once_are_measured_and_reported():
    def nothing(batch, generator):
        return torch.zeros(len(batch["lengths"]), 2, WIDTH), torch.zeros(
            len(batch["lengths"]), dtype=torch.int64
        )

    row = run(nothing)
    assert row["short_clips"] == 2 * CLIPS and np.isfinite(row["metrics"]["fid"]["mean"])
    assert row["metrics"]["top1"]["mean"] == 0  # all alike: ties count against
    assert "192 produced clip(s) under 4 frames" in format_table([row])


def test_small_sets_use_a_smaller_retrieval_batch_and_say_so_and_one_clip_is_an_error():
    row = run(batches=FakeBatches(clips=10))
    assert row["settings"]["retrieval_batch"] == 10 and "retrieval among 10" in format_table([row])
    with pytest.raises(UserError, match="only 1 clip"):
        run(batches=FakeBatches(clips=1))


def test_interval_by_hand():
    assert summarise([1.0, 3.0])["interval"] == pytest.approx(1.96 * 1 / np.sqrt(2))
    assert summarise([2.0]) == {"mean": 2.0, "interval": None, "values": [2.0]}


# ------------------------------------------------------------------------------ tables


def test_table_is_aligned_markdown_with_dashes_for_what_was_not_measured(tmp_path):
    rows = [run(name="real motion"), run(noisy(1), name="tokenizer", recover_joints=joints_of)]
    lines = format_table(rows).splitlines()
    table = lines[:4]
    assert len({len(line) for line in table}) == 1 and all(
        line.count("|") == table[0].count("|") for line in table
    )
    assert table[2].startswith("| real motion |") and "–" in table[2] and "–" not in table[3]
    assert "multimodality" not in table[0] and "PA-MPJPE mm" in table[0]
    assert len(lines) == 6 and "own evaluator" in lines[5] and "comparable only among themselves" in lines[5]
    rows[0]["evaluator"] = {"origin": "official", "word_vectors": "glove"}
    assert "official evaluator (word vectors: glove)" in format_table(rows[:1])


def test_report_holds_every_value_and_setting(tmp_path):
    row = run(name="real motion")
    row["metrics"]["fid"]["mean"] = float("nan")
    path = write_report(tmp_path / "a" / "report.json", [row], {"seed": 3, "folder": tmp_path})
    report = json.loads(path.read_text())
    assert report["arguments"] == {"seed": 3, "folder": str(tmp_path)}
    assert (
        report["rows"][0]["settings"]["repeats"] == 2
        and len(report["rows"][0]["metrics"]["top1"]["values"]) == 2
    )
    assert report["rows"][0]["metrics"]["fid"]["mean"] is None
