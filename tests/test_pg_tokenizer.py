"""The PG tokenizer: padding, codes in and out, gradients, residual dropout, and that it can learn a batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import random_pose_codes, stir, tiny_tokenizer

from dataset.features import extract_features, feature_statistics, recover_joints
from dataset.pose_codes import parse_pose_codes, to_khot
from dataset.spec import get_spec
from models.masks import length_mask
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.resnet1d import upsampled_conv
from training.losses import DEFAULT_MOTION_LOSSES, MotionLoss
from utils.metrics import mpjpe

SPEC = get_spec("t2m")
LENGTHS = (64, 24, 40)
VARIANTS = [
    pytest.param({}, id="published"),
    pytest.param({"down_t": 1}, id="down-1"),
    pytest.param({"down_t": 3, "activation": "gelu"}, id="down-3-gelu"),
    pytest.param({"norm": "LN", "activation": "silu"}, id="layer-norm-silu"),
    pytest.param({"norm": "GN", "width": 64}, id="group-norm"),
    pytest.param({"norm": "BN"}, id="batch-norm"),
    pytest.param({"quantizer": {"kind": "hard"}, "residual_ratio": 0.3}, id="hard-ratio"),
]


def motion_and_codes(
    model: PGTokenizer, batch: int = 3, frames: int = 64
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    motion = torch.randn(batch, frames, model.config.features, generator=generator)
    return motion, random_pose_codes(batch, frames // model.frames_per_step)


# ------------------------------------------------------------------------------- upsampling at half the cost
@pytest.mark.parametrize("masked", [False, True])
def test_upsampled_convolution_equals_upsampling_and_then_convolving(masked):
    """Values and gradients, up to the rounding of another order of sums."""
    torch.manual_seed(0)
    conv, upsample = torch.nn.Conv1d(6, 5, 3, padding=1).double(), torch.nn.Upsample(scale_factor=2)
    x = torch.randn(2, 6, 7, dtype=torch.float64, requires_grad=True)
    mask = length_mask(torch.tensor([7, 4]), 7).unsqueeze(1).double() if masked else None
    expected = conv(upsample(x if mask is None else x * mask))
    found, found_mask = upsampled_conv(conv, x, mask)
    torch.testing.assert_close(found, expected)
    assert found_mask is None if mask is None else torch.equal(found_mask, upsample(mask))
    weight = torch.randn_like(expected)
    inputs = (x, conv.weight, conv.bias)
    for one, other in zip(
        torch.autograd.grad((found * weight).sum(), inputs),
        torch.autograd.grad((expected * weight).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(one, other)


# ------------------------------------------------------------------------------------ padding and batches
@pytest.mark.parametrize("changes", VARIANTS)
def test_padded_batches_equal_each_clip_alone(changes):
    model = tiny_tokenizer(**changes)
    motion, pose_codes = motion_and_codes(model)
    motion = motion * 10  # what lies beyond a clip's end is loud, so that a leak shows
    lengths = torch.tensor(LENGTHS)
    steps = lengths // model.frames_per_step
    codes = model.encode(motion, pose_codes, lengths)
    decoded = model.decode(pose_codes, codes, steps)
    for row, (frames, count) in enumerate(zip(LENGTHS, steps.tolist(), strict=True)):
        alone = model.encode(motion[row : row + 1, :frames], pose_codes[row : row + 1, :count])
        assert torch.equal(codes[row, :count], alone[0])
        assert (codes[row, count:] == -1).all()
        clip = model.decode(pose_codes[row : row + 1, :count], alone)
        torch.testing.assert_close(decoded[row, :frames], clip[0], rtol=1e-4, atol=1e-5)
        assert not decoded[row, frames:].any()


def test_results_do_not_depend_on_the_order_of_the_batch():
    model = tiny_tokenizer()
    motion, pose_codes = motion_and_codes(model)
    order = torch.tensor([2, 0, 1])
    codes = model.encode(motion, pose_codes)
    assert torch.equal(model.encode(motion[order], pose_codes[order]), codes[order])
    torch.testing.assert_close(
        model.decode(pose_codes[order], codes[order]), model.decode(pose_codes, codes)[order]
    )


def test_length_mask():
    assert length_mask(torch.tensor([0, 2, 3]), 3).tolist() == [[False] * 3, [True, True, False], [True] * 3]


# ---------------------------------------------------------------------------------------------- the codes
@pytest.mark.parametrize("changes", VARIANTS)
def test_shapes_and_that_encode_then_decode_is_the_forward_pass(changes):
    model = tiny_tokenizer(**changes)
    motion, pose_codes = motion_and_codes(model)
    steps = 64 // model.frames_per_step
    codes = model.encode(motion, pose_codes)
    assert codes.shape == (3, steps, model.quantizers) and codes.dtype == torch.long
    output = model(motion, pose_codes)
    assert torch.equal(output.residual_codes, codes)
    decoded = model.decode(pose_codes, codes)
    assert decoded.shape == motion.shape
    torch.testing.assert_close(decoded, output.motion, rtol=1e-4, atol=1e-5)


def test_pose_latent_is_the_sum_of_the_active_codes():
    model = tiny_tokenizer()
    pose_codes = random_pose_codes(2, 5)
    khot = to_khot(pose_codes)
    latent = model.pc_encoder(pose_codes)
    rows = model.pc_encoder.codebook.weight
    torch.testing.assert_close(latent[1, 3], sum(rows[int(i)] for i in khot[1, 3].nonzero()))
    torch.testing.assert_close(model.pc_encoder(khot), latent)


def test_pose_codes_alone_is_decoding_with_every_stage_dropped():
    model = tiny_tokenizer()
    pose_codes = random_pose_codes(2, 8)
    dropped = torch.full((2, 8, model.quantizers), -1)
    torch.testing.assert_close(model.decode(pose_codes), model.decode(pose_codes, dropped))
    some = torch.randint(8, (2, 8, model.quantizers))
    assert not torch.allclose(model.decode(pose_codes), model.decode(pose_codes, some), atol=1e-3)
    assert torch.equal(model.decode(pose_codes, some.to(torch.int16)), model.decode(pose_codes, some))


def test_mismatched_lengths_are_refused():
    model = tiny_tokenizer()
    motion, pose_codes = motion_and_codes(model)
    with pytest.raises(ValueError, match="62 frames"):
        model.encode(motion[:, :62], pose_codes)
    with pytest.raises(ValueError, match="16 steps of pose codes, got 15"):
        model.encode(motion, pose_codes[:, :15])


# --------------------------------------------------------------------------------------------- training
def test_reconstruction_trains_the_encoder_through_the_quantizer():
    model = tiny_tokenizer().train()
    motion, pose_codes = motion_and_codes(model)
    model(motion, pose_codes).motion.square().mean().backward()
    for name in ("encoder.model.0.weight", "decoder.model.0.weight", "pc_encoder.codebook.weight"):
        assert model.get_parameter(name).grad.abs().max() > 0, name


@pytest.mark.parametrize("detach", [False, True])
def test_detached_pose_latents_get_no_gradient_from_the_residual(detach):
    model = tiny_tokenizer(detach_p_latent=detach).train()
    motion, pose_codes = motion_and_codes(model)
    model(motion, pose_codes).vq_loss.backward()
    grad = model.pc_encoder.codebook.weight.grad
    assert (grad is None or not grad.any()) if detach else grad.any()


def test_residual_dropout_decodes_pose_codes_alone_and_only_in_training():
    model = tiny_tokenizer(pdrop_res=0.5).train()
    motion, pose_codes = motion_and_codes(model)
    alone, whole = model.decode(pose_codes), model.decode(pose_codes, model.encode(motion, pose_codes))
    torch.manual_seed(0)
    seen = []
    for _ in range(40):
        output = model(motion, pose_codes).motion
        is_alone = torch.allclose(output, alone, atol=1e-5)
        assert is_alone or torch.allclose(output, whole, atol=1e-5)
        seen.append(is_alone)
    assert 8 <= sum(seen) <= 32
    model.eval()
    assert all(torch.allclose(model(motion, pose_codes).motion, whole, atol=1e-5) for _ in range(5))


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_a_resumed_tokenizer_goes_on_where_it_stopped(kind):
    """The flag that codebooks are initialised travels with the weights; the release loses it, and them."""
    first = tiny_tokenizer({"kind": kind}).train()
    first.rvq.initialised.fill_(False)
    motion, pose_codes = motion_and_codes(first)
    first(motion, pose_codes)
    second = tiny_tokenizer({"kind": kind}).train()
    second.rvq.initialised.fill_(False)
    second.load_state_dict(first.state_dict())
    outputs = []
    for model in (first, second):
        torch.manual_seed(3)
        outputs.append(model(motion + 5, pose_codes))
    assert torch.equal(outputs[0].residual_codes, outputs[1].residual_codes)
    assert torch.equal(outputs[0].motion, outputs[1].motion)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_every_parameter_gets_a_gradient():
    model = stir(tiny_tokenizer()).train()
    motion, pose_codes = motion_and_codes(model)
    output = model(motion, pose_codes)
    (output.motion.square().mean() + output.vq_loss + output.entropy).backward()
    silent = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert not silent


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_frozen_codes_leave_the_decoder_alone_to_train(kind):
    model = stir(tiny_tokenizer({"kind": kind}, norm="BN"))
    motion, pose_codes = motion_and_codes(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    codes = model.encode(motion, pose_codes)
    model.freeze_codes()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    for _ in range(3):
        output = model.train()(motion, pose_codes)
        (output.motion - motion).square().mean().backward()
        optimizer.step()
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("decoder.") for name in changed)
    assert torch.equal(model.eval().encode(motion, pose_codes), codes)


def test_learns_a_batch_of_real_motion_to_the_centimetre(reference_joints: np.ndarray):
    joints = reference_joints
    features = extract_features(joints).astype(np.float32)
    mean, std = feature_statistics([features], SPEC.layout)
    codes = parse_pose_codes(joints, frame="heading")
    windows = [slice(start, start + 32) for start in (20, 110)]
    motion = torch.from_numpy(np.stack([(features[window] - mean) / std for window in windows])).float()
    pose_codes = torch.from_numpy(np.stack([codes[window][::4] for window in windows]))

    torch.manual_seed(0)
    quantizer = {"stages": 6, "codes": 64, "kind": "hard"}
    model = PGTokenizer(TokenizerConfig(width=128, latent_dim=128, depth=1, quantizer=quantizer)).train()
    loss_of = MotionLoss(DEFAULT_MOTION_LOSSES, SPEC.layout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0)
    iterations = 320
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=iterations, pct_start=0.1)
    for _ in range(iterations):
        output = model(motion, pose_codes)
        loss = loss_of(output.motion, motion)[0] + 0.02 * output.vq_loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()

    model.eval()
    decoded = model.decode(pose_codes, model.encode(motion, pose_codes)).detach().numpy() * std + mean
    errors = [
        np.mean(mpjpe(recover_joints(made.astype(np.float32)), recover_joints(features[window])))
        for made, window in zip(decoded, windows, strict=True)
    ]
    assert np.mean(errors) < 10  # millimetres
