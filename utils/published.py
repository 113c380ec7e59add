"""Settings of the published models by the names of their flags: each default of a model is written here and nowhere else.

A flag that is not given, a setting that a released arguments.yaml leaves unsaid and a configuration made in Python
have these values.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

TOKENIZER: Mapping[str, Any] = MappingProxyType(
    {
        "width": 512,
        "code_dim": 512,
        "down_t": 2,
        "depth": 3,
        "dilation_growth_rate": 3,
        "vq_act": "relu",
        "vq_norm": None,
        "residual_ratio": 1.0,
        "detach_p_latent": False,
        "pdrop_res": 0.1,
        "rvq_num_quantizers": 6,
        "rvq_nb_code": 512,
        "rvq_quantizer_type": "soft",
        "rvq_vq_loss_beta": 0.25,
        "rvq_init_method": "enc",
        "rvq_shared_codebook": False,
        "rvq_quantize_dropout_prob": 0.2,
        "rvq_quantize_dropout_cutoff_index": 0,
        "unuse_ema": False,
    }
)
_TRANSFORMER = {"embed_dim_gpt": 1024, "clip_dim": 512, "block_size": 62, "ff_rate": 4, "drop_out_rate": 0.1}
BASE: Mapping[str, Any] = MappingProxyType({**_TRANSFORMER, "num_layers": 9, "n_head_gpt": 16})
REFINE: Mapping[str, Any] = MappingProxyType(
    {**_TRANSFORMER, "num_layers": 6, "n_head_gpt": 8, "share_weight": False, "reveal_prob": 0.0}
)
# What released arguments.yaml files don't say of the data and the text, since the release had no choice.
DATA: Mapping[str, Any] = MappingProxyType(
    {"dataname": "t2m", "pose_frame": "world", "kit_codes": "published"}
)
TEXT: Mapping[str, Any] = MappingProxyType({"use_keywords": True, "text_encoder": "clip", "text_tokens": 0})
