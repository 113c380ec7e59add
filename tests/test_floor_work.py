"""What the puppet does on the floor and on stairs is that, with whole bones, on the floor, and planted where it leans."""

from __future__ import annotations

import numpy as np
import pytest

from dataset.composing.drawing import Material
from dataset.composing.floor_work import FLOOR_WORK
from dataset.composing.material import Take
from dataset.composing.recipes import RECIPES
from dataset.composing.takes import ON_THE_FLOOR, UPRIGHT, floor_work_from_standing, got_up_from_floor
from dataset.motion_files.quality import Limits, clip_problem
from dataset.prepare.compose import problem_of
from dataset.procedural.toy_motions import TIMES
from utils import quantities as q
from utils.motion_checks import holds
from utils.skeleton import T2M_SKELETON

WRISTS, KNEES, TOES, PELVIS, HEAD = [20, 21], [4, 5], [10, 11], 0, 15
SEEDS = range(5)


def drawn(action: str, seed: int) -> Take:
    return FLOOR_WORK[action](np.random.default_rng(seed))


@pytest.mark.parametrize("action", sorted(FLOOR_WORK))
def test_bodies_are_whole_on_the_floor_and_fit_for_training(action):
    parents = np.array(T2M_SKELETON.parents)
    for seed in SEEDS:
        joints = drawn(action, seed).joints
        bones = np.linalg.norm(joints[:, 1:] - joints[:, parents[1:]], axis=-1)
        assert np.allclose(bones, T2M_SKELETON.target_lengths[1:], atol=1e-6)
        assert 45 <= len(joints) <= 197 and joints[..., 1].min() > -0.03
        assert clip_problem(joints - (0, joints[..., 1].min(), 0), Limits()) is None
        assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() * q.FPS < 7.0


@pytest.mark.parametrize("seed", SEEDS)
def test_who_crawls_gets_ahead_on_hands_and_knees(seed):
    joints = drawn("crawl", seed).joints
    down = joints[joints[:, PELVIS, 1] < 0.55]
    assert len(down) > 40 and down[-1, PELVIS, 2] - down[0, PELVIS, 2] > 0.5
    assert (down[20:, KNEES, 1] < 0.2).all() and np.median(down[20:, WRISTS, 1]) < 0.12
    # A hand that carries stays where it is.
    low = down[20:, WRISTS[0], 1] < down[20:, WRISTS[0], 1].min() + 0.01
    still = np.linalg.norm(np.diff(down[20:, WRISTS[0]], axis=0), axis=-1)[low[1:] & low[:-1]]
    assert np.median(still) * q.FPS < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_push_ups_and_sit_ups_are_as_many_as_told(seed):
    made = drawn("push_ups", seed)
    chest = made.joints[:, 9, 1][made.joints[:, PELVIS, 1] < 0.5]
    count = TIMES.index(made.doing.facts["times"])
    low = chest[20:] < 0.5 * (chest[20:].max() + chest[20:].min())
    assert (np.diff(low.astype(int)) == 1).sum() + low[0] in (count, count + 1)
    made = drawn("sit_ups", seed)
    lying = made.joints[made.joints[:, PELVIS, 1] < 0.2, HEAD, 1]
    assert (np.diff((lying > 0.45).astype(int)) == 1).sum() == TIMES.index(made.doing.facts["times"])


def test_who_falls_lies_and_stairs_lead_up_and_down():
    for seed in SEEDS:
        assert holds("lies_down", drawn("fall_down", seed).joints)
        up, down = drawn("climb_stairs", seed).joints, drawn("stairs_down", seed).joints
        assert up[-1, PELVIS, 1] - up[0, PELVIS, 1] > 0.4 and up[-1, PELVIS, 2] > 0.8
        assert down[-1, PELVIS, 1] - down[0, PELVIS, 1] < -0.4
        sitting = drawn("sit_floor", seed).joints[-1]
        assert sitting[PELVIS, 1] < 0.2 and sitting[HEAD, 1] > 0.6


def test_floor_work_is_composed_whatever_way_feet_point():
    assert set(ON_THE_FLOOR) == set(FLOOR_WORK)
    made = [RECIPES["on_the_floor"][0](Material([]), np.random.default_rng(seed)) for seed in range(30)]
    clips = [clip for clip in made if clip is not None]
    assert len(clips) > 20 and not [clip for clip in clips if problem_of(clip)]
    takes = [floor_work_from_standing(np.random.default_rng(seed)) for seed in range(20)]
    standing = [take for take in takes if take is not None]
    assert standing and all(take.joints[0, PELVIS, 1] > UPRIGHT for take in standing)
    risen = [got_up_from_floor(np.random.default_rng(seed)) for seed in range(20)]
    assert any(risen)
    for take in filter(None, risen):
        assert take.joints[take.start, PELVIS, 1] < 0.6 and take.joints[-1, PELVIS, 1] > UPRIGHT
        assert take.doing.action == "get_up_from_floor"
