"""The numbers that settings may have. A `Range` is the type of a flag, and what a stored value is checked by."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`; `above`: without `low` itself, `below`: without `high`. Never NaN or infinity."""

    kind: type[int] | type[float]
    low: float
    high: float
    above: bool = False
    below: bool = False

    def __call__(self, text: str) -> int | float:
        """Read a word of the command line or of a preset; ArgumentTypeError says what it must be."""
        try:
            value = self.kind(text)
        except ValueError:
            value = None
        if value is None or value not in self:
            raise argparse.ArgumentTypeError(f"{text}: must be {self}")
        return value

    def __contains__(self, value: object) -> bool:
        kinds = (int, float) if self.kind is float else int
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return (  # NaN and infinity compare as outside
            self.low <= value <= self.high
            and not (self.above and value == self.low)
            and not (self.below and value == self.high)
        )

    def __str__(self) -> str:
        what = "a whole number" if self.kind is int else "a number"
        low = f"above {self.low:,}" if self.above else f"from {self.low:,}"
        if self.below:
            return f"{what} {low}, below {self.high:,}"
        return f"{what} {low}{', at most' if self.above else ' to'} {self.high:,}"


def whole(low: int, high: int) -> Range:
    """Whole numbers from `low` to `high`, both included."""
    return Range(int, low, high)


def real(low: float, high: float) -> Range:
    """Numbers from `low` to `high`, both included."""
    return Range(float, low, high)


def positive(high: float) -> Range:
    """Numbers above 0, up to `high`."""
    return Range(float, 0, high, above=True)


SHARE = real(0, 1)  # also of probabilities
SHARE_BELOW_1 = Range(float, 0, 1, below=True)
ITERATIONS = whole(1, 10**9)
ITERATIONS_OR_NONE = whole(0, 10**9)
BATCH = whole(1, 2**20)
WEIGHT = real(0, 1e6)  # of a loss
SEED = whole(0, 2**62 - 1)  # what is added for samples and processes still fits all generators
SECONDS = positive(24 * 3600)
# By a temperature of 1000 all codes are equally likely; an infinite one draws codes that do not exist.
TEMPERATURE = real(0, 1000)
GUIDANCE = real(-1000, 1000)
COUNT = whole(1, 10**6)

# Settings that a model is built from: of flags, presets and stored arguments.yaml alike. What is larger would take
# hours to build, or more memory than there is anywhere.
SIZES: Mapping[str, Range] = MappingProxyType(
    {
        "width": whole(1, 16384),
        "code_dim": whole(1, 16384),
        "nb_code": COUNT,
        "down_t": whole(1, 6),
        "stride_t": whole(1, 64),
        "depth": whole(1, 64),
        "dilation_growth_rate": whole(1, 64),
        "output_emb_width": whole(1, 65536),
        "residual_ratio": real(0, 1000),
        "rvq_num_quantizers": whole(1, 64),
        "rvq_nb_code": whole(1, 65536),
        "rvq_quantize_dropout_prob": SHARE,
        "rvq_quantize_dropout_cutoff_index": whole(0, 63),
        "rvq_vq_loss_beta": WEIGHT,
        "pdrop_res": SHARE,
        "embed_dim_gpt": whole(1, 16384),
        "clip_dim": whole(1, 16384),
        "block_size": whole(1, 16384),
        "num_layers": whole(1, 256),
        "n_head_gpt": whole(1, 1024),
        "ff_rate": whole(1, 64),
        "drop_out_rate": SHARE_BELOW_1,
        "cond_drop_prob": SHARE,
        "reveal_prob": SHARE,
        "movement_width": whole(1, 16384),
        "motion_width": whole(1, 16384),
        "text_width": whole(1, 16384),
        "embedding_width": whole(1, 16384),
    }
)
WIDEST_DILATION = 4096  # steps; no clip is longer


def size_problem(values: Mapping[str, Any]) -> str | None:
    """What is wrong with the first of a model's settings that no model can have; None: nothing.

    values: parsed options or stored arguments; what they leave out, or leave to be found out (None), is not asked.
    """
    for name, allowed in SIZES.items():
        if (value := values.get(name)) is not None and value not in allowed:
            return f"{name} {value!r}: must be {allowed}"
    depth, growth = values.get("depth") or 1, values.get("dilation_growth_rate") or 1
    if growth ** (depth - 1) > WIDEST_DILATION:
        return f"dilation_growth_rate {growth} at depth {depth} dilates by more than {WIDEST_DILATION} steps: lower one"
    if (values.get("rvq_quantize_dropout_cutoff_index") or 0) >= (values.get("rvq_num_quantizers") or 64):
        return "rvq_quantize_dropout_cutoff_index: must be below rvq_num_quantizers, the number of stages"
    return None
