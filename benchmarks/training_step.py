"""Time of a training step of each stage at the published sizes, beside a step as the published code takes it.

    python -m benchmarks.training_step                              # all three stages, float32 and what pays beside it
    python -m benchmarks.training_step --stages base --ways naive float32 bf16 bf16+compile
    python -m benchmarks.training_step --device cuda --tries 10     # adds memory; nothing here needs a GPU

The naive step (benchmarks/naive_training.py) runs CLIP's text tower (of random weights) for the transformers, pads
every clip to the full block, loops over samples, groups and stages, and updates by an AdamW that is not fused. Both
ways start from the same weights, and before anything is timed their losses are compared. *limit* is the share of the
rate of a large matrix product, probed in the same run, that the step's own sums reach.

Clips of the transformers' batches have 20 to 49 steps and share a batch with clips of like length, as the loader deals
them; a stage's time is the mean over ``--batches`` of them, from the short end to the long one.
"""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import naive_training as naive
from benchmarks.machine import Machine, fastest, peak_memory, probe
from dataset.features import joints_in_metres
from dataset.motion_text import POOL
from dataset.pose_codes import GROUP_SIZES, NUM_GROUPS, to_khot
from dataset.spec import get_spec
from dataset.text_condition import CONDITION_TOKENS
from models.base_trans import BaseConfig, BaseTransformer
from models.pg_tokenizer import PGTokenizer, TokenizerConfig
from models.refine_trans import RefineConfig, RefineTransformer, draw_stages
from training.base_stage import BaseStage
from training.compilation import compile_model
from training.corruption import Corruption
from training.loop import TrainSettings
from training.losses import DEFAULT_MOTION_LOSSES, MotionLoss
from training.refine_stage import RefineStage
from training.settings import TokenizerSettings, TransformerSettings, make_optimizer
from training.stage import Stage
from training.tokenizer_stage import TokenizerStage
from utils.flags import FlagParser
from utils.precision import bf16_pays
from utils.ranges import COUNT, SIZES
from utils.runtime import UserError, pick_device, run_script

WEIGHTS = {"velocity": 0.5, "vq": 0.02, "entropy": 0.01}  # as in the published command
WAYS = ("naive", "float32", "bf16", "compile", "bf16+compile")
LATE = 10**6  # an iteration by which every history is shown with noise
TOLERANCE = 2e-5
SIZE_OPTIONS = ("tokenizer_batch", "window", "tokenizer_width", "codes", "batch", "batches", "embed_dim")
Loss = Callable[[dict], Tensor]


@dataclass
class Case:
    """One stage: its model, batches, and the loss of a batch both ways."""

    name: str
    model: nn.Module
    batches: list[dict]
    stage: Stage  # without data: for its loss
    naive: Callable[[dict, int], Tensor]  # batch, iteration

    def ours(self, batch: dict, iteration: int) -> Tensor:
        """The stage's loss."""
        return self.stage.loss(batch, iteration)[0]

    @property
    def samples(self) -> int:
        """Of one batch."""
        return len(self.batches[0]["pose_codes"])


@dataclass(frozen=True)
class Sizes:
    """How large a benchmark is; the defaults are the published sizes."""

    tokenizer_batch: int = 32
    window: int = 64
    tokenizer_width: int = 512
    codes: int = 512
    batch: int = 8
    batches: int = 3
    embed_dim: int = 1024
    base_layers: int = 9
    refine_layers: int = 6
    text_layers: int = 12
    steps: tuple[int, int] = (20, 49)  # shortest and longest clip
    block_size: int = 62


# --------------------------------------------------------------------------------------------------- cases
def tokenizer_case(sizes: Sizes, device: torch.device) -> Case:
    """25.9 M parameters, windows of 64 frames."""
    model = PGTokenizer(
        TokenizerConfig(
            width=sizes.tokenizer_width,
            latent_dim=sizes.tokenizer_width,
            detach_p_latent=True,
            quantizer={"stages": 6, "codes": sizes.codes, "init": "xavier"},
        )
    )
    loss = MotionLoss(DEFAULT_MOTION_LOSSES, get_spec("t2m").layout, joints_in_metres)
    stage = TokenizerStage(model, loss, TokenizerSettings(WEIGHTS["vq"], WEIGHTS["entropy"]))
    batches = [
        {
            "motion": torch.randn(sizes.tokenizer_batch, sizes.window, 263, device=device),
            "pose_codes": random_codes(sizes.tokenizer_batch, sizes.window // 4, device),
        }
        for _ in range(sizes.batches)
    ]

    def as_published(batch: dict, iteration: int) -> Tensor:
        return naive.tokenizer_loss(model, batch["motion"], to_khot(batch["pose_codes"]), WEIGHTS)

    return Case("tokenizer", model, batches, stage, as_published)


def base_case(sizes: Sizes, device: torch.device) -> Case:
    """228 M parameters."""
    heads = max(1, sizes.embed_dim // 64)
    config = BaseConfig(
        embed_dim=sizes.embed_dim, num_layers=sizes.base_layers, heads=heads, block_size=sizes.block_size
    )
    model = BaseTransformer(config)
    corruption = Corruption(pkeep=0.5)
    stage = BaseStage(model, TransformerSettings(corruption, log_right=True))
    encode = text_tower(sizes)

    def as_published(batch: dict, iteration: int) -> Tensor:
        codes = naive.float_codes(batch["pose_codes"], batch["lengths"], sizes.block_size - CONDITION_TOKENS)
        shown = naive.noisy_codes(codes, corruption.pkeep) if iteration == LATE else codes
        condition = with_text(batch, encode, compare=iteration != LATE)
        return naive.base_loss(model, codes, shown, condition, batch["lengths"])

    batches = transformer_batches(sizes, device)
    return Case("base", model, batches, stage, as_published)


def refine_case(sizes: Sizes, device: torch.device) -> Case:
    """81 M parameters, shared weights."""
    heads = max(1, sizes.embed_dim // 128)
    config = RefineConfig(
        codes=sizes.codes,
        embed_dim=sizes.embed_dim,
        num_layers=sizes.refine_layers,
        heads=heads,
        dropout=0.2,
        block_size=sizes.block_size,
    )
    model = RefineTransformer(config)
    stage = RefineStage(model, TransformerSettings(log_right=True))
    encode, size = text_tower(sizes), sizes.block_size - CONDITION_TOKENS

    def as_published(batch: dict, iteration: int) -> Tensor:
        codes = naive.float_codes(batch["pose_codes"], batch["lengths"], size)
        residual = torch.zeros(len(codes), size, config.quantizers, dtype=torch.long, device=device)
        residual[:, : batch["residual_codes"].shape[1]] = batch["residual_codes"].clamp(min=0)
        condition = with_text(batch, encode, compare=iteration != LATE)
        return naive.refine_loss(model, codes, residual, condition, batch["stage"], batch["lengths"])

    batches = transformer_batches(sizes, device)
    for batch in batches:
        inside = torch.arange(batch["pose_codes"].shape[1], device=device) < batch["lengths"][:, None]
        codes = torch.randint(config.codes, (*inside.shape, config.quantizers), device=device)
        batch["residual_codes"] = codes.masked_fill(~inside.unsqueeze(-1), -1)
        with torch.device("cpu"):
            drawn = RefineStage.stages(draw_stages(sizes.batch, config.quantizers))
        batch |= drawn | {"stage": drawn["stage"].to(device)}
    return Case("refine", model, batches, stage, as_published)


CASES = {"tokenizer": tokenizer_case, "base": base_case, "refine": refine_case}


def make_case(name: str, sizes: Sizes, device: torch.device) -> Case:
    """A stage with weights made on the device."""
    with torch.device(device):
        return CASES[name](sizes, device)


def random_codes(batch: int, steps: int, device: torch.device) -> Tensor:
    """Valid pose codes (B, L, 70) uint8."""
    draws = torch.rand(batch, steps, NUM_GROUPS, device=device)
    return (draws * torch.tensor(GROUP_SIZES, device=device)).to(torch.uint8)


def transformer_batches(sizes: Sizes, device: torch.device) -> list[dict]:
    """Batches of like length: condition (B, 12, 512), pose_codes (B, L, 70), lengths (B,), words (B, 77)."""
    shortest, longest = sizes.steps
    pool = torch.randint(shortest, longest + 1, (POOL * sizes.batch,)).sort().values.view(POOL, sizes.batch)
    batches = []
    for number in range(sizes.batches):
        lengths = pool[int((number + 0.5) * POOL / sizes.batches)]
        batches.append(
            {
                "condition": torch.randn(sizes.batch, CONDITION_TOKENS, 512, device=device),
                "pose_codes": random_codes(sizes.batch, int(lengths.max()), device),
                "lengths": lengths.to(device),
                "words": torch.randint(1, 49405, (sizes.batch, 77), device=device),
            }
        )
    return batches


def text_tower(sizes: Sizes) -> Callable[[Tensor], Tensor]:
    """A frozen text encoder of the size of CLIP ViT-B/32's, random, made on first use: tokens (B, 77) -> (B, 512)."""

    @cache
    def model(device: torch.device) -> nn.Module:
        from transformers import CLIPTextConfig, CLIPTextModelWithProjection

        with torch.device(device):
            return CLIPTextModelWithProjection(CLIPTextConfig(num_hidden_layers=sizes.text_layers)).eval()

    @torch.no_grad()
    def encode(words: Tensor) -> Tensor:
        return model(words.device)(input_ids=words).text_embeds

    return encode


def with_text(batch: dict, encode: Callable[[Tensor], Tensor], compare: bool) -> Tensor:
    """The condition with the sentence embedded now; ``compare``: the stored one instead, to get the same loss."""
    if compare:
        return batch["condition"]
    return torch.cat([encode(batch["words"]).unsqueeze(1), batch["condition"][:, 1:]], dim=1)


# ------------------------------------------------------------------------------------------------ measuring
def compare_losses(case: Case) -> float:
    """Largest relative difference of the two losses without dropout and noise; UserError when they disagree."""
    case.model.eval()
    differences = []
    for batch in case.batches:
        losses = []
        for loss in (case.naive, case.ours):
            with torch.no_grad():
                losses.append(float(loss(batch, 0)))
        differences.append(abs(losses[0] - losses[1]) / abs(losses[0]))
    case.model.train()
    if max(differences) > TOLERANCE:
        raise UserError(f"{case.name}: the two ways' losses differ by a share of {max(differences):.1e}")
    return max(differences)


def step_function(case: Case, way: str, device: torch.device) -> Iterator[Callable[[], None]]:
    """One training step of a way, for every batch in turn."""
    settings = TrainSettings(total_iter=1, lr=1e-5, device=device)
    if way == "naive":
        parameters = [p for p in case.model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(parameters, lr=1e-5, betas=(0.9, 0.99), weight_decay=0.0)
    else:
        optimizer = make_optimizer(case.model, settings)
    loss = case.naive if way == "naive" else case.ours

    def step(batch: dict) -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled="bf16" in way):
            value = loss(batch, LATE)
        value.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    for batch in case.batches:
        yield lambda batch=batch: step(batch)


def measure(case: Case, way: str, device: torch.device, tries: int) -> tuple[float, float]:
    """Seconds of a step, mean over the batches, and memory in bytes (of the GPU, else of the process so far)."""
    if "compile" in way:
        compile_model(case.model, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    times = [fastest(step, device, tries) for step in step_function(case, way, device)]
    if "compile" in way:
        case.model._compiled_call_impl = None  # back to eager
    memory = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else peak_memory()
    return sum(times) / len(times), memory


def count_flops(case: Case) -> float:
    """Sums (additions and products) of our step, forward and backward, mean over the batches."""
    total = 0
    for batch in case.batches:
        with FlopCounterMode(display=False) as counter:
            case.ours(batch, LATE).backward()
        case.model.zero_grad(set_to_none=True)
        total += counter.get_total_flops()
    return total / len(case.batches)


def main(argv: list[str] | None = None) -> None:
    """Measure and print a table."""
    args = parse_options(argv)
    device = pick_device(args.device)
    pays = bf16_pays(device)
    ways = args.ways or ["naive", "float32", *(["bf16"] if pays else [])]
    if args.ways is None and device.type == "cuda":
        ways = list(WAYS)
    half = [torch.bfloat16] if any("bf16" in way for way in ways) else []
    machine = probe(device, (torch.float32, *half))
    print(f"{machine}; bf16 {'pays' if pays else 'does not pay'}")
    print(
        f"\n| {'stage':9} | {'way':12} | ms a step | samples/s | against naive | against float32 | limit | memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in args.stages:
        show_case(name, args, ways, machine, device)


def show_case(name: str, args: Namespace, ways: list[str], machine: Machine, device: torch.device) -> None:
    """Rows of one stage."""
    torch.manual_seed(0)
    case = make_case(name, args.sizes, device)
    difference, flops = compare_losses(case), count_flops(case)
    case.model.train()
    times: dict[str, float] = {}
    for way in ways:
        times[way], memory = measure(case, way, device, args.tries)
        dtype = torch.bfloat16 if "bf16" in way else torch.float32
        limit = machine.limit(0, flops, dtype) / times[way]
        ratios = [f"{times[one] / times[way]:.2f}" if one in times else "" for one in ("naive", "float32")]
        print(
            f"| {name:9} | {way:12} | {1e3 * times[way]:9.1f} | {case.samples / times[way]:9.1f} | {ratios[0]:>13} | "
            f"{ratios[1]:>15} | {'' if way == 'naive' else f'{limit:.0%}':>5} | {memory / 1e9:.1f} GB |",
            flush=True,
        )
    size = sum(parameter.numel() for parameter in case.model.parameters())
    print(
        f"  {name}: {size / 1e6:.1f} M parameters, batch {case.samples}, {flops / 1e9:.0f} GFLOP a step; "
        f"losses of the two ways within {max(difference, 1e-7):.0e}"
    )


def parse_options(argv: list[str] | None) -> Namespace:
    """Options, with `sizes` made of them."""
    parser = FlagParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=None, help="default: what pays here")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tries", type=COUNT, default=3, help="steps timed per batch; the fastest counts")
    add_size_options(parser)
    args = parser.parse_args(argv)
    args.sizes = read_sizes(args)
    return args


def add_size_options(parser: argparse.ArgumentParser) -> None:
    """Flags that make a benchmark smaller than the published sizes."""
    sizes = Sizes()
    for name in SIZE_OPTIONS:
        parser.add_argument("--" + name.replace("_", "-"), type=COUNT, default=getattr(sizes, name))
    parser.add_argument(
        "--layers", type=SIZES["num_layers"], default=None, help="of every transformer, to make it small"
    )


def read_sizes(args: Namespace) -> Sizes:
    """The sizes that `add_size_options` asked for."""
    layers = ("base_layers", "refine_layers", "text_layers")
    shrunk = {} if args.layers is None else dict.fromkeys(layers, args.layers)
    return Sizes(**{name: getattr(args, name) for name in SIZE_OPTIONS}, **shrunk)


if __name__ == "__main__":
    run_script(main)
