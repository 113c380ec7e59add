"""Random damage to sound files, given straight to the readers: an answer, or one clear refusal."""

from __future__ import annotations

import json
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dataset.building.archives import unpack
from dataset.captions import read_captions
from dataset.keyword_endpoint import BadReply, parse_reply
from dataset.motion_files import ReadOptions, convert, read_motion
from dataset.motion_files.caption_table import read_caption_table
from dataset.motion_files.skeleton_map import load_map
from dataset.safe_pickle import load_plain_pickle
from editing.evaluation import read_edits
from editing.language.llm_schema import operations_of, read_json, repair
from editing.sources import load_clip
from models.build import load_tokenizer
from options import generate_parser
from options.core import read_preset
from utils.runtime import UserError

from .judge import FARTHEST
from .sandbox import TooSlow

SECONDS = 20.0
NASTY = (
    *("nan", "inf", "-1", "0", "1e400", "1e308", "-1e-320", "9" * 40, "0x10", "1,5", "", " ", "\t", "\0", "é", "日本"),
    *("\ufeff", "{", "}", "[", "]", '"', "'", "#", ":", ",", ";", "\\", "null", "true", "None", "...", "---", "&a", "*a"),
    *("!!python/object/apply:os.system", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "\r", "\n\n"),
)  # fmt: skip


@dataclass(frozen=True)
class Fuzzer:
    """A sound file, what is done to it, and who reads it.

    read: (file, folder of sound inputs) -> anything; arrays in it must be finite. mutate: (content, generator).
    """

    source: str
    read: Callable[[Path, Path], Any]
    mutate: Callable[[bytes, random.Random], bytes]


# ------------------------------------------------------------------------------------------ damaging
def bytes_at_random(content: bytes, draw: random.Random) -> bytes:
    """Bytes changed, cut out, doubled, put in; sometimes cut off."""
    held = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 5, 30))):
        place = draw.randrange(len(held) + 1)
        size = draw.choice((1, 1, 2, 8, 64, 1000))
        kind = draw.randrange(6)
        if kind == 0 and held:
            held[place % len(held)] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del held[place : place + size]
        elif kind == 2:
            held[place:place] = held[place : place + size]
        elif kind == 3:
            held[place:place] = draw.randbytes(size)
        elif kind == 4:
            held[place : place + size] = bytes(min(size, max(len(held) - place, 0)))
        elif draw.random() < 0.3:
            del held[place:]
    return bytes(held)


def early_bytes(content: bytes, draw: random.Random) -> bytes:
    """As `bytes_at_random`, in the first kilobyte, where headers are."""
    return bytes_at_random(content[:1024], draw) + content[1024:]


def words_at_random(content: bytes, draw: random.Random) -> bytes:
    """Lines dropped, doubled, exchanged; words exchanged for nasty ones; now and then another encoding."""
    rows = content.decode("utf-8", "replace").split("\n")
    for _ in range(draw.choice((1, 1, 2, 4, 12))):
        if not rows:
            break
        # Half of the damage goes to the first lines, where what a file says of itself stands.
        place = draw.randrange(len(rows) if draw.random() < 0.5 else min(len(rows), 12))
        kind = draw.randrange(8)
        if kind == 0:
            del rows[place]
        elif kind == 1:
            rows.insert(place, rows[draw.randrange(len(rows))])
        elif kind == 2:
            other = draw.randrange(len(rows))
            rows[place], rows[other] = rows[other], rows[place]
        elif kind == 3:
            rows[place] = rows[place][: draw.randrange(len(rows[place]) + 1)]
        elif kind == 4 and draw.random() < 0.2:
            del rows[place + 1 :]
        else:
            words = rows[place].split(" ")
            words[draw.randrange(len(words))] = draw.choice(NASTY)
            rows[place] = " ".join(words)
    text = "\n".join(rows)
    encoding = draw.choice(["utf-8"] * 12 + ["utf-16", "utf-8-sig", "latin-1"])
    return text.encode(encoding, "replace")


def either(content: bytes, draw: random.Random) -> bytes:
    """Words or bytes."""
    return (words_at_random if draw.random() < 0.7 else bytes_at_random)(content, draw)


def json_at_random(content: bytes, draw: random.Random) -> bytes:
    """A value somewhere inside exchanged for one of another kind; or the text spoiled."""
    if draw.random() < 0.4:
        return either(content, draw)
    value = json.loads(content)
    for _ in range(draw.choice((1, 1, 2, 3))):
        value = _exchange(value, draw)
    return json.dumps(value).encode()


VALUES = (
    None,
    True,
    -1,
    0,
    1,
    2.5,
    10**9,
    10**30,
    float("nan"),
    float("inf"),
    "",
    "x",
    "7",
    [],
    [1],
    {},
    {"a": 1},
    "\ud800",
)


def _exchange(value: Any, draw: random.Random) -> Any:
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(list(value))
        if draw.random() < 0.15:
            return {name: held for name, held in value.items() if name != key}
        return value | {key: _exchange(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.7:
        place = draw.randrange(len(value))
        return [*value[:place], _exchange(value[place], draw), *value[place + 1 :]]
    return draw.choice(VALUES)


# ------------------------------------------------------------------------------------------- reading
def _motion(path: Path, world: Path) -> Any:
    return convert(
        read_motion(path, ReadOptions(asf=path.parent / "subject.asf" if path.suffix == ".amc" else None))
    ).joints


def _asf(path: Path, world: Path) -> Any:
    return convert(read_motion(world / "motion" / "subject_01.amc", ReadOptions(asf=path))).joints


def _amass(path: Path, world: Path) -> Any:
    return convert(read_motion(path, ReadOptions(body_model=world / "motion" / "body"))).joints


def _clip(path: Path, world: Path) -> Any:
    clip = load_clip(path, _codec(world))
    return clip.joints, clip.features


def _codec(world: Path):
    from editing.loading import load_codec

    if world not in _CODECS:
        _CODECS[world] = load_codec(world / "models", "cpu", world / "data")
    return _CODECS[world]


_CODECS: dict[Path, Any] = {}


def _tokenizer(path: Path, world: Path) -> Any:
    """A checkpoint file, or arguments, beside the rest of a sound folder."""
    folder = path.parent / "model"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world / "models" / "exp_pg_tokenizer", folder)
    shutil.copy(path, folder / path.name)
    return list(load_tokenizer(folder).state_dict().values())


def _reply(path: Path, world: Path) -> Any:
    return operations_of(repair(read_json(path.read_bytes().decode("utf-8", "replace")), 40), 40)


def _keywords(path: Path, world: Path) -> Any:
    try:
        return parse_reply(path.read_bytes().decode("utf-8", "replace"))
    except BadReply as refusal:
        raise UserError(str(refusal)) from refusal


def _archive(path: Path, world: Path) -> Any:
    target = path.parent / "unpacked"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    unpack(path, target)


FUZZERS: dict[str, Fuzzer] = {
    "bvh": Fuzzer("motion/walk.bvh", _motion, either),
    "amc": Fuzzer("motion/subject_01.amc", _motion, either),
    "asf": Fuzzer("motion/subject.asf", _asf, either),
    "joints csv": Fuzzer("motion/table.csv", _motion, either),
    "joints npy": Fuzzer("motion/joints.npy", _motion, early_bytes),
    "joints npz": Fuzzer("motion/named.npz", _motion, bytes_at_random),
    "amass npz": Fuzzer("motion/amass.npz", _amass, bytes_at_random),
    "clip npz": Fuzzer("clips/clip.npz", _clip, bytes_at_random),
    "clip npy": Fuzzer("motion/features.npy", _clip, early_bytes),
    "clip bvh": Fuzzer("motion/walk.bvh", _clip, either),
    "pth": Fuzzer("models/exp_pg_tokenizer/net_best_fid.pth", _tokenizer, bytes_at_random),
    "arguments": Fuzzer("models/exp_pg_tokenizer/arguments.yaml", _tokenizer, json_at_random),
    "preset yaml": Fuzzer(
        "preset_generate.yaml", lambda path, world: read_preset(path, generate_parser().settings()), either
    ),
    "skeleton yaml": Fuzzer("skeleton.yaml", lambda path, world: load_map(path), either),
    "edits yaml": Fuzzer("edits.yaml", lambda path, world: read_edits(path), either),
    "captions": Fuzzer("data/texts/000000.txt", lambda path, world: read_captions(path), either),
    "caption csv": Fuzzer("captions.csv", lambda path, world: read_caption_table(path), either),
    "caption jsonl": Fuzzer("captions.jsonl", lambda path, world: read_caption_table(path), either),
    "edit reply": Fuzzer("replies/edit.json", _reply, json_at_random),
    "keyword reply": Fuzzer("replies/keywords.json", _keywords, json_at_random),
    "zip": Fuzzer("archives/glove.zip", _archive, bytes_at_random),
    "tar.gz": Fuzzer("archives/glove.tar.gz", _archive, bytes_at_random),
    "pickle": Fuzzer("glove/our_vab_words.pkl", lambda path, world: load_plain_pickle(path), bytes_at_random),
}


def fuzz(name: str, seeds: range, world: Path, folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Each seed with the faults of its input: none, or what went wrong."""
    fuzzer = FUZZERS[name]
    content = (world / fuzzer.source).read_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(fuzzer.source).name
    for seed in seeds:
        path.write_bytes(fuzzer.mutate(content, random.Random(f"{name} {seed}")))
        if path.suffix == ".amc":
            shutil.copy(world / "motion" / "subject.asf", folder / "subject.asf")
        yield seed, _judged(lambda: fuzzer.read(path, world))
    shutil.rmtree(folder)


def _judged(read: Callable[[], Any]) -> list[str]:
    def stop(number, frame):
        raise TooSlow

    handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with np.errstate(all="ignore"):
            return _finite(read())
    except UserError as refusal:
        said = str(refusal)
        return [] if said.strip() and len(said.splitlines()) == 1 else [f"unclear: {said[:200]!r}"]
    except TooSlow:
        return [f"hang: no end within {SECONDS:.0f} seconds"]
    except Exception as error:  # whatever else comes out is what we look for
        return [f"traceback: {type(error).__name__}: {str(error)[:200]}"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def _finite(value: Any) -> list[str]:
    """A fault where an array among the answers is not finite, or motion goes out of sight."""
    values = value if isinstance(value, (list, tuple)) else [value]
    for part in values:
        if isinstance(part, torch.Tensor):
            part = part.numpy()
        if isinstance(part, np.ndarray) and part.dtype.kind == "f":
            if not np.isfinite(part).all():
                return ["silently wrong: NaN or infinity"]
            if part.ndim == 3 and part.shape[-1] == 3 and part.size and np.abs(part).max() > FARTHEST:
                return [f"silently wrong: joints {np.abs(part).max():.0f} m away"]
    return []
