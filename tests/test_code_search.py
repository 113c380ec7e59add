"""Residual codes that are searched for: the best of all sums, never worse than the encoder's, each clip by itself."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from takes import take
from tiny_models import stir, tiny_tokenizer

from dataset.features import extract_features, recover_joints
from dataset.motion_clip import MotionClip
from dataset.pose_codes import parse_pose_codes
from dataset.spec import get_spec
from editing.decode import Codec
from editing.sources import clip_of
from evaluation.motion_quality import code_faithfulness
from evaluation.producers import reconstruction
from models.build import load_tokenizer, normaliser_of
from models.code_search import ENCODE, LONGEST_SEARCHED, obeying_clip, obeying_codes, search_codes
from models.pg_tokenizer import PGTokenizer
from models.residual_quantizer import ResidualQuantizer
from models.sampling import GUIDED, PUBLISHED, Sampling
from utils.foot_contact import standing_pace
from utils.metrics import mpjpe
from utils.normaliser import Normaliser

SMALL = Path(__file__).resolve().parents[1] / "pretrained/small/exp_pg_tokenizer"
WALK, BOW = (take(name, 1).joints[:65] for name in ("walk", "bow"))
FEW = replace(ENCODE, iterations=8)


@pytest.fixture(scope="module")
def small() -> PGTokenizer:
    """The shipped tokenizer, which knows how people move."""
    tokenizer = load_tokenizer(SMALL)
    normaliser_of(tokenizer)
    return tokenizer


def encoded(tokenizer: PGTokenizer, *takes: np.ndarray) -> tuple[torch.Tensor, ...]:
    """Normalised features (B, T, D), pose codes (B, L, 70) and lengths (B,) of joints, padded with zeros."""
    features = [extract_features(joints) for joints in takes]
    features = [rows[: len(rows) // 4 * 4] for rows in features]
    codes = [parse_pose_codes(recover_joints(rows)[::4], "heading") for rows in features]
    motions = [torch.from_numpy(tokenizer.normaliser.normalise(rows)).float() for rows in features]
    pad = torch.nn.utils.rnn.pad_sequence
    lengths = torch.tensor([len(rows) for rows in features])
    return pad(motions, True), pad([torch.from_numpy(rows).long() for rows in codes], True), lengths


def joints_of(tokenizer: PGTokenizer, pose_codes: torch.Tensor, residual: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return recover_joints(tokenizer.normaliser.restore(tokenizer.decode(pose_codes, residual)).numpy())


# ------------------------------------------------------------------------------------------------- beams
@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_a_beam_as_wide_as_all_beginnings_finds_the_nearest_sum(kind):
    torch.manual_seed(0)
    rvq = ResidualQuantizer(3, 4, 5, kind=kind)
    latents = torch.randn(2, 6, 5)
    with torch.no_grad():
        sums = {
            choice: sum(layer.values()[code] for layer, code in zip(rvq.quantizers, choice, strict=True))
            for choice in product(range(4), repeat=3)
        }
    found = rvq.encode(latents, beams=16)
    for latent, codes in zip(latents.reshape(-1, 5), found.reshape(-1, 3), strict=True):
        nearest = min(sums, key=lambda choice: float((sums[choice] - latent).square().sum()))
        assert tuple(codes.tolist()) == nearest


def test_more_beams_come_nearer_and_one_is_the_published_way():
    torch.manual_seed(0)
    rvq = ResidualQuantizer(4, 16, 8, kind="hard")
    latents = torch.randn(3, 20, 8)

    def distance(beams: int) -> float:
        return float((rvq.decode(rvq.encode(latents, beams)) - latents).square().mean())

    assert torch.equal(rvq.encode(latents), rvq.encode(latents, beams=1))
    residual, greedy = latents.reshape(-1, 8), []
    for layer in rvq.quantizers:
        greedy.append(layer.encode(residual))
        residual = residual - layer.values()[greedy[-1]]
    assert torch.equal(rvq.encode(latents).reshape(-1, 4), torch.stack(greedy, -1))
    assert distance(8) < distance(2) < distance(1)


# ------------------------------------------------------------------------------------ motions and their codes
def test_searched_codes_decode_to_a_closer_motion_that_obeys_its_pose_codes_better(small):
    motion, pose_codes, _ = encoded(small, WALK, BOW)
    wanted = recover_joints(small.normaliser.restore(motion).numpy())
    plain = joints_of(small, pose_codes, small.encode(motion, pose_codes))
    searched = joints_of(small, pose_codes, search_codes(small, motion, pose_codes))
    assert mpjpe(searched, wanted) < 0.8 * mpjpe(plain, wanted)

    def obeyed(joints: np.ndarray) -> float:
        rows = zip(joints, pose_codes.numpy(), strict=True)
        return float(np.mean([code_faithfulness(clip, codes, "heading")["codes"] for clip, codes in rows]))

    assert obeyed(searched) > obeyed(plain)


def test_a_clip_is_searched_by_itself(small):
    """Beside another one, in another place, with padding after it."""
    motion, pose_codes, lengths = encoded(small, WALK[:41], BOW)
    together = search_codes(small, motion, pose_codes, lengths, FEW)
    turned = search_codes(small, motion.flip(0), pose_codes.flip(0), lengths.flip(0), FEW)
    alone = search_codes(small, motion[:1, :40], pose_codes[:1, :10], settings=FEW)
    assert (together[0, 10:] == -1).all() and (together[1] >= 0).all()
    for other in (turned[1, :10], alone[0]):
        # A sum of other order may tip a code over; the motion stays.
        assert (together[0, :10] == other).float().mean() > 0.9


def test_no_iteration_is_a_beam_alone(small):
    motion, pose_codes, _ = encoded(small, BOW)
    with torch.no_grad():
        latent = small.encoder(motion) - small.pc_encoder(pose_codes)
    found = search_codes(small, motion, pose_codes, settings=replace(ENCODE, iterations=0))
    assert torch.equal(found, small.rvq.encode(latent, beams=4))


def test_the_search_leaves_the_tokenizer_as_it_is(small):
    before = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    motion, pose_codes, _ = encoded(small, BOW)
    search_codes(small, motion, pose_codes, settings=FEW)
    assert all(torch.equal(tensor, before[name]) for name, tensor in small.state_dict().items())
    assert all(parameter.grad is None for parameter in small.parameters())


def test_other_skeletons_are_searched_without_pose_codes():
    """KIT-ML's pose codes and feet are not measured; its joints are."""
    spec = get_spec("kit")
    tokenizer = stir(tiny_tokenizer(features=spec.layout.width))
    tokenizer.info = Namespace(spec=spec, pose_frame="world")
    width = spec.layout.width
    tokenizer.normaliser = Normaliser(np.zeros(width), np.ones(width))
    motion, pose_codes = torch.randn(2, 16, width) * 0.1, torch.zeros(2, 4, 70, dtype=torch.long)
    found = search_codes(tokenizer, motion, pose_codes, settings=FEW)
    assert found.shape == (2, 4, 3) and (found >= 0).all()
    steps = torch.tensor([4, 4])
    assert obeying_codes(tokenizer, pose_codes, found, steps, 5) is found


# --------------------------------------------------------------------------------- generated motion obeys its codes
@pytest.fixture(scope="module")
def disobedient(small) -> MotionClip:
    """A clip of residual codes that were drawn at random for steps of a bow."""
    motion, pose_codes, _ = encoded(small, BOW)
    residual = small.encode(motion, pose_codes)
    noise = torch.Generator().manual_seed(0)
    drawn = torch.randint(small.residual_vocabulary, residual.shape, generator=noise)
    residual = torch.where(torch.rand(residual.shape, generator=noise) < 0.3, drawn, residual)
    with torch.no_grad():
        features = small.normaliser.restore(small.decode(pose_codes, residual)[0].numpy())
    return MotionClip(
        text="a person bows",
        features=features,
        joints=recover_joints(features),
        pose_codes=pose_codes[0].numpy(),
        residual_codes=residual[0].numpy(),
        fps=20.0,
        pose_frame="heading",
    )


def test_a_motion_is_moved_until_it_obeys_its_pose_codes(small, disobedient):
    after = obeying_clip(small, disobedient, 20)
    before = code_faithfulness(disobedient.joints, disobedient.pose_codes, "heading")["codes"]
    assert code_faithfulness(after.joints, after.pose_codes, "heading")["codes"] > before + 0.02
    assert np.array_equal(after.pose_codes, disobedient.pose_codes)
    assert mpjpe(after.joints[None], disobedient.joints[None]) < 60  # the same motion
    decoded = joints_of(
        small, *(torch.from_numpy(codes)[None] for codes in (after.pose_codes, after.residual_codes))
    )[0]
    np.testing.assert_allclose(after.joints, decoded, atol=1e-5)  # what the codes say is what is seen


def test_what_is_not_asked_or_too_long_stays(small, disobedient):
    assert obeying_clip(small, disobedient, 0) is disobedient
    bare = replace(disobedient, residual_codes=None)
    assert obeying_clip(small, bare, 5) is bare
    frames = int(LONGEST_SEARCHED * disobedient.fps) + 1
    long = replace(disobedient, features=np.zeros((frames, 263), np.float32))
    assert obeying_clip(small, long, 5) is long


def test_published_models_draw_as_published():
    assert PUBLISHED.obey == 0 and Sampling().with_own(PUBLISHED).obey == 0
    assert Sampling(obey=3).with_own(GUIDED).obey == 3 and Sampling().with_own(GUIDED).obey == 20


# ---------------------------------------------------------------------------------------------- who uses it
def test_files_are_encoded_with_a_search_and_edits_without(small):
    codec = Codec(small)
    features = extract_features(BOW)
    clip = clip_of(features, codec)
    quick = codec.encode(features, clip.pose_codes)

    def error(residual: np.ndarray) -> float:
        decoded = recover_joints(codec.decode(clip.pose_codes, residual, len(features)))
        return float(mpjpe(decoded[None], recover_joints(features)[None]))

    assert error(np.asarray(clip.residual_codes)) < 0.9 * error(quick)


def test_the_row_of_searched_codes_is_the_search(small):
    motion, pose_codes, lengths = encoded(small, WALK[:41], BOW)
    batch = {"motion": motion, "pose_codes": pose_codes, "lengths": lengths}
    made = reconstruction(small, search_iterations=8)(batch, torch.Generator())
    codes = search_codes(small, motion, pose_codes, lengths, FEW)
    with torch.no_grad():
        expected = small.normaliser.restore(small.decode(pose_codes, codes, lengths // 4))
    torch.testing.assert_close(made.features, expected)


# ----------------------------------------------------------------------------------------------- standing feet
def test_feet_that_stand_are_told_by_the_motion_wanted():
    still = torch.zeros(1, 5, 22, 3, dtype=torch.float64)
    gliding = still + 0.01 * torch.arange(5)[None, :, None, None] * torch.tensor([1.0, 0, 0])
    pace, stands = standing_pace(gliding, still)
    assert stands.all() and pace.shape == stands.shape == (1, 4, 4)
    torch.testing.assert_close(pace, torch.full_like(pace, 0.01), atol=1e-6, rtol=0)
    assert not standing_pace(still, 2 * gliding)[1].any()  # they move
    assert not standing_pace(still, still + torch.tensor([0, 0.5, 0]))[1].any()  # they are in the air
