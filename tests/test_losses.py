"""Motion losses against sums written out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dataset.spec import get_spec
from training import losses
from training.losses import DEFAULT_MOTION_LOSSES, MOTION_LOSSES, MotionLoss, motion_loss, read_loss_config
from utils.runtime import UserError

# First and last+1 feature of each slice, counted by hand from docs/method.md section 1.
SLICES = {
    "t2m": {"v1": (4, 4 + 3 * 21), "v2": (4 + 9 * 21, 4 + 9 * 21 + 66)},
    "kit": {"v1": (4, 4 + 3 * 20), "v2": (4 + 9 * 20, 4 + 9 * 20 + 63)},
}


def smooth_l1(x: np.ndarray) -> float:
    return float(np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5).mean())


def motions(dataname: str) -> tuple[torch.Tensor, torch.Tensor]:
    width = get_spec(dataname).layout.width
    generator = torch.Generator().manual_seed(0)
    return tuple(2 * torch.randn(2, 8, width, generator=generator) for _ in range(2))


def make(mode: str, dataname: str, recon: float = 1.0, velocity: float = 0.5) -> MotionLoss:
    config = {"reconstruction": {"weight": recon}, "velocity": {"weight": velocity, "mode": mode}}
    return MotionLoss(config, get_spec(dataname).layout)


@pytest.mark.parametrize("dataname", ["t2m", "kit"])
@pytest.mark.parametrize("mode", ["v1", "v2"])
def test_slices_by_hand(dataname, mode):
    predicted, target = motions(dataname)
    first, last = SLICES[dataname][mode]
    difference = (predicted - target).numpy()
    expected_velocity = smooth_l1(difference[:, :, first:last])
    total, parts = make(mode, dataname)(predicted, target)
    assert parts["velocity"].item() == pytest.approx(expected_velocity, rel=1e-5)
    assert parts["recon"].item() == pytest.approx(smooth_l1(difference), rel=1e-5)
    assert total.item() == pytest.approx(smooth_l1(difference) + 0.5 * expected_velocity, rel=1e-5)


def test_v3_compares_steps_in_time_and_so_ignores_constant_offsets():
    predicted, target = motions("t2m")
    difference = np.diff(predicted.numpy(), axis=1) - np.diff(target.numpy(), axis=1)
    loss = make("v3", "t2m")
    assert loss.terms(predicted, target)["velocity"].item() == pytest.approx(smooth_l1(difference), rel=1e-5)
    assert loss.terms(target + 3.0, target)["velocity"].item() == pytest.approx(0.0, abs=1e-5)


def test_weights_scale_their_terms_and_gradients_flow():
    predicted, target = motions("t2m")
    predicted.requires_grad_(True)
    total, parts = make("v2", "t2m", recon=0.0, velocity=2.0)(predicted, target)
    assert total.item() == pytest.approx(2.0 * parts["velocity"].item())
    total.backward()
    touched = predicted.grad.abs().sum(dim=(0, 1)) > 0
    assert touched[193:259].all() and not touched[:193].any() and not touched[259:].any()
    assert not any(part.requires_grad for part in parts.values())


def test_shipped_config_is_the_default(repo):
    config = read_loss_config(repo / "configs/exp_dec/losses.yaml", DEFAULT_MOTION_LOSSES)
    assert config == DEFAULT_MOTION_LOSSES
    assert read_loss_config(repo / "configs/exp_rt2m/losses.yaml", ["cross_entropy"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("speed: 1.0", "unknown loss 'speed'"),
        ("velocity: fast", "weight must be a number"),
        ("velocity: .nan", "velocity: weight must be a number from 0 to .*got nan"),
        ("velocity: {weight: .inf}", "velocity: weight must be a number from 0 to .*got inf"),
        ("velocity: -1", "velocity: weight must be a number from 0 to .*got -1"),
        ("velocity: {weight: true}", "velocity: weight must be a number from 0 to .*got True"),
        ("- 1", "expected lines"),
        ("a: [", "not YAML"),
    ],
)
def test_bad_configs_name_file_and_entry(tmp_path, text, expected):
    path = tmp_path / "losses.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=expected) as error:
        read_loss_config(path, DEFAULT_MOTION_LOSSES)
    assert "losses.yaml" in str(error.value)


def test_missing_config_and_unknown_mode(tmp_path):
    with pytest.raises(UserError, match="none.yaml"):
        read_loss_config(tmp_path / "none.yaml", DEFAULT_MOTION_LOSSES)
    with pytest.raises(UserError, match="v9"):
        make("v9", "t2m")


def test_a_new_loss_is_one_function_and_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("training.losses.MOTION_LOSSES", dict(MOTION_LOSSES))
    path = tmp_path / "losses.yaml"
    path.write_text("reconstruction: 1.0\nstill: 0.25\n")
    with pytest.raises(UserError, match="unknown loss 'still'"):
        read_loss_config(path, losses.MOTION_LOSSES)

    @motion_loss("still")
    def still(seen, entry):
        return seen.predicted.square().mean()

    config = read_loss_config(path, losses.MOTION_LOSSES)
    predicted, target = motions("t2m")
    total, parts = MotionLoss(config, get_spec("t2m").layout)(predicted, target)
    assert parts["still"].item() == pytest.approx(float(predicted.square().mean()))
    assert total.item() == pytest.approx(float(parts["recon"] + 0.25 * parts["still"]))


def test_losses_on_joints_without_a_weight_cost_nothing():
    predicted, target = motions("t2m")
    asked = []

    def recover(motion: torch.Tensor) -> torch.Tensor:
        asked.append(motion)
        return motion[..., 4:67].unflatten(-1, (21, 3))

    layout = get_spec("t2m").layout
    MotionLoss({"reconstruction": {"weight": 1.0}}, layout, recover)(predicted, target)
    assert not asked
    parts = MotionLoss({"joints": {"weight": 1.0}}, layout, recover)(predicted, target)[1]
    assert len(asked) == 2 and "codes" not in parts
    assert parts["joints"].item() == pytest.approx(float((predicted - target)[..., 4:67].abs().mean()))
