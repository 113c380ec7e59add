"""Motion of any length: does it obey, do the seams show, and does it cost more than its length?

    python -m benchmarks.long_motion --data-root dataset/Mocap                      # everything, about 10 minutes
    python -m benchmarks.long_motion --only obedience --kept 1 4 --clips 32
    python -m benchmarks.long_motion --only seams cost

*obedience*: top-3 R-precision against the number of steps that a window keeps of the one before: of the stretch after
a change of sentence, and of a stretch late in one sentence. Needs the captions of a data set.
*seams*: accelerations where windows meet, beside those elsewhere. The naive path generates the stretches between the
seams as clips of their own and puts one after the other.
*cost*: seconds and memory, beside the naive path; the exponent is the slope of log seconds over log length between
the last two lengths, 1: in proportion.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.machine import probe, seconds
from benchmarks.memory import MIB, FamilyPeak
from dataset.cache import load_split
from dataset.evaluation_batches import EvaluationBatches
from dataset.features import recover_joints
from dataset.word_vectors import load_word_vectors
from models.evaluator import load_evaluator
from models.long_clip import Clip, Part, Window
from models.long_motion import LongMotion
from models.pipeline import TextToMotion
from models.sampling import HANDOVER, OVERLAP, Sampling
from utils.flags import FlagParser
from utils.metrics import MILLIMETRES, as_float64, r_precision
from utils.ranges import COUNT, SECONDS, whole
from utils.runtime import make_generator, run_script

BATCH = 32  # clips made at once, and ranked among each other
STRETCH = 4.0  # seconds that are embedded
STORIES = {
    "one sentence": [("a person walks forward", 30.0)],
    "three sentences": [
        ("a person walks forward", 5.0),
        ("a person turns left", 4.0),
        ("a person waves with both hands", 5.0),
    ],
}
NEAR = 4  # frames before and after a seam: a step


@dataclass(frozen=True)
class Captions:
    """Sentences of a test split and their embeddings."""

    texts: list[str]
    embeddings: np.ndarray  # (n, 512)


class Maker:
    """Generates with any number of kept steps; `TextToMotion` always hands over the same."""

    def __init__(self, t2m: TextToMotion) -> None:
        self.t2m, self.frames_per_step = t2m, t2m.tokenizer.frames_per_step
        self.window = round(t2m.max_seconds * t2m.fps / self.frames_per_step)
        self.models = LongMotion(t2m.tokenizer, t2m.base, t2m.refine, self.window)

    def make(
        self,
        stories: Sequence[Sequence[tuple[str, float]]],
        overlap: int = OVERLAP,
        handover: int = HANDOVER,
        seed: int = 0,
    ) -> np.ndarray:
        """Features (n, T, D), not normalised, of stories of the same lengths."""
        sampling = Sampling(overlap=overlap, handover=handover).with_own(self.t2m.base.info.sampling)
        made = []
        for start in range(0, len(stories), BATCH):
            chosen = stories[start : start + BATCH]
            conditions = iter(self.t2m.condition([text for story in chosen for text, _ in story]))
            parts = [[Part(next(conditions), self.frames(length)) for _, length in story] for story in chosen]
            streams = [make_generator(seed + start + row) for row in range(len(chosen))]
            made += [clip.features for clip in self.models.generate(parts, streams, sampling)]
        return np.stack(made)

    def frames(self, length: float) -> int:
        """Frames of so many seconds."""
        return round(length * self.t2m.fps)

    def seams(
        self, story: Sequence[tuple[str, float]], overlap: int = OVERLAP, handover: int = HANDOVER
    ) -> list[int]:
        """Frames where the windows of a story meet."""
        sampling = Sampling(1.0, 1.0, 1.0, False, overlap, handover)
        parts = [Part(torch.empty(0), self.frames(length)) for _, length in story]
        clip, ends = Clip(parts, make_generator(0), self.frames_per_step), []
        while not clip.finished:
            kept = clip.keeps(sampling)
            steps = min(kept + clip.due - clip.steps, self.window)
            clip.add(Window(torch.empty(steps, 0), None, kept))
            ends.append(clip.steps * self.frames_per_step)
        return ends[:-1]

    def strung(self, story: Sequence[tuple[str, float]], seams: Sequence[int], count: int) -> np.ndarray:
        """Features (count, T, D) by the naive path: separate clips from seam to seam, one after the other."""
        ends = np.cumsum([self.frames(length) for _, length in story])
        borders = [0, *seams, int(ends[-1])]
        pieces = []
        for number, (begin, end) in enumerate(zip(borders[:-1], borders[1:], strict=True)):
            text = story[int(np.searchsorted(ends, (begin + end) / 2))][0]
            alone = [(text, (end - begin) / self.t2m.fps)]
            pieces.append(self.make([alone] * count, seed=number * 1000))
        return np.concatenate(pieces, axis=1)


def main(argv: list[str] | None = None) -> None:
    """Print the tables."""
    args = parse(argv)
    maker = Maker(TextToMotion.from_pretrained(args.checkpoint_folder))
    print(probe())
    if "obedience" in args.only:
        report_obedience(maker, args)
    if "seams" in args.only:
        report_seams(maker, args.seam_clips, args.overlap, args.handover)
    if "cost" in args.only:
        report_cost(maker, args.seconds)


# ---------------------------------------------------------------------------------------------------- obedience
def report_obedience(maker: Maker, args: argparse.Namespace) -> None:
    """Top-3 R-precision for each number of kept steps."""
    spec = maker.t2m.tokenizer.info.spec
    root = Path(args.data_root or spec.folder)
    if not root.is_dir():
        print(
            f"obedience: left out, it needs the captions of a data set and there is no {root} (--data-root)"
        )
        return
    evaluator = load_evaluator(Path(args.checkpoint_folder) / "evaluator", spec.name)
    captions = draw_captions(root, evaluator, maker.t2m, args.clips)
    texts, begin = captions.texts, args.late
    others = texts[len(texts) // 2 :] + texts[: len(texts) // 2]
    print(
        f"\n{len(texts)} captions of {root.name}/test, {evaluator.note.get('origin')} evaluator, "
        f"stretches of {STRETCH:g} s ranked among {min(BATCH, len(texts))}"
    )
    print(f"| steps kept | top 3 after another sentence | top 3 after {begin:g} s of the same sentence |")
    print("|---|---|---|")

    def top3(features: np.ndarray) -> str:
        made = embed(evaluator, features[:, -maker.frames(STRETCH) :], maker.t2m)
        return f"{r_precision(captions.embeddings, made, batch=min(BATCH, len(texts)))[-1]:.3f}"

    for kept in args.kept:
        changed = [[(other, STRETCH), (text, STRETCH)] for other, text in zip(others, texts, strict=True)]
        after = top3(maker.make(changed, handover=kept))
        late = top3(maker.make([[(text, begin + STRETCH)] for text in texts], overlap=kept))
        print(f"| {kept} | {after} | {late} |", flush=True)
    print(f"| (caption alone) | {top3(maker.make([[(text, STRETCH)] for text in texts]))} | |", flush=True)


def draw_captions(root: Path, evaluator, t2m: TextToMotion, count: int) -> Captions:
    """The first ``count`` different sentences of the evaluation protocol's order."""
    spec, frame = t2m.tokenizer.info.spec, t2m.tokenizer.info.pose_frame
    clips = load_split(root, spec, "test", pose_frame=frame)
    words = load_word_vectors(source=evaluator.note.get("word_vectors", "glove"))
    found: dict[str, np.ndarray] = {}
    for batch in EvaluationBatches(clips, words=words, drop_last=False).repeat(0):
        with torch.no_grad():
            rows = evaluator.encode_text(batch["word_vectors"], batch["pos_one_hot"], batch["text_lengths"])
        for text, row in zip(batch["texts"], rows.numpy(), strict=True):
            found.setdefault(text, row)
        if len(found) >= count:
            break
    return Captions(list(found)[:count], np.stack(list(found.values())[:count]))


@torch.no_grad()
def embed(evaluator, features: np.ndarray, t2m: TextToMotion) -> np.ndarray:
    """Embeddings (n, 512) of features (n, T, D)."""
    normaliser = evaluator.normaliser or t2m.tokenizer.normaliser
    motion = torch.as_tensor(normaliser.normalise(features)).float()
    return evaluator.encode_motion(motion, torch.full((len(motion),), motion.shape[1])).numpy()


# -------------------------------------------------------------------------------------------------------- seams
def report_seams(maker: Maker, count: int, overlap: int = OVERLAP, handover: int = HANDOVER) -> None:
    """95th percentile of accelerations near seams and elsewhere, both paths."""
    print(
        f"\n95th percentile near seams / elsewhere, {count} clips each; steps kept within a sentence: {overlap}, "
        f"at a change: {handover}"
    )
    print("| motion | joints, mm/frame^2 | heading, degrees/frame^2 | strung: joints | strung: heading |")
    print("|---|---|---|---|---|")
    for name, story in STORIES.items():
        seams = maker.seams(story, overlap, handover)
        cells = []
        for features in (maker.make([story] * count, overlap, handover), maker.strung(story, seams, count)):
            joints = np.stack([recover_joints(clip) for clip in features])
            measures = (joint_accelerations(joints), heading_accelerations(features))
            cells += ["{:.3g} / {:.3g}".format(*near_and_far(values, seams)) for values in measures]
        length = sum(length for _, length in story)
        print(f"| {length:g} s of {name}, seams: {len(seams)} | {' | '.join(cells)} |", flush=True)


def joint_accelerations(joints: np.ndarray) -> np.ndarray:
    """Mean over joints of second differences, joints (n, T, J, 3) metres -> (n, T - 2) mm/frame^2."""
    return np.linalg.norm(np.diff(as_float64(joints), 2, axis=1), axis=-1).mean(-1) * MILLIMETRES


def heading_accelerations(features: np.ndarray) -> np.ndarray:
    """Change of the turning speed, features (n, T, D) -> (n, T - 2) degrees/frame^2."""
    # The feature holds half of a frame's turn.
    return np.abs(np.degrees(np.diff(2 * as_float64(features[:, :-1, 0]), axis=1)))


def near_and_far(values: np.ndarray, seams: Sequence[int]) -> tuple[float, float]:
    """95th percentile of accelerations (n, T - 2), about frame i + 1, around the seams and elsewhere."""
    near = np.zeros(values.shape[1], bool)
    for seam in seams:
        near[max(seam - NEAR - 1, 0) : seam + NEAR - 1] = True
    return float(np.percentile(values[:, near], 95)), float(np.percentile(values[:, ~near], 95))


# --------------------------------------------------------------------------------------------------------- cost
def report_cost(maker: Maker, lengths: Sequence[float]) -> None:
    """Seconds and memory of one clip of each length, shortest first."""
    text = STORIES["one sentence"][0][0]
    maker.make([[(text, 2.0)]])
    before, spent, lengths = peak(lambda: None), [], sorted(lengths)
    print("\n| length, s | seconds | strung, s | ratio | more memory, MiB |")
    print("|---|---|---|---|---|")
    for length in lengths:
        story = [(text, length)]
        more = (peak(lambda: maker.make([story])) - before) / MIB  # noqa: B023 - used at once
        spent.append(seconds(lambda: maker.make([story])))  # noqa: B023
        naive = seconds(lambda: maker.strung(story, maker.seams(story), 1))  # noqa: B023
        print(
            f"| {length:g} | {spent[-1]:.3g} | {naive:.3g} | {spent[-1] / naive:.2f} | {more:.0f} |",
            flush=True,
        )
    if len(lengths) > 1:
        exponent = math.log(spent[-1] / spent[-2]) / math.log(lengths[-1] / lengths[-2])
        print(f"exponent {exponent:.2f}")


def peak(act: Callable[[], object]) -> float:
    """Most memory in use during a call, bytes."""
    with FamilyPeak() as watched:
        act()
    return watched.bytes


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Options of this benchmark."""
    parts = ["obedience", "seams", "cost"]
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--checkpoint-folder", default="pretrained/small", help="models and their evaluator")
    parser.add_argument("--data-root", default=None, help="whose captions; default: the models' data set")
    parser.add_argument("--kept", type=COUNT, nargs="+", default=[1, 2, 4, 8, 12], help="steps")
    parser.add_argument("--clips", type=COUNT, default=96, help="captions for obedience")
    parser.add_argument("--late", type=SECONDS, default=12.0, help="seconds into a sentence")
    parser.add_argument("--seam-clips", type=COUNT, default=24)
    parser.add_argument(
        "--overlap", type=whole(1, 1000), default=OVERLAP, help="steps kept within a sentence, for seams"
    )
    parser.add_argument(
        "--handover", type=whole(1, 1000), default=HANDOVER, help="... at a change of sentence"
    )
    parser.add_argument("--seconds", type=SECONDS, nargs="+", default=[10.0, 60.0, 600.0], help="for cost")
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_script(main)
