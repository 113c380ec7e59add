"""What no candidate shows is asked for again, in the plainest words.

A model that read captions may not know how somebody puts it: of "shifts over to the left, always facing the front" none of
four motions went to the left; of "a person steps sideways to the left" all do. Where rules understand what a sentence asks
for (`models.asked`) and no motion drawn for it shows that, others are drawn for the same in plain words, and the motion
that shows more is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from dataset.features import mirror_joints
from dataset.motion_clip import MotionClip
from dataset.number_words import NUMBERS
from models.asked import ALIKE, asked, plainer
from models.asked.turn import said_turn
from models.matcher import misses_of, span_of
from utils.skeleton import T2M_SKELETON

LONGER = 1.4  # times as long
COUNTED = re.compile(rf"\b(?:twice|thrice|(?:{'|'.join(NUMBERS[2:])}) (?:\w+ )*\w+s)\b")
UNSEEN = 0.5  # of a thing asked for, from where on its lack is told
Told = Sequence[tuple[str, int | None]]  # parts of a story: sentences, each with its frames or None
Draw = Callable[[Sequence[Told], Sequence[int], Sequence[int], int], list[MotionClip]]


def with_tries(
    clips: Sequence[MotionClip],
    told: Sequence[Told],
    seeds: Sequence[int],
    counts: Sequence[int],
    tries: int,
    draw: Draw,
) -> list[MotionClip]:
    """Clips, those that don't show what was asked for drawn again, up to `tries` times in all.

    told, seeds, counts: of each clip, what it was told, its seed and its number of candidates. draw: makes the best clips
    of parts, seeds and counts, from the random stream of a number on.
    """
    best = list(clips)
    misses = [misses_of(clip, _texts(parts)) for clip, parts in zip(clips, told, strict=True)]
    for number in range(1, tries):
        rows = [row for row, missed in enumerate(misses) if max(missed) >= ALIKE]
        if not rows:
            break
        again = [_told_again(told[row], misses[row], best[row]) for row in rows]
        made = draw(again, [seeds[row] for row in rows], [counts[row] for row in rows], number * max(counts))
        for row, clip in zip(rows, made, strict=True):
            missed = misses_of(clip, _texts(told[row]))
            if sum(missed) < sum(misses[row]):
                best[row], misses[row] = clip, missed
    return best


def other_way_round(
    clips: Sequence[MotionClip], told: Sequence[Told], mirrored: Callable[[MotionClip], MotionClip | None]
) -> list[MotionClip]:
    """Clips, those in a mirror that show there what was asked for: who raised the wrong arm raises the right one.

    mirrored: makes the mirror image of a clip; None where it can't.
    """
    return [_other_way_round(clip, _texts(parts), mirrored) for clip, parts in zip(clips, told, strict=True)]


def _other_way_round(
    clip: MotionClip, texts: Sequence[str], mirrored: Callable[[MotionClip], MotionClip | None]
) -> MotionClip:
    misses = misses_of(clip, texts)
    if max(misses) < UNSEEN or clip.joints.shape[1] != T2M_SKELETON.num_joints:
        return clip
    image = replace(clip, joints=mirror_joints(clip.joints))
    if sum(misses) - sum(misses_of(image, texts)) < UNSEEN:
        return clip
    if turn_misfit(image, texts) > turn_misfit(clip, texts):
        return clip
    made = mirrored(clip)
    # Decoding blurs: what only the joints' own mirror image shows is no gain.
    return made if made is not None and sum(misses_of(made, texts)) < sum(misses) else clip


def turn_misfit(clip: MotionClip, texts: Sequence[str]) -> float:
    """Degrees by which a clip misses the amounts of turning that its sentences name, all together."""
    turns = [(part, said_turn(text)) for part, text in enumerate(texts)]
    return sum(turn.misfit(clip.joints[span_of(clip, part)]) for part, turn in turns if turn is not None)


def never_back(progress: Callable[[float], None]) -> Callable[[float], None]:
    """Progress that stays where it is while what was drawn once is drawn again."""
    highest = 0.0

    def told(share: float) -> None:
        nonlocal highest
        highest = max(highest, share)
        progress(highest)

    return told


def unseen(clip: MotionClip) -> list[str]:
    """What its sentences ask for and a clip clearly doesn't show, in plain words: ["raise the left arm"]."""
    texts = [text for text, _, _ in clip.segments] or [clip.text]
    return [
        claim.said("they")
        for part, text in enumerate(texts)
        for claim in asked(text).claims
        if claim.missed(clip.joints[span_of(clip, part)]) >= UNSEEN
    ]


def _texts(parts: Told) -> list[str]:
    return [text for text, _ in parts]


def _told_again(parts: Told, missed: Sequence[float], clip: MotionClip) -> Told:
    """Parts of which something was missed in plain words; what was counted wrong gets more time.

    Of a model that knows two claps and three, and how long most motions are, all candidates clap twice in a short clip.
    """
    texts = plainer(_texts(parts), missed)
    return [
        (
            text,
            round(LONGER * _frames_of(clip, part))
            if frames is None and missed[part] >= ALIKE and COUNTED.search(text)
            else frames,
        )
        for part, (text, (_, frames)) in enumerate(zip(texts, parts, strict=True))
    ]


def _frames_of(clip: MotionClip, part: int) -> int:
    return len(clip.joints[span_of(clip, part)])
