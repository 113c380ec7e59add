"""Speed of sampling at the published sizes: condition -> pose codes -> residual codes -> motion.

    python -m benchmarks.sampling                                    # batches of 1, 8 and 32; naive on 2 clips, scaled
    python -m benchmarks.sampling --batches 8 --naive-clips 8        # the naive path on every clip
    python -m benchmarks.sampling --precisions float32 bf16          # half precision as well
    python -m benchmarks.sampling --batches 1 8 --compile            # the ordinary modules through torch.compile

The naive path (benchmarks/naive_sampling.py) takes one clip after the other, so its time for a batch is that of
``--naive-clips`` clips scaled up to the batch. Weights are random, which changes no time. *limit* is what the machine
needs at least, by its rates probed in the same run: every step reads the base transformer's weights once or does the
sums of the clips still running, whichever takes longer, and likewise the prefix and the passes of the refine
transformer; the decoder is left out of the limit, not of the times. *same codes* counts clips whose pose and residual
codes equal the naive path's under the same seed.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from benchmarks import naive_sampling
from benchmarks.machine import Machine, fastest, peak_memory, probe, seconds, sustained
from dataset.text_condition import CONDITION_TOKENS
from models.attention import Block
from models.base_trans import BaseConfig, BaseTransformer
from models.inference import PackedLinear, for_inference
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer, merge_equal_tokens
from utils.flags import FlagParser
from utils.ranges import COUNT, SIZES
from utils.runtime import make_generator, run_script

SEED = 7
BYTES = {"float32": 4, "bf16": 2}
TYPES = {"float32": torch.float32, "bf16": torch.bfloat16}


@dataclass
class Models:
    """What sampling needs, on the CPU."""

    tokenizer: PGTokenizer
    base: BaseTransformer
    refine: RefineTransformer

    def prepared(self, precision: str) -> Models:
        """With the transformers made ready for sampling."""
        base, refine = (for_inference(model, precision) for model in (self.base, self.refine))
        return replace(self, base=base, refine=refine)


@dataclass
class Clips:
    """Codes of a batch and the motion decoded from them."""

    pose_codes: list[Tensor]  # (L, 70) each
    residual_codes: list[Tensor]  # (L, Q) each
    motion: list[Tensor]  # (4 L, D) each


def main(argv: list[str] | None = None) -> None:
    """Measure and print a table."""
    args = parse(argv)
    torch.manual_seed(0)
    models = build_models(args)
    machine = probe_products([TYPES[name] for name in args.precisions])
    print(machine)
    print(
        f"base {weights(models.base) / 1e6:.0f} M, refine {weights(models.refine) / 1e6:.0f} M, "
        f"tokenizer {weights(models.tokenizer) / 1e6:.0f} M weights; clips of {args.steps} steps"
        + (" at most, spread evenly from a fifth of that" if args.spread else "")
    )
    print("| batch | path | seconds | against naive | against float32 | of the limit | same codes |")
    print("|---|---|---|---|---|---|---|")
    fast = {precision: models.prepared(precision) for precision in args.precisions}
    if args.compile:
        fast |= {"float32, ordinary modules": models, "float32, compiled modules": compiled(models)}
    for batch in args.batches:
        compare(models, fast, batch, machine, args)
    print(f"peak memory {peak_memory() / 2**30:.1f} GiB, all of these models at once")


def compare(
    models: Models, fast: dict[str, Models], batch: int, machine: Machine, args: argparse.Namespace
) -> None:
    """Print the rows of one batch size."""
    condition = make_condition(batch, models.base.config.clip_dim, args.keywords)
    lengths = spread_lengths(batch, args.steps) if args.spread else [args.steps] * batch
    # Clips evenly taken from the batch, so that their mean length is about the batch's.
    rows = [
        int((index + 0.5) * batch / min(batch, args.naive_clips))
        for index in range(min(batch, args.naive_clips))
    ]
    known: list[Clips] = []
    naive = seconds(lambda: known.append(sample_naively(models, condition, lengths, rows)))
    naive *= sum(lengths) / sum(lengths[row] for row in rows)
    print(f"| {batch} | naive, {len(rows)} of {batch} clips | {naive:.1f} | 1.0 | | | |", flush=True)
    first = None
    for precision, prepared in fast.items():
        found: list[Clips] = []
        act = run_into(found, prepared, condition, lengths)
        warm_up = seconds(act)  # with torch.compile this compiles
        taken = fastest(act, tries=args.tries)
        name = f"{precision}, {warm_up:.0f} s to warm up" if "compiled" in precision else precision
        first = taken if first is None else first
        share = "–"
        if precision in TYPES:  # not the rows of --compile
            share = f"{limit(models, condition, lengths, precision, machine) / taken:.0%}"
        same = sum(equal_clip(found[-1], row, known[0], index) for index, row in enumerate(rows))
        print(
            f"| {batch} | {name} | {taken:.2f} | {naive / taken:.1f} | {first / taken:.2f} | {share} | "
            f"{same} of {len(rows)} |",
            flush=True,
        )


def compiled(models: Models) -> Models:
    """Copies of the ordinary modules whose blocks go through torch.compile when first used."""
    # The cache's length is one of the guards until it is found to vary.
    torch._dynamo.config.recompile_limit = 64
    base, refine = copy.deepcopy(models.base), copy.deepcopy(models.refine)
    for block in (
        module for model in (base, refine) for module in model.modules() if isinstance(module, Block)
    ):
        block.compile(dynamic=True)
    return replace(models, base=base, refine=refine)


def run_into(found: list[Clips], models: Models, condition: Tensor, lengths: list[int]) -> Callable[[], None]:
    """A call that samples and appends its clips."""
    return lambda: found.append(sample(models, condition, lengths))


def sample(models: Models, condition: Tensor, lengths: list[int]) -> Clips:
    """Ours: the calls of `models.pipeline`."""
    streams = [make_generator(SEED + row) for row in range(len(condition))]
    wanted = torch.tensor(lengths)
    codes, found = models.base.generate(condition, 1.0, streams, lengths=wanted)
    residual = models.refine.generate(codes, found, condition, 1.0, streams)
    with torch.no_grad():
        motion = models.tokenizer.decode(codes, residual, found)
    step = models.tokenizer.frames_per_step
    return Clips(
        [row[:length].long() for row, length in zip(codes, lengths, strict=True)],
        [row[:length] for row, length in zip(residual, lengths, strict=True)],
        [row[: step * length] for row, length in zip(motion, lengths, strict=True)],
    )


def sample_naively(models: Models, condition: Tensor, lengths: list[int], rows: list[int]) -> Clips:
    """The chosen rows, one after the other."""
    clips = Clips([], [], [])
    for row in rows:
        stream = make_generator(SEED + row)
        own = condition[row : row + 1]
        codes = naive_sampling.pose_codes(models.base, own, lengths[row], stream)
        residual = naive_sampling.residual_codes(models.refine, codes, own, stream)
        clips.pose_codes.append(codes[0])
        clips.residual_codes.append(residual[0])
        clips.motion.append(naive_sampling.motion(models.tokenizer, codes, residual)[0])
    return clips


def equal_clip(ours: Clips, row: int, naive: Clips, index: int) -> bool:
    """Whether all codes of a clip agree, and then its motion."""
    if not torch.equal(ours.pose_codes[row], naive.pose_codes[index]):
        return False
    if not torch.equal(ours.residual_codes[row], naive.residual_codes[index]):
        return False
    torch.testing.assert_close(ours.motion[row], naive.motion[index], rtol=1e-3, atol=1e-4)
    return True


def limit(models: Models, condition: Tensor, lengths: list[int], precision: str, machine: Machine) -> float:
    """Least seconds of the two transformers for this batch."""
    size, dtype = BYTES[precision], TYPES[precision]
    base, refine = weights(models.base), weights(models.refine)
    # The prefix's pass gives the first step; the others have one row for each clip that still runs.
    rows = [CONDITION_TOKENS * len(lengths)]
    rows += [sum(length > step for length in lengths) for step in range(1, max(lengths))]
    total = sum(machine.limit(size * base, 2 * base * count, dtype) for count in rows)
    tokens = sum(lengths) + len(lengths) * (merge_equal_tokens(condition)[0].shape[1] + 1)
    stages = models.refine.config.quantizers
    return total + stages * machine.limit(size * refine, 2 * refine * tokens, dtype)


def weights(model: nn.Module) -> int:
    """Number of weights of a model."""
    return sum(parameter.numel() for parameter in model.parameters())


def probe_products(dtypes: list[torch.dtype]) -> Machine:
    """The machine's rates; of its products the faster layout of two counts."""
    machine = probe(dtypes=tuple(dtypes))
    rates = dict(machine.flop_rates)
    x = torch.randn(2048, 2048)
    for dtype in dtypes:
        layer = PackedLinear(torch.randn(2048, 2048), None, dtype)
        rates[dtype] = max(rates[dtype], 2 * 2048**3 / sustained(lambda: layer(x)))  # noqa: B023 - used at once
    return replace(machine, flop_rates=rates)


def make_condition(batch: int, width: int, keywords: bool) -> Tensor:
    """Random sentences (B, 12, width), without keywords unless asked for."""
    condition = torch.randn(batch, CONDITION_TOKENS, width, generator=make_generator(SEED))
    if not keywords:
        condition[:, 1:] = 0
    return condition


def spread_lengths(batch: int, steps: int) -> list[int]:
    """Lengths from a fifth of the longest to the longest, in no order."""
    lengths = torch.linspace(max(1, steps // 5), steps, batch).round().long()
    return lengths[torch.randperm(batch, generator=make_generator(SEED))].tolist()


def build_models(args: argparse.Namespace) -> Models:
    """Random models of the sizes asked for; the published ones by default."""
    width = args.embed_dim
    return Models(
        PGTokenizer(TokenizerConfig(width=args.tokenizer_width)).eval(),
        BaseTransformer(BaseConfig(embed_dim=width, num_layers=args.base_layers, heads=width // 64)).eval(),
        RefineTransformer(
            RefineConfig(embed_dim=width, num_layers=args.refine_layers, heads=width // 128)
        ).eval(),
    )


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Options of this benchmark."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=COUNT, nargs="+", default=[1, 8, 32])
    parser.add_argument("--precisions", nargs="+", choices=BYTES, default=["float32"])
    parser.add_argument("--spread", action="store_true", help="clips of different lengths")
    parser.add_argument("--keywords", action="store_true", help="condition with eleven different keywords")
    parser.add_argument(
        "--compile", action="store_true", help="a row for torch.compile, needs a C++ compiler"
    )
    parser.add_argument("--naive-clips", type=COUNT, default=2, help="clips that the naive path makes")
    parser.add_argument("--tries", type=COUNT, default=2, help="the fastest of so many counts")
    add_sizes(parser)
    return parser.parse_args(argv)


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Options of `build_models`; small ones make a quick test."""
    parser.add_argument("--steps", type=COUNT, default=50, help="latent steps of a clip, four frames each")
    parser.add_argument("--embed-dim", type=SIZES["embed_dim_gpt"], default=1024)
    parser.add_argument(
        "--base-layers", type=SIZES["num_layers"], default=9, help="in each of the two stacks"
    )
    parser.add_argument("--refine-layers", type=SIZES["num_layers"], default=6)
    parser.add_argument("--tokenizer-width", type=SIZES["width"], default=512)


if __name__ == "__main__":
    run_script(main)
