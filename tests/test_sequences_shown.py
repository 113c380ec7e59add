"""A sequence's videos and players say the sentence whose turn it is; steps of clips of any length are timed right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from dataset.motion_clip import MotionClip
from dataset.pose_codes import frames_per_step, parse_pose_codes
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from utils.runtime import UserError
from visualization.outputs import captions, write_clip
from visualization.player import PlayerClip
from visualization.skeleton_video import render_frame, render_video

FPS = 20.0


def story(frames: int = 61) -> MotionClip:
    """A walk told in two sentences."""
    rng = np.random.default_rng(3)
    puppet = make_puppet(frames, FPS, rng)
    KINDS["walk_circle_left"].action(puppet, 0.0, frames / FPS, rng)
    joints, half = puppet.joints().astype(np.float32), frames // 2 / FPS
    spans = (("a person walks", 0.0, half), ("then to the left", half, frames / FPS))
    codes = parse_pose_codes(joints, "heading")[::4]
    return MotionClip(
        "both", np.zeros((frames, 263), np.float32), joints, codes, None, FPS, "heading", segments=spans
    )


def shown(path: Path) -> dict:
    """What a player carries about its first clip."""
    page = path.read_text(encoding="utf-8")
    return json.loads(page.split('id="data">')[1].split("</script>")[0])["clips"][0]


@pytest.mark.parametrize("frames", [3, 5, 9, 13, 17, 61, 79, 80])
def test_frames_of_a_step_are_four_however_short_the_last_one_is(frames):
    assert frames_per_step(frames, -(-frames // 4)) == 4
    assert frames_per_step(frames, frames) == 1


@pytest.mark.parametrize("frames", [9, 13, 61])
def test_players_time_the_steps_of_odd_lengths(frames, tmp_path):
    clip = story(frames)
    (path,) = write_clip(clip, tmp_path, "odd", ["html"])
    assert shown(path)["stepsPerSecond"] == clip.steps_per_second == 5
    assert shown(path)["spans"][-1]["begin"] * FPS < frames


def test_players_know_whose_turn_it_is(tmp_path):
    clip = story()
    page, stored = write_clip(clip, tmp_path, "story", ["html", "npz"])
    sentences = [(s["says"], s["begin"], s["end"]) for s in shown(page)["sentences"]]
    assert sentences == list(clip.segments) == [tuple(s) for s in PlayerClip.load(stored).sentences]


def test_captions_take_turns_in_every_panel():
    first, second = story(61), story(41)
    assert captions([first]) == [[("a person walks", 0, 30), ("then to the left", 30, 61)]]
    assert captions([first, second])[1] == [("a person walks", 0, 20), ("then to the left", 20, 61)]
    assert captions([replace(first, segments=())] * 2) == "both"


def test_a_video_changes_its_caption_with_the_sentence():
    clip, frames = story(), {}
    told, size = captions([clip]), (320, 240)
    for number in (0, 29, 30, 60):
        frames[number] = render_frame(clip.joints, number, FPS, told, size)
        for text, first, end in told[0]:  # as if the sentence were the only one
            alone = render_frame(clip.joints, number, FPS, [text], size)
            assert (np.abs(alone.astype(int) - frames[number]).max() <= 1) == (first <= number < end)


def test_captions_of_different_heights_leave_nothing_behind(tmp_path):
    still, size = np.repeat(story().joints[:1], 6, axis=0), (320, 240)
    told = [[("a very long sentence " * 8, 0, 2), ("short", 2, 4)]]
    video = imageio_ffmpeg.read_frames(str(render_video(tmp_path / "a.mp4", still, FPS, told, size)))
    next(video)
    drawn = [np.frombuffer(frame, np.uint8).reshape(size[1], size[0], 3).astype(int) for frame in video]
    for number in (1, 2, 4):
        gap = {
            n: np.abs(drawn[number] - render_frame(still, n, FPS, told, size))[190:].mean() for n in (1, 2, 4)
        }
        assert min(gap, key=gap.get) == number  # H.264 is lossy


def test_captions_that_are_neither_are_refused():
    with pytest.raises(UserError, match="captions"):
        render_frame(story().joints, 0, FPS, [[("no frames",)]])
