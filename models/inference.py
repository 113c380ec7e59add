"""Frozen copies of the transformers that sample as fast as the machine reads their weights.

A step of sampling multiplies every weight with a few rows only, so its cost is that of reading the weights once. On
the CPU the ordinary layout of a weight makes that several times slower than it need be; oneDNN's own layout (what
``torch.compile`` freezes weights into) does not. Three precisions:

- ``float32``: the same numbers up to rounding.
- ``bf16``: half the bytes; pays where the processor has bfloat16 instructions (`utils.precision`).
- ``int8``: weights rounded to 8 bits for each output, activations to 8 bits for each token (as LLM.int8(), Dettmers et
  al. 2022, without its outlier columns): a quarter of the bytes. Layers at the borders stay in float32.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.attention import Block, KeyValueCache, attend
from utils.precision import resolve_precision
from utils.runtime import UserError

Model = TypeVar("Model", bound=nn.Module)


class PackedLinear(nn.Module):
    """y = activation(x W^T + b) with the weight in the layout that the processor multiplies fastest.

    Args:
        weight: (out, in) float32.
        bias: (out,) or None.
        dtype: of the product; x and y stay float32.
        gelu: apply GELU to the result.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.float32, gelu: bool = False
    ) -> None:
        super().__init__()
        self.dtype, self.gelu, self.packed = dtype, gelu, can_pack(weight)
        weight = weight.detach().to(dtype)
        if self.packed:
            # bfloat16's best layout is that for one row, float32's the one for unknown rows (measured).
            rows = None if dtype == torch.float32 else 1
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
        self.weight, self.bias = weight, None if bias is None else bias.detach().to(dtype)

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


class Int8Linear(nn.Module):
    """y = activation(x W^T + b) in 8-bit integers: W scaled for each output, x for each row.

    Args:
        weight: (out, in) float32.
        bias: (out,) or None.
        gelu: apply GELU to the result.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, gelu: bool = False) -> None:
        super().__init__()
        if not can_use_int8(weight):
            raise UserError(
                "--precision int8 needs a CPU build of torch with oneDNN (x86): use float32 or bf16"
            )
        weight = weight.detach()
        self.gelu, self.bias = gelu, None if bias is None else bias.detach()
        self.scale = weight.abs().amax(dim=1).clamp(min=1e-12) / 127
        rounded = (weight / self.scale[:, None]).round().to(torch.int8)
        self.weight = torch.ops.onednn.qlinear_prepack(rounded, [1, weight.shape[1]])
        self.zeros, self.steps = torch.zeros(len(weight), dtype=torch.long), activation_steps()

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        rows = x.reshape(-1, x.shape[-1])
        # Rows scaled to [-1, 1] share one constant scale, so nothing needs to be read back from the tensor.
        peak = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-12)
        quantized = (rows * (self.steps / peak)).round_().add_(self.steps + 1).to(torch.uint8)
        y = _int8_product(quantized, self.steps, self.weight, self.scale, self.zeros)
        y = y * peak if self.bias is None else torch.addcmul(self.bias, y, peak)
        return (F.gelu(y) if self.gelu else y).view(*x.shape[:-1], -1)


def _int8_product(rows: Tensor, steps: int, weight: Tensor, scale: Tensor, zeros: Tensor) -> Tensor:
    """Rows (n, in) uint8, which stand for (row - steps - 1) / steps, times a prepacked weight -> (n, out) float32."""
    inputs, output = (rows, 1 / steps, steps + 1), (None, 1.0, 0, torch.float32, "none", [], "none")
    return torch.ops.onednn.qlinear_pointwise(*inputs, weight, scale, zeros, *output)


@cache
def activation_steps() -> int:
    """Steps of a rounded activation on either side of zero: 127, or 63 where the processor needs one bit to spare.

    Without VNNI instructions it adds pairs of products in 16 bits, which two large ones overflow; a trial shows it.
    """
    width, outputs = 512, 64
    weight = torch.full((outputs, width), 127, dtype=torch.int8)
    packed = torch.ops.onednn.qlinear_prepack(weight, [1, width])
    rows, zeros = torch.full((4, width), 255, dtype=torch.uint8), torch.zeros(outputs, dtype=torch.long)
    found = _int8_product(rows, 127, packed, torch.full((outputs,), 1 / 127), zeros)
    return 127 if bool((found > 0.99 * width).all()) else 63


class InferenceBlock(nn.Module):
    """A `Block` without dropout: the same signature and result, queries, keys and values by one product."""

    def __init__(self, block: Block, precision: str) -> None:
        super().__init__()
        attention, (up, _, down, _) = block.attn, block.mlp
        parts = (attention.query, attention.key, attention.value)
        self.heads, self.ln1, self.ln2 = attention.heads, block.ln1, block.ln2
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
        precision: "float32", "bf16", "int8", or "auto": bf16 where a probe shows that it pays, else float32.

    Raises:
        UserError: unknown precision, or int8 where the build of torch can't.
    """
    device = next(model.parameters()).device
    precision = resolve_precision(precision, device)
    # What is not replaced is shared with the model, not copied.
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    for block in (module for module in model.modules() if isinstance(module, Block)):
        shared[id(block)] = InferenceBlock(block, precision)
    fast = copy.deepcopy(model, shared).eval()
    fast.precision = precision
    return fast


def can_pack(weight: Tensor) -> bool:
    """Whether oneDNN's layout is to be had for a weight."""
    return (
        weight.device.type == "cpu"
        and torch.backends.mkldnn.is_available()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
    )


def can_use_int8(weight: Tensor) -> bool:
    """Whether the 8-bit product is to be had for a weight."""
    return (
        weight.device.type == "cpu"
        and hasattr(torch.ops.onednn, "qlinear_prepack")
        and "onednn" in torch.backends.quantized.supported_engines
    )


def _linear(weight: Tensor, bias: Tensor, precision: str, gelu: bool = False) -> nn.Module:
    if precision == "int8":
        return Int8Linear(weight, bias, gelu)
    return PackedLinear(weight, bias, torch.bfloat16 if precision == "bf16" else torch.float32, gelu)
