"""Frozen copies of the transformers that sample as fast as the machine reads their weights.

A step of sampling multiplies every weight with a few rows only, so its cost is that of reading the weights once. On
the CPU the ordinary layout of a weight makes that several times slower than it need be; oneDNN's own layout (what
``torch.compile`` freezes weights into) does not. Two precisions:

- ``float32``: the same numbers up to rounding.
- ``bf16``: half the bytes; pays where the processor has bfloat16 instructions (`utils.precision`). Layers at the borders
  stay in float32.

Eight-bit weights were tried and left: 1.1 times as fast as bf16 at batch 1, with AMX and VNNI at hand.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import Block, KeyValueCache, attend
from models.base_trans import BaseTransformer
from models.refine_trans import RefineTransformer
from utils.precision import resolve_precision

Model = TypeVar("Model", BaseTransformer, RefineTransformer)


class PackedLinear(nn.Module):
    """y = activation(x W^T + b) with the weight in the layout that the processor multiplies fastest.

    Args:
        weight: (out, in) float32.
        bias: (out,) or None.
        dtype: of the product; x and y stay float32.
        gelu: apply GELU to the result.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.float32, gelu: bool = False
    ) -> None:
        super().__init__()
        self.dtype, self.gelu, self.packed = dtype, gelu, can_pack(weight, dtype)
        weight = weight.detach().to(dtype)
        if self.packed:
            # bfloat16's best layout is that for one row, float32's the one for unknown rows (measured).
            rows = None if dtype == torch.float32 else 1
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
        # A weight in oneDNN's layout stays on the CPU in its type: torch refuses to move it.
        self.register_buffer("weight", weight)
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        given, x = x.dtype, x.to(self.dtype)
        if self.packed:
            attribute = "gelu" if self.gelu else "none"
            y = torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, attribute, [], "none")
        else:
            y = F.linear(x, self.weight, self.bias)
            y = F.gelu(y) if self.gelu else y
        return y.to(given)


class InferenceBlock(nn.Module):
    """A `Block` without dropout: the same signature and result, queries, keys and values by one product."""

    def __init__(self, block: Block, precision: str) -> None:
        super().__init__()
        attention = block.attn
        up, down = (layer for layer in block.mlp if isinstance(layer, nn.Linear))
        parts = (attention.query, attention.key, attention.value)
        self.heads = attention.heads
        self.ln1, self.ln2 = copy.deepcopy(block.ln1), copy.deepcopy(block.ln2)
        self.qkv = _linear(
            torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]), precision
        )
        self.proj = _linear(attention.proj.weight, attention.proj.bias, precision)
        self.up = _linear(up.weight, up.bias, precision, gelu=True)
        self.down = _linear(down.weight, down.bias, precision)

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> Tensor:
        """(B, S, E) -> (B, S, E), see `models.attention.Block`."""
        query, key, value = self.qkv(self.ln1(x)).chunk(3, dim=-1)
        x = x + self.proj(attend(query, key, value, self.heads, mask=mask, causal=causal, cache=cache))
        return x + self.down(self.up(self.ln2(x)))


def for_inference(model: Model, precision: str = "float32") -> Model:
    """A frozen copy of a transformer for sampling; the model itself is left as it is and may be freed.

    Args:
        model: a BaseTransformer or RefineTransformer.
        precision: "float32", "bf16", or "auto": bf16 where a probe shows that it pays, else float32.

    Raises:
        UserError: unknown precision.
    """
    precision = resolve_precision(precision, next(model.parameters()).device)
    with torch.device("meta"):  # without weights
        fast = type(model)(model.config)
    for name, block in model.named_modules():
        if isinstance(block, Block):
            fast.set_submodule(name, InferenceBlock(block, precision))
    # What is not packed is shared with the model, not copied.
    weights = model.state_dict()
    fast.load_state_dict(
        {name: weights.get(name, own) for name, own in fast.state_dict().items()}, assign=True
    )
    if hasattr(model, "info"):
        fast.info = model.info
    return fast.eval().requires_grad_(False)


def can_pack(weight: Tensor, dtype: torch.dtype = torch.float32) -> bool:
    """Whether oneDNN's layout is to be had for a weight in a type; some processors have none for bfloat16."""
    return (
        weight.device.type == "cpu"
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and (dtype == torch.float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )


def _linear(weight: Tensor, bias: Tensor, precision: str, gelu: bool = False) -> nn.Module:
    return PackedLinear(weight, bias, torch.bfloat16 if precision == "bf16" else torch.float32, gelu)
