"""Compose new training clips from captured ones, and write them with the captured ones as one data set.

    python dataset/prepare/compose.py --source ../shared/data/mocap ../shared/data/mocap_more --out dataset/Composed

Actions are laid over each other (arms of one clip over the body of another), put one after another (with a
transition that steps from stance to stance), repeated, sped up and slowed down, set between stretches of standing,
and where captured clips are too few, performed by the procedural puppet. Captions tell what was done. All material
is of the training split; val and test hold captured clips alone. Runs from any directory.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

if not __package__:  # a plain script, from any directory; `python -m` needs no help
    import bootstrap  # noqa: F401

from dataset.building.folders import require_replaceable
from dataset.building.layout import RECORD, SPLITS, Clip, write_dataset
from dataset.building.mocap_source import read_sources, sources_fingerprint, with_mirrored
from dataset.composing.amounts import measured
from dataset.composing.drawing import Composite, Material
from dataset.composing.material import CAPTURED, STYLES, captured_takes, read_actions
from dataset.composing.phrases import FOLDER, Doing, caption_lines
from dataset.composing.recipes import RECIPES
from dataset.composing.verify import shows
from dataset.motion_files.quality import Limits, clip_problem
from dataset.spec import get_spec
from options.prepare import compose_parser
from utils.quantities import airborne
from utils.runtime import run_script
from utils.texts import read_json_or_nothing

VERSION = 7  # raise it when the result changes
TRIES = 6  # draws for each composite wanted, before the recipe is given up
# Actions that may be cut between two steps.
SPRINGY = ("run", "run_back", "run_in_place", "jog_curve", "jog_circle", "skip")
RAISED = ("climb_stairs",)  # ends above the floor, on steps
RETOLD = 4  # captions in other words that a captured clip gets


def main(argv: list[str] | None = None) -> None:
    args = compose_parser(__doc__).parse_args(argv)
    recipe = {"source": _fingerprint(args.source), "clips_wanted": args.clips, "seed": args.seed}
    if args.out.exists() and not args.force:
        record = read_json_or_nothing(args.out / RECORD) or {}
        if all(record.get(key) == value for key, value in recipe.items()):
            print(f"{args.out} is complete: nothing to do (--force makes it again)")
            return
    # What is out of date is made again without asking.
    require_replaceable(args.out, RECORD, force=True, inputs=[("source", source) for source in args.source])
    report: dict[str, Counter] = {}
    counts = build(args.source, args.out, args.clips, args.seed, recipe, report)
    _print_report(report)
    print(
        f"made {args.out}: {counts['clips']} clips, mirrored ones included "
        f"({', '.join(f'{split} {counts[split]}' for split in SPLITS)}), {counts['minutes']:.0f} minutes"
    )


def build(
    sources: Sequence[Path], out: Path, wanted: int, seed: int, recipe: dict, report: dict[str, Counter]
) -> dict[str, float]:
    """Write captured clips and composites; fills `report` with what each recipe made and dropped."""
    captured, splits = read_sources(sources)
    actions = {name: value for source in sources for name, value in read_actions(source).items()}
    training = set(splits["train"])
    rng = np.random.default_rng([seed, 0])
    captured = [
        retold(clip, *actions[clip.name], rng) if clip.name in training else clip for clip in captured
    ]
    takes = captured_takes((c.name, c.joints, *actions[c.name]) for c in captured if c.name in training)
    names = [f"c{number:06d}" for number in range(wanted)]
    made = compose(Material(takes), names, seed, report)
    splits["train"] = [*splits["train"], *names]

    def clips() -> Iterator[Clip]:
        for clip in tqdm([*captured], desc="captured", unit="clip"):
            yield from (clip, clip.mirrored())
        for clip in tqdm(made, desc="composites", unit="clip", total=wanted):
            yield from (clip, clip.mirrored())

    # Statistics of captured clips alone: they don't change with the composites, nor does a tokenizer become unusable.
    measured = training | {f"M{name}" for name in training}
    return write_dataset(out, clips(), with_mirrored(splits), get_spec("mocap"), recipe, measured)


def retold(clip: Clip, action: str, style: str, rng: np.random.Generator) -> Clip:
    """The clip with more captions, in the phrases of its action."""
    if action not in CAPTURED:
        return replace(clip, actions=(action,))
    key, side = CAPTURED[action]
    words = STYLES.get(style, ())
    lines = []
    for _ in range(RETOLD):
        manner = words[rng.integers(len(words))] if words and rng.random() < 0.4 else ""
        doing = measured(Doing(key, {"side": side} if side else {}, manner), clip.joints)
        lines += caption_lines([doing], 1, rng)
    return replace(clip, lines=[*clip.lines, *lines], actions=(key,))


def compose(material: Material, names: list[str], seed: int, report: dict[str, Counter]) -> Iterator[Clip]:
    """A composite for each name, from a generator of its own; recipes are drawn by their shares."""
    recipes = list(RECIPES)
    shares = np.array([share for _, share in RECIPES.values()])
    for number, name in enumerate(names):
        rng = np.random.default_rng([seed, 1, number])
        while True:
            chosen = recipes[rng.choice(len(recipes), p=shares / shares.sum())]
            account = report.setdefault(chosen, Counter())
            composite = _attempt(chosen, material, rng, account)
            if composite is not None:
                break
        done = tuple(dict.fromkeys(doing.action for doing in composite.doings))
        yield Clip(name, composite.joints.astype(np.float32), composite.lines, done)


def _attempt(chosen: str, material: Material, rng: np.random.Generator, account: Counter) -> Composite | None:
    for _ in range(TRIES):
        composite = RECIPES[chosen][0](material, rng)
        if composite is None:
            account["did not fit"] += 1
            continue
        problem = problem_of(composite)
        if problem is None:
            account["made"] += 1
            return composite
        account[problem] += 1
    return None


def problem_of(composite: Composite) -> str | None:
    """Why a composite is dropped; None if it is fit."""
    joints = composite.joints - (0, composite.joints[..., 1].min(), 0)
    problem = clip_problem(joints, Limits())
    if problem:
        return problem[0]
    # Feet of who sits or lies may be up.
    aloft = airborne(joints, 0.1)[-1] and joints[-1, :, 1].min() > 0.1
    if aloft and composite.doings[-1].action not in (*SPRINGY, *RAISED):
        return "ends in the air"
    for doing, (start, stop) in zip(composite.doings, composite.spans, strict=False):
        if not shows(doing, joints[start:stop]):
            return f"shows no {doing.action}"
    return None


def _fingerprint(sources: Sequence[Path]) -> str:
    digest = hashlib.sha256(f"{VERSION}".encode())
    for path in sorted(FOLDER.glob("*.yaml")):
        digest.update(path.read_bytes())
    digest.update(sources_fingerprint(sources).encode())
    return digest.hexdigest()


def _print_report(report: dict[str, Counter]) -> None:
    for recipe, account in report.items():
        dropped = ", ".join(
            f"{reason} {count}" for reason, count in account.most_common() if reason != "made"
        )
        print(f"{recipe}: {account['made']} made; dropped: {dropped or 'none'}")


if __name__ == "__main__":
    run_script(main)
