"""What the configurations of the base and the refine transformer have in common."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from torch import nn

from dataset.text_condition import CONDITION_TOKENS
from models.attention import Block


class TransformerConfig:
    """Sizes of a transformer's blocks and of the condition it reads."""

    embed_dim: int
    num_layers: int
    heads: int
    ff_rate: int
    dropout: float
    text_tokens: int

    @property
    def condition_tokens(self) -> int:
        """Condition tokens C: the sentence, eleven keywords, and the text's tokens."""
        return CONDITION_TOKENS + self.text_tokens

    def blocks(self) -> nn.ModuleList:
        """A stack of blocks."""
        sizes = (self.embed_dim, self.heads, self.ff_rate, self.dropout)
        return nn.ModuleList(Block(*sizes) for _ in range(self.num_layers))

    @staticmethod
    def sizes(args: Namespace) -> dict[str, Any]:
        """The sizes that both have, by the published option names."""
        return {
            "embed_dim": args.embed_dim_gpt,
            "clip_dim": args.clip_dim,
            "block_size": args.block_size,
            "num_layers": args.num_layers,
            "heads": args.n_head_gpt,
            "ff_rate": args.ff_rate,
            "dropout": args.drop_out_rate,
            "text_tokens": getattr(args, "text_tokens", None) or 0,
        }
