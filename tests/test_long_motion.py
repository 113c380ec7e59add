"""Clips of any length, of one sentence or several: nothing changes at a seam, and lengths are exact."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from stage_folders import FakeEncoder, write_stages
from tiny_models import random_condition, random_pose_codes, tiny_base, tiny_refine, tiny_tokenizer

from dataset.features import recover_joints
from dataset.pose_codes import parse_pose_codes
from dataset.spec import get_spec
from models import pipeline
from models.long_clip import Part
from models.long_motion import LongMotion, blend, decode_long, decoder_reach
from models.pipeline import MotionClip, TextToMotion
from models.sampling import Sampling
from options import generate_parser, parse
from utils.normaliser import Normaliser
from utils.runtime import UserError, make_generator

WINDOW = 12
STD = 0.1
ONCE = Sampling(candidates=1)
HOW = Sampling(temperature=1.0, refine_temperature=1.0, guidance=1.0, use_residuals=True)


def long_motion(pose_frame: str = "heading") -> LongMotion:
    """Tiny models with room for 12 steps."""
    tokenizer = tiny_tokenizer()
    tokenizer.info = SimpleNamespace(pose_frame=pose_frame, spec=get_spec("t2m"), kit_codes="corrected")
    tokenizer.normaliser = Normaliser(np.zeros(263), np.full(263, STD))
    return LongMotion(tokenizer, tiny_base(), tiny_refine(), WINDOW)


def story(*frames: int | None, seed: int = 0) -> list[Part]:
    """Parts of given lengths, each under another condition."""
    conditions = random_condition(len(frames), seed)
    return [Part(condition, count) for condition, count in zip(conditions, frames, strict=True)]


def make(models: LongMotion, *stories: list[Part], seed: int = 0, how: Sampling = HOW):
    return models.generate(stories, [make_generator(seed + row) for row in range(len(stories))], how)


def decoded(models: LongMotion, clip) -> np.ndarray:
    codes, residual = (torch.from_numpy(x)[None] for x in (clip.pose_codes, clip.residual_codes))
    return models.tokenizer.decode(codes, residual)[0].detach().numpy() * STD


# ---------------------------------------------------------------------------------------- one after the other
def test_every_window_goes_on_from_the_end_of_the_one_before(monkeypatch):
    models = long_motion()
    calls: list[tuple] = []
    base, refine = models.base.generate, models.refine.generate

    def watch_base(condition, *args, **named):
        codes, lengths = base(condition, *args, **named)
        calls.append((condition, named["prefix"], codes))
        return codes, lengths

    def watch_refine(*args, known, **named):
        codes = refine(*args, known=known, **named)
        calls[-1] += known, codes
        return codes

    monkeypatch.setattr(models.base, "generate", watch_base)
    monkeypatch.setattr(models.refine, "generate", watch_refine)
    parts = story(80, 20)
    (clip,) = make(models, parts)
    # 20 steps take 12, then 8 new ones after 4 that are kept; the next sentence keeps 1 and adds 5.
    assert [codes.shape[1] for _, _, codes, *_ in calls] == [12, 12, 6]
    assert calls[0][1] is None and calls[0][3] is None
    for kept, before, after in ((4, calls[0], calls[1]), (1, calls[1], calls[2])):
        torch.testing.assert_close(after[1], before[2][:, -kept:])
        torch.testing.assert_close(after[2][:, :kept], before[2][:, -kept:])
        torch.testing.assert_close(after[3][:, :kept], before[4][:, -kept:])
        assert (after[3][:, kept:] == -1).all()
        torch.testing.assert_close(after[4][:, :kept], before[4][:, -kept:])
    for call, part in zip(calls, (0, 0, 1), strict=True):
        torch.testing.assert_close(call[0][0], parts[part].condition)
    strung = torch.cat([calls[0][2], calls[1][2][:, 4:], calls[2][2][:, 1:]], dim=1)[0]
    np.testing.assert_array_equal(clip.pose_codes, strung)
    # One decoding of all codes: to the decoder there are no windows, and so there is no seam.
    np.testing.assert_allclose(clip.features, decoded(models, clip), atol=1e-5)


def test_a_long_clip_starts_like_a_short_one():
    models = long_motion()
    (short,), (long,) = make(models, story(48)), make(models, story(200))
    assert len(short.pose_codes) == WINDOW and len(long.pose_codes) == 50
    np.testing.assert_array_equal(long.pose_codes[:WINDOW], short.pose_codes)
    np.testing.assert_array_equal(long.residual_codes[:WINDOW], short.residual_codes)


@pytest.mark.parametrize("frame", ["heading", "world"])
def test_clips_do_not_depend_on_their_neighbours(frame):
    models = long_motion(frame)
    stories = [story(100), story(30, 57, None, seed=1), story(8, seed=2), story(None, None, 44, seed=3)]
    together = make(models, *stories, seed=5)
    for row, parts in enumerate(stories):
        (alone,) = make(models, parts, seed=5 + row)
        assert alone.ends == together[row].ends
        np.testing.assert_array_equal(alone.pose_codes, together[row].pose_codes)
        np.testing.assert_array_equal(alone.residual_codes, together[row].residual_codes)
        np.testing.assert_allclose(alone.features, together[row].features, atol=1e-5)
    (other,) = make(models, stories[0], seed=6)
    assert not np.array_equal(other.pose_codes, together[0].pose_codes)


@pytest.mark.parametrize("frame", ["heading", "world"])
@pytest.mark.parametrize("frames", [(61,), (5,), (48,), (49,), (13, 14, 15, 9), (4, 4, 4, 5), (150, 7, 50)])
def test_lengths_are_exact(frame, frames):
    (clip,) = make(long_motion(frame), story(*frames))
    assert len(clip.features) == sum(frames) and clip.ends == np.cumsum(frames).tolist()
    assert len(clip.pose_codes) == len(clip.residual_codes) == -(-sum(frames) // 4)


def test_sentences_change_at_the_step_nearest_to_what_was_asked(monkeypatch):
    models = long_motion()
    made, base = [], models.base.generate

    def watch(*args, prefix, **named):
        codes, lengths = base(*args, prefix=prefix, **named)
        made.append(codes.shape[1] - (0 if prefix is None else prefix.shape[1]))
        return codes, lengths

    monkeypatch.setattr(models.base, "generate", watch)
    make(models, story(*[9] * 8))  # 72 frames: 18 steps; rounding each part alone would make 16 or 24
    assert np.cumsum(made).tolist() == [2, 5, 7, 9, 11, 14, 16, 18]


def test_the_model_may_end_a_sentence_itself():
    (clip,) = make(long_motion(), story(None, None, 10))
    first, second, last = np.diff([0, *clip.ends])
    assert first % 4 == second % 4 == 0 and last == 10
    assert 4 <= first <= 4 * WINDOW and 20 <= second <= 4 * (WINDOW - 1)  # at least 5 steps of what follows


# --------------------------------------------------------------------------------------------------- decoding
@pytest.mark.parametrize("shape", [{}, {"depth": 3, "down_t": 3}, {"norm": "LN"}, {"depth": 1, "down_t": 1}])
def test_decoding_in_chunks_equals_decoding_at_once(shape):
    tokenizer = tiny_tokenizer(**shape)
    steps = 150
    codes, lengths = random_pose_codes(3, steps), torch.tensor([150, 77, 9])
    residual = torch.randint(0, 8, (3, steps, 3), generator=torch.Generator().manual_seed(1))
    for residuals in (residual, None):
        whole = tokenizer.decode(codes, residuals, lengths)
        chunked = decode_long(tokenizer, codes, residuals, lengths, chunk=40)
        assert whole.std() > 1e-3
        torch.testing.assert_close(chunked, whole, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [{}, {"depth": 3}, {"down_t": 3}, {"dilation_growth_rate": 2}])
def test_the_decoder_sees_no_further_than_its_reach_and_nearly_as_far(shape):
    tokenizer = tiny_tokenizer(activation="gelu", **shape)
    reach, middle = decoder_reach(tokenizer.config), 60
    latent = torch.zeros(1, 121, 8, requires_grad=True)
    frames = tokenizer.frames_per_step
    tokenizer.decoder(latent)[0, middle * frames : (middle + 1) * frames].abs().sum().backward()
    seen = latent.grad[0].abs().sum(-1).nonzero()[:, 0] - middle
    assert reach - 1 <= int(seen.abs().max()) <= reach


def test_blending_goes_from_one_to_the_other():
    before, after = np.zeros((10, 2)), np.ones((8, 2))
    joined = blend(before, after, 4)
    assert len(joined) == 14 and (joined[:6] == 0).all() and (joined[10:] == 1).all()
    assert (np.diff(joined[5:11, 0]) > 0).all()


# ------------------------------------------------------------------------------------ codes of the world frame
@pytest.mark.parametrize(("frames", "kept"), [((80,), 4), ((48, 32), 1)])
def test_windows_of_the_world_frame_start_facing_forward(monkeypatch, frames, kept):
    """The kept steps are turned with the body: their codes are those of a clip that starts with them."""
    models = long_motion("world")
    made, base = [], models.base.generate

    def watch(*args, **named):
        codes, lengths = base(*args, **named)
        made.append((named["prefix"], codes))
        return codes, lengths

    monkeypatch.setattr(models.base, "generate", watch)
    decode, features = models.tokenizer.decode, []
    monkeypatch.setattr(
        models.tokenizer, "decode", lambda *args: features.append(decode(*args)) or features[-1]
    )
    (clip,) = make(models, story(*frames))
    assert len(made) == 2 and made[1][0].shape[1] == kept
    turned = parse_pose_codes(recover_joints(features[0][0].numpy()[-4 * kept :] * STD)[::4], "world")
    np.testing.assert_array_equal(made[1][0][0], turned)
    assert not np.array_equal(turned, made[0][1][0, -kept:])  # as they stood, they faced elsewhere
    # Blended over 4 steps either way; the clip's codes are measured from its start again.
    first, second = (features[i][0].numpy() * STD for i in (0, -1))
    np.testing.assert_allclose(clip.features[:32], first[:32], atol=1e-6)
    np.testing.assert_allclose(clip.features[48:], second[16:], atol=1e-6)
    whole = parse_pose_codes(recover_joints(clip.features)[::4], "world")
    np.testing.assert_array_equal(clip.pose_codes, whole)


# ------------------------------------------------------------------------------------------------ candidates
@pytest.mark.parametrize("pose_frame", ["heading", "world"])
def test_candidates_go_on_from_the_one_that_did_a_part_best(pose_frame):
    models, parts = long_motion(pose_frame), story(20, 24, 16)
    seen: list[list] = []

    def choose(clips):
        seen.append(list(clips))
        return len(seen)  # the second after the first part, the third after the second

    stories, streams = [parts] * 3 + [story(12, 8, seed=1)], [make_generator(row) for row in range(4)]
    clips = models.generate(stories, streams, HOW, candidates=[3, 1], choose=choose)
    assert [[len(clip.joints) for clip in clips] for clips in seen] == [[20] * 3, [44] * 3]
    assert [clip.ends for clip in seen[1]] == [[20, 44]] * 3
    drawn = [clip.pose_codes for clip in seen[0]]
    assert not np.array_equal(drawn[0], drawn[1])
    # In the world frame the last steps before a seam are blended with what comes after it.
    blended = 0 if pose_frame == "heading" else 4
    first, second = (clip.pose_codes[: len(clip.pose_codes) - blended] for clip in (seen[0][1], seen[1][2]))
    for clip in clips[:3]:
        np.testing.assert_array_equal(clip.pose_codes[: len(second)], second)
        assert clip.ends == [20, 44, 60]
    if pose_frame == "heading":  # those of the world frame are measured anew once there are two windows
        np.testing.assert_array_equal(second[: len(first)], first)
    assert len({clip.pose_codes[-4:].tobytes() for clip in clips[:3]}) == 3  # each draws on for itself
    alone = models.generate([story(12, 8, seed=1)], [make_generator(3)], HOW)
    np.testing.assert_array_equal(clips[3].pose_codes, alone[0].pose_codes)


# ------------------------------------------------------------------------------------------------ the interface
@pytest.fixture(scope="module")
def t2m(tmp_path_factory) -> TextToMotion:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "load_text_encoder", lambda name, path, device: FakeEncoder(name))
        return TextToMotion.from_pretrained(write_stages(tmp_path_factory.mktemp("models")))


def test_a_sequence_is_a_clip_with_its_sentences(t2m, tmp_path):
    clip = t2m.generate_sequence([("a person walks", 2.05), ("a person waves", 1)], seed=2)
    assert clip.text == "a person walks, then a person waves"
    assert clip.segments == (("a person walks", 0.0, 2.05), ("a person waves", 2.05, 3.05))
    assert clip.joints.shape == (61, 22, 3) and clip.pose_codes.shape == (16, 70)
    assert clip.steps_per_second == 5
    clip.save(tmp_path / "clip.npz")
    with np.load(tmp_path / "clip.npz", allow_pickle=False) as stored:
        assert stored["segment_texts"].tolist() == ["a person walks", "a person waves"]
        np.testing.assert_allclose(stored["segment_seconds"], [[0, 2.05], [2.05, 3.05]])
    (stripped,) = t2m.without_residuals([clip])
    assert stripped.features.shape == clip.features.shape and stripped.segments == clip.segments


def test_a_list_of_sequences_makes_a_list_of_clips(t2m):
    stories = [[("a", 3.0)], [("b", 0.5), ("c", None)]]
    first, second = t2m.generate_sequence(stories, seed=4)
    assert first.segments == () and len(second.segments) == 2
    alone = t2m.generate("a", seconds=3.0, seed=4)
    np.testing.assert_array_equal(alone.pose_codes, first.pose_codes)
    np.testing.assert_allclose(alone.joints, first.joints, atol=1e-5)
    again = t2m.generate_sequence(stories[1], seed=5)
    np.testing.assert_array_equal(again.pose_codes, second.pose_codes)


@pytest.mark.parametrize("segments", [[], [[]], [("", 3)], [[("a", 1)], []], [("a", 1), (" ", 1)]])
def test_sequences_without_words_are_refused(t2m, segments):
    with pytest.raises(UserError, match="empty sentence"):
        t2m.generate_sequence(segments)


@pytest.mark.parametrize("overlap", [0, 8, -1])
def test_impossible_overlaps_are_refused(t2m, overlap):
    with pytest.raises(UserError, match=r"--overlap -?\d: windows can overlap by 1 to 7 steps"):
        t2m.generate("a person walks", seconds=4, overlap=overlap)


def test_a_sequence_lasts_an_hour_at_most(t2m):
    with pytest.raises(UserError, match="a sequence of 4000 seconds"):
        t2m.generate_sequence([("a person walks", 2000), ("a person waves", 2000)])


def test_the_sequence_flag():
    flags = ["--sequence", "a person walks:4", "at 3:30 a person waves:2.5", "a person sits"]
    expected = [("a person walks", 4.0), ("at 3:30 a person waves", 2.5), ("a person sits", None)]
    assert parse(generate_parser(), flags).sequence == expected
    for part, said in ((":3", "no sentence"), ("walks:soon", "last colon"), ("walks:-1", "last colon")):
        with pytest.raises(UserError, match=said):
            parse(generate_parser(), ["--sequence", part])
    with pytest.raises(UserError, match="no effect on --sequence"):
        parse(generate_parser(), ["--sequence", "a person walks:4", "--seconds", "3"])


# ----------------------------------------------------------------------------------------- the shipped models
@pytest.fixture(scope="module")
def small(repo) -> TextToMotion:
    return TextToMotion.from_pretrained(repo / "pretrained" / "small")


WALK = [("a person walks forward", 30.0)]
MIXED = [
    ("a person walks forward", 5.0),
    ("a person turns left", 4.0),
    ("a person waves with both hands", 5.0),
]


@pytest.fixture(scope="module")
def walks(small) -> list[MotionClip]:
    return small.generate_sequence([WALK] * 3, seed=0, sampling=ONCE)


@pytest.fixture(scope="module")
def mixed(small) -> list[MotionClip]:
    return small.generate_sequence([MIXED] * 4, seed=0, sampling=ONCE)


def test_seams_of_real_motion_are_as_smooth_as_the_rest(small, walks, mixed):
    """Change of the joints' velocity and of the heading's, where windows meet and where sentences change."""
    for clips, seams in ((walks, (196, 376, 556)), (mixed, (100, 180))):
        joints, heading_change = roughness_of_seams(clips, seams)
        # Where the sentence changes, a turn begins or ends.
        assert joints < 1.5 and heading_change < (1.5 if clips is walks else 1.8)
    pieces = [
        small.generate([text] * 3, seconds, seed=10 * i, sampling=ONCE)
        for i, (text, seconds) in enumerate(MIXED)
    ]
    features = [np.concatenate([clip.features for clip in row]) for row in zip(*pieces, strict=True)]
    put_together = [replace(mixed[0], features=f, joints=recover_joints(f)) for f in features]
    assert min(roughness_of_seams(put_together, (100, 180))) > 3.0  # the measure sees what a seam is


def test_what_is_asked_for_goes_on_to_the_end(walks, mixed):
    for clip in walks:
        way = clip.joints[:, 0, [0, 2]]
        speeds = [
            np.linalg.norm(np.diff(part, axis=0), axis=-1).mean() * 20 for part in np.array_split(way, 6)
        ]
        assert min(speeds) > 0.8  # metres per second
        assert np.abs(heading(clip)).max() < np.radians(40)  # it may bend, but leads no way back
    turns = np.degrees(np.diff([heading(clip)[[99, 179, 279]] for clip in mixed]))
    assert -150 < np.median(turns[:, 0]) < -30  # below 0: to the left
    assert np.median(np.abs(turns[:, 1])) < 20  # who waves does not turn


def roughness_of_seams(clips: list[MotionClip], seams: tuple[int, ...]) -> list[float]:
    """95th percentile of accelerations around the seams, by that elsewhere: of the joints, and of the heading."""
    ratios = []
    for measure in (joint_acceleration, heading_acceleration):
        values = np.stack([measure(clip) for clip in clips])
        near = np.zeros(values.shape[1], bool)
        for seam in seams:  # from the last step before to the first after
            near[seam - 5 : seam + 3] = True
        ratios.append(np.percentile(values[:, near], 95) / np.percentile(values[:, ~near], 95))
    return ratios


def heading(clip) -> np.ndarray:
    return 2 * np.cumsum(clip.features[:, 0])


def joint_acceleration(clip) -> np.ndarray:
    return np.linalg.norm(np.diff(clip.joints, 2, axis=0), axis=-1).mean(-1)


def heading_acceleration(clip) -> np.ndarray:
    return np.abs(np.diff(heading(clip), 2))


@pytest.mark.parametrize("frames", [12, 60])
@pytest.mark.parametrize("pose_frame", ["heading", "world"])
def test_what_goes_on_from_given_codes_keeps_them_and_lasts_as_long_as_asked(pose_frame, frames):
    models = long_motion(pose_frame)
    codes = random_pose_codes(1, 3)[0]
    part = story(frames)[0]
    clip = models.go_on((codes, None), part, make_generator(0), replace(HOW, use_residuals=False))
    assert len(clip.features) == 3 * models.tokenizer.frames_per_step + frames
    if pose_frame == "heading":  # those of the world frame are measured anew from the clip's start
        np.testing.assert_array_equal(clip.pose_codes[:3], codes.numpy())
    again = models.go_on((codes, None), part, make_generator(0), replace(HOW, use_residuals=False))
    np.testing.assert_array_equal(again.pose_codes, clip.pose_codes)
