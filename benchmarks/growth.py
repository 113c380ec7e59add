"""How cost grows with clip length, batch, data set and codebook: nothing grows faster than it must.

    python -m benchmarks.growth                                 # all tables' rows, published sizes, about 3 minutes
    python -m benchmarks.growth --only "sampling, clip length"
    python -m benchmarks.growth --source none                   # without the rows that need a data set

Each row takes one amount through several sizes. *exponent* is the slope of log seconds over log size between the two
largest sizes, where constant costs matter least: 1 is in proportion, below 1 less. *must* says what the work itself
asks for. Processes have a benchmark of their own (benchmarks/processes.py).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.data_loading import repeated_data_set
from benchmarks.machine import fastest, probe
from benchmarks.sampling import Models, make_condition, sample
from dataset.cache import Clips, load_split
from dataset.pose_codes import parse_pose_codes
from dataset.procedural.toy_motions import KINDS
from dataset.procedural.toy_travel import make_puppet
from dataset.spec import get_spec
from dataset.text_condition import CONDITION_TOKENS
from dataset.window_batches import WindowBatches
from models.base_trans import BaseConfig, BaseTransformer
from models.inference import for_inference
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer
from models.residual_quantizer import ResidualQuantizer
from utils.flags import FlagParser
from utils.metrics import frechet_distance
from utils.ranges import COUNT, SIZES
from utils.runtime import run_script

FPS = 20.0


@dataclass(frozen=True)
class Row:
    """One amount, its sizes, and what makes the call to be timed for a size."""

    name: str
    must: str
    sizes: tuple[int, ...]
    make: Callable[[int], Callable[[], object]]


def main(argv: list[str] | None = None) -> None:
    """Print the table."""
    args = parse(argv)
    torch.manual_seed(0)
    print(probe())
    print("| cost of | sizes | seconds | exponent | must |")
    print("|---|---|---|---|---|")
    with ExitStack() as stack, torch.no_grad():
        for row in rows(args, stack):
            if args.only is None or args.only in row.name:
                report(row)


def report(row: Row) -> None:
    """Take the times of a row and print it."""
    spent = [fastest(row.make(size), tries=2) for size in row.sizes]
    exponent = math.log(spent[-1] / spent[-2]) / math.log(row.sizes[-1] / row.sizes[-2])
    sizes, times = (
        ", ".join(format(value, form) for value in values)
        for values, form in ((row.sizes, ","), (spent, ".3g"))
    )
    print(f"| {row.name} | {sizes} | {times} | {exponent:.2f} | {row.must} |", flush=True)


def rows(args: argparse.Namespace, stack: ExitStack) -> Iterator[Row]:
    """All rows; sizes are divided by ``--divide``."""

    def sizes(*values: int) -> tuple[int, ...]:
        return tuple(max(value // args.divide, 1 + index) for index, value in enumerate(values))

    yield Row(
        "sampling, clip length (steps; batch 8)",
        "1, attention more",
        sizes(25, 50, 100, 200),
        sampler(args, 8, None),
    )
    yield Row(
        "sampling, batch (25 steps)",
        "below 1, then 1",
        sizes(1, 4, 16, 64),
        sampler(args, None, 25 // args.divide + 1),
    )
    yield Row("decoding, clip length (steps)", "1", sizes(25, 100, 400, 1600), decoder(args))
    yield Row("pose codes, frames", "1", sizes(1000, 10_000, 100_000), parser_of_codes())
    yield Row("residual codes, codebook size (soft)", "1", sizes(128, 512, 2048), quantizer("soft"))
    yield Row("residual codes, codebook size (hard)", "1", sizes(128, 512, 2048), quantizer("hard"))
    yield Row("residual codes, stages (soft)", "1", sizes(3, 6, 12), quantizer("soft", by_stages=True))
    yield Row("FID, clips", "1", sizes(1000, 4000, 16_000), frechet)
    if args.source != "none":
        counts, data = sizes(2000, 8000, 29_000), DataSets(Path(args.source), stack)
        yield Row("opening a cached data set, clips", "1", counts, data.opener)
        yield Row("100 batches of windows, clips in the set", "0", counts, data.batcher)


def sampler(
    args: argparse.Namespace, batch: int | None, steps: int | None
) -> Callable[[int], Callable[[], object]]:
    """Condition to motion, for a number of steps (batch given) or a batch size (steps given)."""

    def make(size: int) -> Callable[[], object]:
        clips, length = batch or size, steps or size
        block, width = CONDITION_TOKENS + length, args.embed_dim
        base = BaseConfig(embed_dim=width, num_layers=args.base_layers, heads=width // 64, block_size=block)
        refine = RefineConfig(
            embed_dim=width, num_layers=args.refine_layers, heads=width // 128, block_size=block
        )
        models = Models(
            PGTokenizer(TokenizerConfig(width=args.tokenizer_width)).eval(),
            for_inference(BaseTransformer(base)),
            for_inference(RefineTransformer(refine)),
        )
        condition = make_condition(clips, base.clip_dim, keywords=False)
        return lambda: sample(models, condition, [length] * clips)

    return make


def decoder(args: argparse.Namespace) -> Callable[[int], Callable[[], object]]:
    """Pose codes alone to motion."""
    tokenizer = PGTokenizer(TokenizerConfig(width=args.tokenizer_width)).eval()
    return lambda size: lambda: tokenizer.decode(torch.zeros(1, size, 70, dtype=torch.uint8))


def parser_of_codes() -> Callable[[int], Callable[[], object]]:
    """Joints to pose codes in the heading frame."""
    rng = np.random.default_rng(0)
    puppet = make_puppet(400, FPS, rng)
    KINDS["walk_circle_left"].action(puppet, 0.2, 400 / FPS - 0.2, rng)
    walk = puppet.joints()

    def make(size: int) -> Callable[[], object]:
        joints = np.resize(walk, (size, *walk.shape[1:]))
        return lambda: parse_pose_codes(joints, frame="heading")

    return make


def quantizer(kind: str, by_stages: bool = False) -> Callable[[int], Callable[[], object]]:
    """Residual quantization of 32 windows of 16 steps, by codes or by stages."""
    latents = torch.randn(32, 16, 512)

    def make(size: int) -> Callable[[], object]:
        stages, codes = (size, 512) if by_stages else (6, size)
        layers = ResidualQuantizer(stages, codes, 512, kind=kind).eval()
        layers.initialised.fill_(True)
        return lambda: layers.encode(latents)

    return make


def frechet(size: int) -> Callable[[], object]:
    """FID between two sets of embeddings."""
    rng = np.random.default_rng(0)
    real, made = (rng.standard_normal((size, 512)) for _ in range(2))
    return lambda: frechet_distance(real, made)


class DataSets:
    """Repeated data sets, kept until the stack closes."""

    def __init__(self, source: Path, stack: ExitStack) -> None:
        self.source, self.stack, self.roots = source, stack, {}

    def open(self, size: int) -> Clips:
        """The training split of ``size`` clips; cached from the second call on."""
        if size not in self.roots:
            self.roots[size] = self.stack.enter_context(repeated_data_set(self.source, size))
        return load_split(self.roots[size], get_spec("mocap"), "train", pose_frame="heading")

    def opener(self, size: int) -> Callable[[], object]:
        """Opening."""
        return lambda: self.open(size)

    def batcher(self, size: int) -> Callable[[], object]:
        """A hundred batches of 32 windows of 64 frames."""
        windows = WindowBatches(self.open(size), 64, 32)
        return lambda: [windows.at(iteration) for iteration in range(100)]


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Options of this benchmark."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=None, help="rows whose name contains this")
    parser.add_argument("--source", default="dataset/Mocap", help="data set to repeat; none: leave it out")
    parser.add_argument("--divide", type=COUNT, default=1, help="divide all sizes, for a quick look")
    parser.add_argument("--embed-dim", type=SIZES["embed_dim_gpt"], default=1024)
    parser.add_argument("--base-layers", type=SIZES["num_layers"], default=9)
    parser.add_argument("--refine-layers", type=SIZES["num_layers"], default=6)
    parser.add_argument("--tokenizer-width", type=SIZES["width"], default=512)
    return parser.parse_args(argv)


if __name__ == "__main__":
    run_script(main)
