"""Flags that published commands give and that have no effect any more, with the reason we print."""

from __future__ import annotations

REBUILT = "models are rebuilt from arguments.yaml in their checkpoint folders"
NO_TRAINING = "evaluation does not train"

# dest -> reason, in every script that has the flag
EVERYWHERE = {
    "output_emb_width": "the latent is --code-dim wide",
    "quantbeta": "see --rvq-vq-loss-beta",
    "eval_masking": "padding is always masked, in training, validation and evaluation",
}

TOKENIZER = {
    "use_keywords": "the tokenizer reads no text",
}

# The transformers' commands repeat the tokenizer's geometry, which comes from its folder.
TRANSFORMER = {
    dest: "comes from --dec-checkpoint-folder"
    for dest in ("down_t", "stride_t", "depth", "dilation_growth_rate", "vq_act")
}
REFINE = {dest: "comes from --dec-checkpoint-folder" for dest in ("rvq_num_quantizers", "rvq_nb_code")}

TOKENIZER_EVALUATION = {"eval_reference": "reconstructions of real motion are what this script measures"}
