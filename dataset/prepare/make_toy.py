"""Make dataset/Toy: procedural motion with captions, in HumanML3D's layout, for quick starts and tests.

    python dataset/prepare/make_toy.py [--out dataset/Toy --clips 400 --seed 0]

About thirty kinds of motion (toy_motions.py) and pairs of them one after the other, with varied side, size, speed
and timing; 60 to 196 frames at 20 fps; three captions each, and for pairs two more that are tagged with
times. The same seed makes the same files. Half a minute. Runs from any directory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.folders import require_replaceable
from dataset.building.layout import RECORD, SPLITS, Clip, write_dataset
from dataset.procedural.toy_captions import captions_for
from dataset.procedural.toy_motions import KINDS, Kind
from dataset.procedural.toy_travel import make_puppet
from dataset.spec import get_spec
from options.prepare import toy_parser
from utils.runtime import UserError, run_script
from utils.texts import read_json_or_nothing

VERSION = 1  # raise it when the result changes
SHARES = {"val": 0.05, "test": 0.15}
PAIR_SHARE = 0.2  # of the clips show two actions, one after the other
MIN_FRAMES, MAX_FRAMES = 60, 196  # of features; joints have one frame more
CAPTIONS = 3
IN_PAIRS = ("walk_forward", "turn_left", "turn_right", "wave_left", "wave_right", "raise_left", "raise_right",
            "raise_both", "squat", "jump", "bow", "clap", "kick_left", "kick_right", "walk_backward",
            "sidestep_left", "sidestep_right")  # fmt: skip


def main(argv: list[str] | None = None) -> None:
    args = toy_parser(__doc__).parse_args(argv)
    recipe = {"source": f"toy version {VERSION}, seed {args.seed}", "recipe_clips": args.clips}
    if args.out.exists() and not args.force:
        if not args.out.is_dir():
            raise UserError(f"{args.out} is a file: choose another --out")
        if _is_current(args.out, recipe):
            print(f"{args.out} is complete: nothing to do (--force makes it again)")
            return
    require_replaceable(args.out, RECORD, force=True)  # what is out of date is made again without asking
    counts = make(args.out, args.clips, args.seed, recipe)
    print(
        f"made {args.out}: {counts['clips']} clips ({', '.join(f'{s} {counts[s]}' for s in SPLITS)}), "
        f"{counts['minutes']:.0f} minutes"
    )


def make(out: Path, clips: int, seed: int, recipe: dict) -> dict[str, float]:
    """Write the data set; returns the counts of `write_dataset`."""
    names = [f"{i:06d}" for i in range(clips)]
    shuffled = np.random.default_rng([seed, 1]).permutation(names).tolist()
    sizes = {split: max(round(share * clips), 1) for split, share in SHARES.items()}
    val, test = sizes["val"], sizes["test"]
    splits = {
        "train": sorted(shuffled[val + test :]),
        "val": sorted(shuffled[:val]),
        "test": sorted(shuffled[val : val + test]),
    }
    progress = tqdm(toy_clips(clips, seed), total=clips, desc="clips", unit="clip")
    return write_dataset(out, progress, splits, get_spec("toy"), recipe)


def toy_clips(clips: int, seed: int) -> Iterator[Clip]:
    """The clips, each from a generator of its own: clip i is the same in data sets of any size."""
    for i in range(clips):
        yield toy_clip(i, np.random.default_rng([seed, 0, i]))


def toy_clip(index: int, rng: np.random.Generator) -> Clip:
    """Clip number `index`; single actions go through all kinds in turn, so that each is present."""
    kinds = list(KINDS.values())
    if rng.random() < PAIR_SHARE:
        first, second = rng.choice(len(IN_PAIRS), 2, replace=False)
        return pair_clip(index, (KINDS[IN_PAIRS[first]], KINDS[IN_PAIRS[second]]), rng)
    return single_clip(index, kinds[index % len(kinds)], rng)


def single_clip(index: int, kind: Kind, rng: np.random.Generator) -> Clip:
    """One action with a short rest before and after it."""
    fps = get_spec("toy").fps
    before, after = rng.uniform(0.15, 0.6, 2)
    seconds = rng.uniform(kind.shortest, kind.longest)
    frames = int(np.clip(round((before + seconds + after) * fps), MIN_FRAMES + 1, MAX_FRAMES + 1))
    puppet = make_puppet(frames, fps, rng)
    facts = kind.action(puppet, before, (frames - 1) / fps - after, rng)
    lines = captions_for([(kind.name, facts, 0.0, 0.0)], CAPTIONS, rng)
    return Clip(f"{index:06d}", puppet.joints().astype(np.float32), lines)


def pair_clip(index: int, kinds: tuple[Kind, Kind], rng: np.random.Generator) -> Clip:
    """Two actions, one after the other; each part lasts long enough to be a clip of its own."""
    spec = get_spec("toy")
    longest = (MAX_FRAMES / spec.fps - 0.9) / 2
    times = [rng.uniform(k.shortest, min(max(k.longest, k.shortest), longest)) for k in kinds]
    before, between, after = rng.uniform(0.15, 0.3, 3)
    border = round(before + times[0] + between / 2, 1)
    frames = int(round((before + sum(times) + between + after) * spec.fps)) + 1
    puppet = make_puppet(frames, spec.fps, rng)
    start = before + times[0] + between
    windows = ((before, before + times[0]), (start, start + times[1]))
    facts = [k.action(puppet, a, b, rng) for k, (a, b) in zip(kinds, windows, strict=True)]
    end = int((frames - 1) / spec.fps * 10) / 10
    spans = ((0.0, border), (border, end))
    parts = [(k.name, f, a, b) for k, f, (a, b) in zip(kinds, facts, spans, strict=True)]
    return Clip(f"{index:06d}", puppet.joints().astype(np.float32), captions_for(parts, CAPTIONS, rng))


def _is_current(out: Path, recipe: dict) -> bool:
    """Whether `out` holds a complete data set of the same recipe."""
    record = read_json_or_nothing(out / RECORD)
    if not isinstance(record, dict):
        return False
    same = all(record.get(key) == value for key, value in recipe.items())
    return same and len(list((out / "new_joint_vecs").glob("*.npy"))) == record.get("clips")


if __name__ == "__main__":
    run_script(main)
