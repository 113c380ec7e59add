"""Loading data: opening a cached data set of HumanML3D's size, making batches, and how long training waits for them.

    python -m benchmarks.data_loading                            # dataset/Mocap, repeated to 29,000 clips
    python -m benchmarks.data_loading --clips 0 --stages base    # only the waiting of one stage
    python -m benchmarks.data_loading --source dataset/Toy --clips 2000 --stages

The naive path opens every clip's files, as a loader without a cache does: all of them at the start, or each clip's
when it is its turn in a batch. Its batches are compared with ours. The repeated data set (hard links, and captions that
differ) lies in a folder that is removed at the end; its features take 150 kB a clip. Its captions get random vectors.
The stages are those of configs/mini: training steps short enough that a slow loader would show.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.machine import probe
from benchmarks.memory import resident
from benchmarks.pose_codes import REPOSITORY, add_data_set, repeat
from dataset.cache import Clips, load_split
from dataset.captions import read_captions
from dataset.conditions import build_conditions
from dataset.motion_text import TextMotionBatches
from dataset.read_clips import SplitReader
from dataset.spec import STEP, get_spec
from dataset.window_batches import WindowBatches
from evaluation.settings import DataSettings
from evaluation.workbench import Workbench
from models.follow import follow_tokenizer
from options import base_parser, evaluator_parser, parse, refine_parser, tokenizer_parser
from options.evaluator import add_evaluator_model_options
from training.from_options import base_stage, evaluator_stage, refine_stage, tokenizer_stage
from training.loop_parts import prefetch
from utils.flags import FlagParser
from utils.ranges import COUNT
from utils.runtime import UserError, run_script, seed_everything

WINDOW, BATCH = 64, 32
TEXT_WIDTH = 512  # of CLIP's vectors
TOKENIZER = REPOSITORY / "pretrained/small/exp_pg_tokenizer"
PRESETS = REPOSITORY / "configs/mini"
PARTS = {"new_joint_vecs": ".npy", "codes_heading": ".npy"}
STAGES = {
    "tokenizer": (tokenizer_parser, tokenizer_stage),
    "base": (base_parser, base_stage),
    "refine": (refine_parser, refine_stage),
    "evaluator": (lambda: add_evaluator_model_options(evaluator_parser()), evaluator_stage),
}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    add_data_set(parser)
    parser.add_argument(
        "--stages", nargs="*", choices=STAGES, default=list(STAGES), help="whose waiting to measure"
    )
    parser.add_argument("--steps", type=COUNT, default=40, help="training steps of each stage")
    parser.add_argument("--batches", type=COUNT, default=50, help="batches to take the time of")
    parser.add_argument("--no-probe", action="store_true", help="don't measure the machine")
    parser.add_argument(
        "--open-only", type=Path, metavar="FOLDER", help="open one data set, as a fresh process does"
    )
    args = parser.parse_args(argv)
    if args.open_only:
        open_cached(args.open_only, args.batches)
        return
    if not args.no_probe:
        print(probe())
    if args.clips:
        with repeated_data_set(args.source, args.clips) as root:
            start_up(root, args.batches)
            batches(root, args.batches)
    for stage in args.stages:
        waiting(stage, args.source, args.steps)


# ------------------------------------------------------------------------------------------------------ start-up
@contextmanager
def repeated_data_set(source: Path, count: int) -> Iterator[Path]:
    """A data set of `count` clips: those of the source's training split again and again, with captions of their own."""
    split = source / "train.txt"
    if not split.is_file():
        raise UserError(f"{split} is missing: give another --source")
    names = split.read_text(encoding="utf-8").split()
    with tempfile.TemporaryDirectory(dir=source.parent, prefix=".benchmark-") as folder:
        root = Path(folder)
        for part in (*PARTS, "texts"):
            (root / part).mkdir()
        for number in range(count):
            name = names[number % len(names)]
            for part, suffix in PARTS.items():
                repeat(source / part / f"{name}{suffix}", root / part / f"{number:06d}{suffix}")
            text = (source / "texts" / f"{name}.txt").read_text(encoding="utf-8")
            again = text.replace("#", f" {number // len(names)}#", 1) if number >= len(names) else text
            (root / "texts" / f"{number:06d}.txt").write_text(again, encoding="utf-8")
        for file in ("Mean.npy", "Std.npy", "codes_heading/frame.json"):
            shutil.copy(source / file, root / file)
        (root / "train.txt").write_text(
            "\n".join(f"{number:06d}" for number in range(count)), encoding="utf-8"
        )
        yield root


def start_up(root: Path, count: int) -> None:
    """Build the cache, open it in a fresh process, and read all files as a loader without a cache does."""
    start = time.perf_counter()
    clips = load_split(root, get_spec("mocap"), "train", pose_frame="heading")
    build_conditions(clips, random_vectors, "random", use_keywords=False)
    built = time.perf_counter() - start
    frames, captions = len(clips.features), len(clips.captions.tokens)
    print(
        f"{len(clips):,} clips, {frames / 1e6:.2f} M frames, {captions:,} captions; the cache is made in {built:.1f} s"
    )
    command = [
        sys.executable,
        "-m",
        "benchmarks.data_loading",
        "--open-only",
        str(root),
        "--batches",
        str(count),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    print(done.stdout.rstrip())
    start = time.perf_counter()
    held = [naive_clip(root, name) for name in clips.sources]
    print(f"  without a cache: {time.perf_counter() - start:6.2f} s to read the files of {len(held):,} clips")


def open_cached(root: Path, count: int) -> None:
    """What a training does before its first step, and the memory it takes; printed."""
    before, start = resident(), time.perf_counter()
    names = (root / "train.txt").read_text(encoding="utf-8").split()
    SplitReader(
        get_spec("mocap"), names, root / "new_joint_vecs", root / "texts", root / "codes_heading"
    ).identity()
    looked = time.perf_counter()
    clips = load_split(root, get_spec("mocap"), "train", pose_frame="heading")
    opened = time.perf_counter()
    conditions = build_conditions(clips, random_vectors, "random", use_keywords=False)
    windows, texts = WindowBatches(clips, WINDOW, BATCH), TextMotionBatches(clips, conditions, BATCH)
    ready, after = time.perf_counter(), resident()
    for iteration in range(count):
        windows.at(iteration)
        texts.at(iteration)
    print(
        f"  cached, fresh process: {opened - looked:.2f} s to open ({looked - start:.2f} s of it to see that all files are "
        f"as they were), {ready - opened:.2f} s for conditions and batches\n"
        f"  memory: libraries {before}\n"
        f"          opened    {after}\n"
        f"          after {2 * count} batches {resident()}"
    )


def random_vectors(texts: list[str]) -> np.ndarray:
    """Stands for a text encoder; the same vector every time only for a single text."""
    return np.random.default_rng(len(texts)).standard_normal((len(texts), TEXT_WIDTH), np.float32)


def naive_clip(root: Path, name: str) -> tuple[np.ndarray, np.ndarray, list[Any]]:
    """Features, codes and captions of a clip, from its files."""
    motion, codes = (np.load(root / part / f"{name}{suffix}") for part, suffix in PARTS.items())
    return motion, codes, read_captions(root / "texts" / f"{name}.txt")


# ------------------------------------------------------------------------------------------------------- batches
def batches(root: Path, count: int) -> None:
    """Milliseconds for a batch of each kind, beside the same batch made clip by clip from files."""
    clips = load_split(root, get_spec("mocap"), "train", pose_frame="heading")
    conditions = build_conditions(clips, random_vectors, "random", use_keywords=False)
    windows, texts = WindowBatches(clips, WINDOW, BATCH), TextMotionBatches(clips, conditions, BATCH)
    ways = {
        f"windows of {WINDOW} frames": (windows.at, lambda i: naive_windows(windows, root, i)),
        "clips with text": (texts.at, lambda i: naive_texts(texts, root, texts.at(i))),
    }
    print(f"{f'batches of {BATCH}':28s}{'ours':>12s}{'clip by clip':>16s}{'ratio':>8s}")
    for name, (ours, naive) in ways.items():
        for iteration in range(2):
            compare(name, ours(iteration), naive(iteration))
        fast = milliseconds(ours, count)
        # The naive way is told by ours which clips to take; that does not count.
        slow = milliseconds(naive, max(count // 10, 1)) - (0 if "windows" in name else fast)
        print(f"{name:28s}{fast:9.2f} ms{slow:13.2f} ms{slow / fast:7.1f}x")


def naive_windows(windows: WindowBatches, root: Path, iteration: int) -> dict[str, torch.Tensor]:
    """The windows of a batch, one after another, each from its clip's files."""
    clips, motions, codes = windows.clips, [], []
    for start in windows.starts(iteration):
        clip = int(np.searchsorted(clips.offsets, start, side="right")) - 1
        first = start - clips.offsets[clip]
        motion, of_clip, _ = naive_clip(root, clips.sources[clip])
        motions.append(torch.from_numpy((motion[first : first + WINDOW] - clips.mean) / clips.std))
        codes.append(torch.from_numpy(of_clip[first : first + WINDOW]))
    return {"motion": torch.stack(motions), "pose_codes": torch.stack(codes)}


def naive_texts(texts: TextMotionBatches, root: Path, like: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The clips of a batch and their sentences' vectors, one after another."""
    clips, conditions = texts.clips, texts.conditions
    codes, condition = [], []
    longest = int(like["lengths"].max())
    row_of = {text: row for row, text in zip(_text_rows(clips, like), like["texts"], strict=True)}
    for clip, steps, text in zip(
        like["clip_index"].tolist(), like["lengths"].tolist(), like["texts"], strict=True
    ):
        _, of_clip, captions = naive_clip(root, clips.sources[clip])
        if text not in [caption.text for caption in captions]:
            raise AssertionError(f"{clips.names[clip]} has no caption {text!r}")
        taken = torch.from_numpy(of_clip[: steps * STEP : STEP])
        codes.append(torch.nn.functional.pad(taken, (0, 0, 0, longest - steps)))
        tokens = torch.zeros(12, TEXT_WIDTH)
        tokens[0] = torch.from_numpy(np.array(conditions.text[row_of[text]]))
        condition.append(tokens)
    return {"pose_codes": torch.stack(codes), "condition": torch.stack(condition)}


def _text_rows(clips: Clips, batch: dict[str, Any]) -> list[int]:
    found = []
    for clip, text in zip(batch["clip_index"].tolist(), batch["texts"], strict=True):
        found.append(next(row for row in clips.captions.rows_of(clip) if clips.captions.texts[row] == text))
    return found


def compare(name: str, ours: dict[str, Any], naive: dict[str, torch.Tensor]) -> None:
    """AssertionError unless both batches hold the same."""
    for key, values in naive.items():
        torch.testing.assert_close(
            ours[key], values, rtol=1e-6, atol=1e-6, msg=lambda text: f"{name}: {text}"
        )  # noqa: B023


def milliseconds(act: Callable[[int], object], count: int) -> float:
    """Of one call, on average."""
    start = time.perf_counter()
    for iteration in range(count):
        act(iteration)
    return 1e3 * (time.perf_counter() - start) / count


# ------------------------------------------------------------------------------------------------------- waiting
def waiting(name: str, source: Path, steps: int) -> None:
    """Share of a training step that a stage waits for its batch, with one worker and with none."""
    stage, bench = make_stage(name, source)
    forbid_encoding(bench)
    found = {workers: train(stage, steps, workers) for workers in (0, 1)}
    (_, alone), (step, wait) = found[0], found[1]
    print(
        f"{name:10s} step {1e3 * step:7.1f} ms; waits for its batch {1e3 * alone:6.2f} ms without a worker, "
        f"{1e3 * wait:6.3f} ms with one: {100 * wait / step:.2f} %"
    )


def make_stage(name: str, source: Path) -> tuple[Any, Workbench]:
    """A stage with the options of its mini preset."""
    make_parser, make = STAGES[name]
    arguments = ["--preset", str(PRESETS / f"{name}.yaml"), "--data-root", str(source), "--device", "cpu"]
    follows = name in ("base", "refine")
    if follows:
        arguments += ["--dec-checkpoint-folder", str(tokenizer_of(source))]
    if name == "refine":
        arguments += ["--no-load-pretrained-pose-code-emb"]
    args = parse(make_parser(), arguments)
    args = follow_tokenizer(args) if follows else args
    seed_everything(args.seed)
    bench = Workbench(DataSettings.from_args(args))
    return make(args, bench, torch.device("cpu")), bench


def tokenizer_of(source: Path) -> Path:
    """The shipped tokenizer beside this data's own statistics, in the data's cache: weights make no difference to time."""
    folder = source / ".cache" / "benchmark_tokenizer"
    shutil.copytree(TOKENIZER, folder, dirs_exist_ok=True)
    for name in ("Mean.npy", "Std.npy"):
        shutil.copyfile(source / name, folder / name.lower())
    return folder


def forbid_encoding(bench: Workbench) -> None:
    """Make the frozen models that have done their work fail when training asks them again."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a text or a motion was embedded inside the training loop")

    if bench.settings.text is not None:
        bench.text_encoder.encode = refuse


def train(stage: Any, steps: int, workers: int) -> tuple[float, float]:
    """Seconds of a step, and seconds of it spent waiting for the batch; on average, without the first steps."""
    model = stage.model.train()
    optimizer = torch.optim.AdamW([value for value in model.parameters() if value.requires_grad], lr=1e-5)
    warm_up = min(3, steps - 1)
    waited = 0.0
    batches = prefetch(stage.batch, range(steps), workers)
    for iteration in range(steps):
        before = time.perf_counter()
        if iteration == warm_up:
            waited, start = 0.0, before
        batch = next(batches)
        waited += time.perf_counter() - before
        loss, _ = stage.loss(batch, iteration)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return (time.perf_counter() - start) / (steps - warm_up), waited / (steps - warm_up)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    run_script(main)
