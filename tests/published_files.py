"""Folders as the release writes them: random weights under the published keys, leftovers included, JSON arguments."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from published_reference import sinusoid
from torch import Tensor

State = dict[str, Tensor]
TOKENIZER = {
    "dataname": "t2m",
    "batch_size": 256,
    "window_size": 64,
    "total_iter": 300000,
    "nb_code": 392,
    "code_dim": 8,
    "width": 12,
    "down_t": 2,
    "stride_t": 2,
    "depth": 2,
    "dilation_growth_rate": 3,
    "output_emb_width": 392,
    "vq_act": "relu",
    "vq_norm": None,
    "use_keywords": True,
    "rvq_num_quantizers": 3,
    "rvq_nb_code": 7,
    "rvq_quantizer_type": "soft",
    "rvq_shared_codebook": False,
    "rvq_quantize_dropout_prob": 0.2,
    "rvq_quantize_dropout_cutoff_index": 0,
    "rvq_vq_loss_beta": 0.25,
    "rvq_init_method": "enc",
    "residual_ratio": 1.0,
    "detach_p_latent": True,
    "pdrop_res": 0.1,
    "unuse_ema": True,
    "seed": 123,
}
BASE = {
    "dataname": "t2m",
    "embed_dim_gpt": 16,
    "clip_dim": 6,
    "block_size": 20,
    "num_layers": 2,
    "n_head_gpt": 4,
    "ff_rate": 4,
    "drop_out_rate": 0.1,
    "pkeep": 0.5,
    "use_keywords": True,
    "dec_checkpoint_folder": "./exp_result/exp_pg_tokenizer/2025-01-02-03-04-05",
}
REFINE = BASE | {"n_head_gpt": 2, "share_weight": True, "rvq_num_quantizers": 3, "rvq_nb_code": 7}


class _Maker:
    """Collects random weights under their keys."""

    def __init__(self, seed: int) -> None:
        self.rng, self.state = np.random.default_rng(seed), {}

    def array(self, name: str, *shape: int, scale: float | None = None) -> Tensor:
        """Normal values; by default scaled so that a product over the last axes keeps the size of its input."""
        if scale is None:
            scale = float(np.prod(shape[1:])) ** -0.5 if len(shape) > 1 else 0.3
        values = torch.from_numpy((self.rng.standard_normal(shape) * scale).astype(np.float32))
        self.state[name] = values
        return values

    def layer(self, name: str, *shape: int, bias: bool = True) -> None:
        self.array(f"{name}.weight", *shape)
        if bias:
            self.array(f"{name}.bias", shape[0])

    def norm(self, name: str, width: int) -> None:
        self.array(f"{name}.weight", width).add_(1)
        self.array(f"{name}.bias", width)

    def blocks(self, stack: str, o: dict, masked: bool) -> None:
        width, hidden = o["embed_dim_gpt"], o["ff_rate"] * o["embed_dim_gpt"]
        for number in range(o["num_layers"]):
            name = f"{stack}.blocks.{number}"
            self.norm(f"{name}.ln1", width)
            self.norm(f"{name}.ln2", width)
            for part in ("key", "query", "value", "proj"):
                self.layer(f"{name}.attn.{part}", width, width)
            if masked:
                mask = torch.ones(o["block_size"], o["block_size"]).tril()
                self.state[f"{name}.attn.mask"] = mask[None, None]
            self.layer(f"{name}.mlp.0", hidden, width)
            self.layer(f"{name}.mlp.2", width, hidden)

    def positions(self, name: str, o: dict) -> None:
        table = sinusoid(o["block_size"], o["embed_dim_gpt"])
        self.state[f"{name}.embed"] = torch.from_numpy(table.astype(np.float32))[:, None]


def tokenizer_state(o: dict, features: int = 263, seed: int = 0) -> State:
    """Random weights of a tokenizer under the keys of section 7."""
    make, width, down = _Maker(seed), o["width"], o["down_t"]

    def resnet(name: str) -> None:
        for j in range(o["depth"]):
            make.layer(f"{name}.{j}.conv1", width, width, 3)
            make.layer(f"{name}.{j}.conv2", width, width, 1)
            for norm in ("norm1", "norm2") if o["vq_norm"] else ():
                make.norm(f"{name}.{j}.{norm}", width)
                if o["vq_norm"] == "BN":
                    make.array(f"{name}.{j}.{norm}.running_mean", width)
                    make.array(f"{name}.{j}.{norm}.running_var", width).abs_().add_(0.5)
                    make.state[f"{name}.{j}.{norm}.num_batches_tracked"] = torch.tensor(100)

    make.layer("encoder.model.0", width, features, 3)
    make.layer("decoder.model.0", width, o["code_dim"], 3)
    for i in range(down):
        make.layer(f"encoder.model.{2 + i}.0", width, width, 4)
        resnet(f"encoder.model.{2 + i}.1.model")
        resnet(f"decoder.model.{2 + i}.0.model")
        make.layer(f"decoder.model.{2 + i}.2", width, width, 3)
    make.layer(f"encoder.model.{2 + down}", o["code_dim"], width, 3)
    make.layer(f"decoder.model.{2 + down}", width, width, 3)
    make.layer(f"decoder.model.{4 + down}", features, width, 3)
    make.array("pc_encoder.codebook.weight", 392, o["code_dim"], scale=0.12)
    for q in range(o["rvq_num_quantizers"]):
        name = f"rvq.layers.{q}"
        if q and o["rvq_shared_codebook"]:
            make.state[f"{name}.codebook"] = make.state["rvq.layers.0.codebook"]
        else:
            make.array(f"{name}.codebook", o["rvq_nb_code"], o["code_dim"], scale=0.7)
        if o["rvq_quantizer_type"] == "soft":
            for part in ("to_q", "to_k", "to_v"):
                make.layer(f"{name}.attn.{part}", o["code_dim"], o["code_dim"])
            for part in ("norm_q", "norm_k"):
                make.array(f"{name}.attn.{part}.weight", o["code_dim"]).add_(1)
    return make.state


def base_state(o: dict, seed: int = 0) -> State:
    """Random weights of a base transformer."""
    make, width = _Maker(seed), o["embed_dim_gpt"]
    make.layer("trans_base.tok_emb", width, 394)
    make.state["trans_base.tok_emb.weight"] *= 2.5  # 70 bits a step
    make.layer("trans_base.cond_emb", width, o["clip_dim"])
    make.array("trans_base.pos_embedding.weight", o["block_size"], width)
    make.positions("trans_base.pos_embed", o)
    make.blocks("trans_base", o, masked=True)
    make.blocks("trans_head", o, masked=True)
    make.norm("trans_head.ln_f", width)
    make.array("trans_head.head.weight", 394, width)[392] *= 3  # END: so that samples differ in when they end
    return make.state


def refine_state(o: dict, seed: int = 0) -> State:
    """Random weights of a refine transformer, with the release's aliases and leftovers."""
    make, width = _Maker(seed), o["embed_dim_gpt"]
    stages, vocabulary = o["rvq_num_quantizers"], o["rvq_nb_code"] + 2
    make.layer("proc_in.cond_emb", width, o["clip_dim"])
    make.layer("proc_in.pose_tok_emb", width, 394)
    make.layer("proc_in.quant_emb", width, stages)
    make.positions("proc_in.pos_embed", o)
    if o["share_weight"]:
        table = make.array("embed_proj_shared_weight", stages, vocabulary, width, scale=0.4)
        make.state["proc_in.token_embed_weight"] = make.state["proc_out.output_proj_weight"] = table
        make.array("proc_in.token_embed_weight_", stages, vocabulary, width)
        make.array("proc_out.output_proj_weight_", stages, vocabulary, width)
    else:
        make.array("proc_in.token_embed_weight", stages - 1, vocabulary, width, scale=0.4)
        make.array("proc_out.output_proj_weight", stages, vocabulary, width, scale=0.4)
        make.array("proc_out.output_proj_bias", stages, vocabulary, scale=0.5)
    make.blocks("trans_base", o, masked=False)
    aliases = {
        f"trans_base.{name}": value for name, value in make.state.items() if name.startswith("proc_in.")
    }
    return make.state | aliases


def write_folder(folder: Path, key: str, state: State, arguments: dict) -> Path:
    """arguments.yaml (JSON text) and net_best_fid.pth, as the release leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "arguments.yaml").write_text(json.dumps(arguments, indent=4, sort_keys=True))
    torch.save({"nb_iter": 4000, key: state}, folder / "net_best_fid.pth")
    return folder
