"""The published models in plain loops over numpy arrays, written from the equations (docs/method.md sections 3 to 5).

Nothing here calls the project's models: one clip at a time, one head, one code, one frame after the other, in float64.
Weights come as {published key: array}. `o` holds the options under the names that arguments.yaml stores.
"""

from __future__ import annotations

import math

import numpy as np

from dataset.pose_codes import GROUP_OFFSETS, GROUP_SIZES, NUM_CODES

END, OUTPUTS = 392, 394
Weights = dict[str, np.ndarray]


# ---------------------------------------------------------------------------------------------- tokenizer
def conv(
    w: Weights, name: str, x: np.ndarray, stride: int = 1, padding: int = 0, dilation: int = 1
) -> np.ndarray:
    """(T, C) -> (T', O), frame by frame and tap by tap."""
    weight, bias = w[f"{name}.weight"], w[f"{name}.bias"]
    taps = weight.shape[2]
    frames = (len(x) + 2 * padding - dilation * (taps - 1) - 1) // stride + 1
    out = np.tile(bias, (frames, 1)).astype(np.float64)
    for t in range(frames):
        for k in range(taps):
            source = t * stride - padding + k * dilation
            if 0 <= source < len(x):
                out[t] += weight[:, :, k] @ x[source]
    return out


def activate(kind: str, x: np.ndarray) -> np.ndarray:
    if kind == "relu":
        return np.where(x > 0, x, 0)
    if kind == "silu":
        return x / (1 + np.exp(-x))
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))  # gelu


def normalise(w: Weights, name: str, kind: str | None, x: np.ndarray) -> np.ndarray:
    if kind is None:
        return x
    if kind == "LN":
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    elif kind == "BN":
        x = (x - w[f"{name}.running_mean"]) / np.sqrt(w[f"{name}.running_var"] + 1e-6)
    else:  # 32 groups of channels, statistics over their channels and all frames
        x, size = x.copy(), x.shape[1] // 32
        for group in range(32):
            part = x[:, group * size : (group + 1) * size]
            x[:, group * size : (group + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + 1e-6)
    return x * w[f"{name}.weight"] + w[f"{name}.bias"]


def resnet(w: Weights, name: str, x: np.ndarray, o: dict) -> np.ndarray:
    for j in range(o["depth"]):
        dilation = o["dilation_growth_rate"] ** (o["depth"] - 1 - j)
        h = activate(o["vq_act"], normalise(w, f"{name}.{j}.norm1", o["vq_norm"], x))
        h = conv(w, f"{name}.{j}.conv1", h, padding=dilation, dilation=dilation)
        h = activate(o["vq_act"], normalise(w, f"{name}.{j}.norm2", o["vq_norm"], h))
        x = x + conv(w, f"{name}.{j}.conv2", h)
    return x


def encoder(w: Weights, motion: np.ndarray, o: dict) -> np.ndarray:
    """(T, D) -> (T / 2^down_t, W)."""
    x = activate("relu", conv(w, "encoder.model.0", motion, padding=1))
    for i in range(o["down_t"]):
        x = conv(w, f"encoder.model.{2 + i}.0", x, stride=2, padding=1)
        x = resnet(w, f"encoder.model.{2 + i}.1.model", x, o)
    return conv(w, f"encoder.model.{2 + o['down_t']}", x, padding=1)


def decoder(w: Weights, latent: np.ndarray, o: dict) -> np.ndarray:
    """(L, W) -> (L * 2^down_t, D)."""
    x = activate("relu", conv(w, "decoder.model.0", latent, padding=1))
    for i in range(o["down_t"]):
        x = resnet(w, f"decoder.model.{2 + i}.0.model", x, o)
        x = np.array([row for row in x for _ in range(2)])
        x = conv(w, f"decoder.model.{2 + i}.2", x, padding=1)
    x = activate("relu", conv(w, f"decoder.model.{2 + o['down_t']}", x, padding=1))
    return conv(w, f"decoder.model.{4 + o['down_t']}", x, padding=1)


def active_codes(step: np.ndarray) -> list[int]:
    """Indices among 392 of the 70 category indices of one step."""
    return [first + int(category) for first, category in zip(GROUP_OFFSETS, step, strict=True)]


def pose_latent(w: Weights, pose_codes: np.ndarray) -> np.ndarray:
    return np.array(
        [sum(w["pc_encoder.codebook.weight"][i] for i in active_codes(step)) for step in pose_codes]
    )


def rms_norm(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return x / math.sqrt(float(np.mean(x * x)) + 1e-5) * weight


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def quantizer_scores(w: Weights, name: str, x: np.ndarray, o: dict) -> tuple[np.ndarray, np.ndarray]:
    """Scores of every code for every vector, (L, K), and what the codes stand for, (K, W)."""
    codebook = w[f"{name}.codebook"]
    if o["rvq_quantizer_type"] == "hard":
        return np.array([[-np.sum((v - code) ** 2) for code in codebook] for v in x]), codebook

    def project(letter: str, v: np.ndarray) -> np.ndarray:
        return w[f"{name}.attn.to_{letter}.weight"] @ v + w[f"{name}.attn.to_{letter}.bias"]

    keys = [rms_norm(project("k", code), w[f"{name}.attn.norm_k.weight"]) for code in codebook]
    queries = [rms_norm(project("q", v), w[f"{name}.attn.norm_q.weight"]) for v in x]
    scores = np.array([[query @ key / math.sqrt(len(query)) for key in keys] for query in queries])
    return scores, np.array([project("v", code) for code in codebook])


def entropy_term(scores: np.ndarray) -> float:
    """Mean entropy of the samples minus the entropy of their mean, at temperature 0.01."""
    p = np.array([softmax(row / 0.01) for row in scores])
    of_samples = np.mean([-np.sum(row * np.log(row + 1e-300)) for row in p])
    mean = p.mean(0)
    return float(of_samples + np.sum(mean * np.log(mean + 1e-5)))


def quantize(w: Weights, x: np.ndarray, o: dict) -> dict:
    """All stages over (L, W): codes (L, Q), their sum (L, W), losses averaged over the stages."""
    left, total, codes, losses, entropies = x.copy(), np.zeros_like(x), [], [], []
    for q in range(o["rvq_num_quantizers"]):
        scores, values = quantizer_scores(w, f"rvq.layers.{q}", left, o)
        chosen = [int(np.argmax(row)) for row in scores]
        found = np.array([values[index] for index in chosen])
        distance, beta = float(np.mean((found - left) ** 2)), o["rvq_vq_loss_beta"]
        if o["rvq_quantizer_type"] == "soft":
            losses.append(distance + distance + beta * distance)
            entropies.append(entropy_term(scores))
        else:
            losses.append(beta * distance + (distance if o["unuse_ema"] else 0))
            entropies.append(0.0)
        codes.append(chosen)
        total, left = total + found, left - found
    return {"codes": np.array(codes).T, "sum": total, "loss": np.mean(losses), "entropy": np.mean(entropies)}


def tokenizer_forward(w: Weights, motion: np.ndarray, pose_codes: np.ndarray, o: dict) -> dict:
    """Reconstruction of one clip (T, D), its residual codes, loss and entropy."""
    p = pose_latent(w, pose_codes)
    found = quantize(w, encoder(w, motion, o) - p, o)
    return found | {"motion": decoder(w, p + o["residual_ratio"] * found["sum"], o)}


def tokenizer_decode(w: Weights, pose_codes: np.ndarray, residual_codes: np.ndarray, o: dict) -> np.ndarray:
    latent = pose_latent(w, pose_codes)
    for t, step in enumerate(residual_codes):
        for q, index in enumerate(step):
            if index >= 0:
                _, values = quantizer_scores(w, f"rvq.layers.{q}", latent[:0], o)
                latent[t] = latent[t] + o["residual_ratio"] * values[index]
    return decoder(w, latent, o)


# ------------------------------------------------------------------------------------------- transformers
def linear(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    return np.array([w[f"{name}.weight"] @ row + w[f"{name}.bias"] for row in x])


def layer_norm(w: Weights, name: str, x: np.ndarray) -> np.ndarray:
    rows = [(row - row.mean()) / math.sqrt(row.var() + 1e-5) for row in x]
    return np.array(rows) * w[f"{name}.weight"] + w[f"{name}.bias"]


def attention(w: Weights, name: str, x: np.ndarray, heads: int, causal: bool) -> np.ndarray:
    query, key, value = (linear(w, f"{name}.{part}", x) for part in ("query", "key", "value"))
    size = x.shape[1] // heads
    out = np.zeros_like(x)
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        for i in range(len(x)):
            seen = i + 1 if causal else len(x)
            scores = np.array([query[i, part] @ key[j, part] / math.sqrt(size) for j in range(seen)])
            for j, weight in enumerate(softmax(scores)):
                out[i, part] += weight * value[j, part]
    return linear(w, f"{name}.proj", out)


def block(w: Weights, name: str, x: np.ndarray, heads: int, causal: bool) -> np.ndarray:
    x = x + attention(w, f"{name}.attn", layer_norm(w, f"{name}.ln1", x), heads, causal)
    hidden = activate("gelu", linear(w, f"{name}.mlp.0", layer_norm(w, f"{name}.ln2", x)))
    return x + linear(w, f"{name}.mlp.2", hidden)


def sinusoid(length: int, width: int) -> np.ndarray:
    """sin and cos alternate along the width."""
    table = np.zeros((length, width))
    for place in range(length):
        for i in range(0, width, 2):
            angle = place / 10000 ** (i / width)
            table[place, i], table[place, i + 1] = math.sin(angle), math.cos(angle)
    return table


def step_vectors(pose_codes: np.ndarray) -> np.ndarray:
    """(L, 70) category indices -> (L, 394): the codes' bits, END and PAD off."""
    rows = np.zeros((len(pose_codes), OUTPUTS))
    for row, step in zip(rows, pose_codes, strict=True):
        row[active_codes(step)] = 1
    return rows


def base_logits(w: Weights, pose_codes: np.ndarray, condition: np.ndarray, o: dict) -> np.ndarray:
    """(L, 70), (C, clip_dim) -> (L + 1, 394)."""
    x = linear(w, "trans_base.cond_emb", condition)
    if len(pose_codes):
        x = np.concatenate([x, linear(w, "trans_base.tok_emb", step_vectors(pose_codes))])
    x = x + sinusoid(len(x), x.shape[1])
    for stack in ("trans_base", "trans_head"):
        for layer in range(o["num_layers"]):
            x = block(w, f"{stack}.blocks.{layer}", x, o["n_head_gpt"], causal=True)
    x = layer_norm(w, "trans_head.ln_f", x)[len(condition) - 1 :]
    return np.array([w["trans_head.head.weight"] @ row for row in x])


def base_greedy(w: Weights, condition: np.ndarray, o: dict) -> np.ndarray:
    """Most probable code of each group until END, at least one step and at most what the block size leaves."""
    codes = np.zeros((0, len(GROUP_SIZES)), int)
    while len(codes) < o["block_size"] - len(condition):
        logits = base_logits(w, codes, condition, o)[-1]
        if len(codes) and 1 / (1 + math.exp(-logits[END])) > 0.5:
            break
        places = zip(GROUP_OFFSETS, GROUP_SIZES, strict=True)
        codes = np.vstack([codes, [int(np.argmax(softmax(logits[a : a + n]))) for a, n in places]])
    return codes


def refine_logits(
    w: Weights, pose_codes: np.ndarray, residual: np.ndarray, condition: np.ndarray, stage: int, o: dict
) -> np.ndarray:
    """(L, 70), (L, Q), (C, clip_dim) -> (L, K + 2) of one stage."""
    shared = "embed_proj_shared_weight" in w
    table = w["embed_proj_shared_weight"] if shared else w["proc_in.token_embed_weight"]
    steps = linear(w, "proc_in.pose_tok_emb", step_vectors(pose_codes))
    for t in range(len(steps)):
        for q in range(stage):
            steps[t] += table[q, residual[t, q]]
    steps = steps + sinusoid(len(steps), steps.shape[1])
    one_hot = np.zeros((1, o["rvq_num_quantizers"]))
    one_hot[0, stage] = 1
    head = [linear(w, "proc_in.cond_emb", condition), linear(w, "proc_in.quant_emb", one_hot)]
    x = np.concatenate([*head, steps])
    for layer in range(o["num_layers"]):
        x = block(w, f"trans_base.blocks.{layer}", x, o["n_head_gpt"], causal=False)
    x = x[len(condition) + 1 :]
    if shared:
        return np.array([table[stage] @ row for row in x])
    # The release adds its product twice on this path.
    out = np.array([w["proc_out.output_proj_weight"][stage] @ row for row in x])
    return out + out + w["proc_out.output_proj_bias"][stage]


def refine_greedy(w: Weights, pose_codes: np.ndarray, condition: np.ndarray, o: dict) -> np.ndarray:
    """Residual codes (L, Q), stage after stage; END and PAD can't be chosen."""
    residual = np.zeros((len(pose_codes), o["rvq_num_quantizers"]), int)
    for q in range(o["rvq_num_quantizers"]):
        logits = refine_logits(w, pose_codes, residual, condition, q, o)
        residual[:, q] = [int(np.argmax(row[: o["rvq_nb_code"]])) for row in logits]
    return residual


assert NUM_CODES == END
