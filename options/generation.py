"""Flags of generate.py."""

from __future__ import annotations

import argparse

from dataset.prompts import Prompt, read_prompts
from dataset.text_condition import ENCODER_WIDTHS
from options.core import OptionParser, switch, writes_into
from options.evaluation import add_making, add_models_folder, add_precision, add_sampling
from utils.ranges import BATCH, SECONDS, whole
from utils.runtime import UserError
from utils.texts import require_well_formed

FORMATS = ("npz", "mp4", "txt", "html", "gif", "png", "bvh", "glb", "smpl", "csv", "npy")
BODIES = ("mannequin", "smooth", "sticks", "smpl")


def add_generation_options(parser: OptionParser) -> None:
    """Sentences in, motion files out."""
    group = parser.add_argument_group("generation")
    group.add_argument("text", nargs="*", default=[], help="sentences, one motion each")
    group.add_argument(
        "--text-file",
        default=None,
        help="file with one sentence a line, instead or besides; lines that begin with # are comments, and a line may say "
        "its length as MoMask (text#120, in frames) or HumanML3D (text#tokens#start#end, in seconds) do",
    )
    add_models_folder(group)
    group.add_argument(
        "--data-root",
        default=None,
        help="data set with Mean.npy and Std.npy, where the tokenizer's folder has none",
    )
    group.add_argument(
        "--text-encoder",
        choices=tuple(ENCODER_WIDTHS),
        default=None,
        help="None: the one the models were trained with",
    )
    group.add_argument(
        "--out",
        default="output/generated",
        help="folder of the files written; another --seed than the default is part of their names, so that it "
        "replaces nothing",
    )
    group.add_argument(
        "--seconds",
        type=SECONDS,
        default=None,
        help="length of each motion whose line in --text-file says none, exact to the frame, of any size; None: the "
        "model ends it itself",
    )
    group.add_argument(
        "--sequence",
        nargs="+",
        default=[],
        metavar="SENTENCE[:SECONDS]",
        help="sentences that follow one another in one motion, each with its length, for example --sequence "
        '"a person walks forward:4" "a person waves:3.5"; without a length the model ends it itself',
    )
    group.add_argument(
        "--overlap",
        type=whole(1, 1000),
        default=None,
        help="of motions too long to be made at once: steps that each part takes over from the one before; None: 4",
    )
    add_sampling(group)
    add_making(group)
    add_precision(group)
    group.add_argument(
        "--keywords",
        choices=("none", "rules", "model"),
        default="none",
        help="keywords beside the sentence, for models trained with them: none, by a few rules, or from the "
        "language model --keyword-model (key in OPENAI_API_KEY)",
    )
    group.add_argument("--keyword-model", default="gpt-4o-mini", help="language model that writes keywords")
    group.add_argument("--api-base", default=None, help="its OpenAI-compatible server; None: OpenAI's own")
    group.add_argument("--num-samples", type=whole(1, 100_000), default=1, help="motions per sentence")
    group.add_argument("--batch-size", type=BATCH, default=16, help="motions generated at once")
    group.add_argument(
        "--formats",
        nargs="+",
        choices=FORMATS,
        default=["npz", "mp4", "txt"],
        help="files to write for each motion: arrays, video, pose codes in words, player for the browser, animation, "
        "still strip; for other programs BVH, GLB, SMPL axis-angles (<name>_smpl.npz), joints as csv or npy",
    )
    add_bones(group)
    group.add_argument(
        "--body",
        choices=BODIES,
        default="mannequin",
        help="who is shown: mannequin (drawn fast in videos, from capsules), smooth (its full mesh in videos too, "
        "about half as fast), sticks, or smpl: your own SMPL, SMPL+H or SMPL-X model from --smpl-dir",
    )
    group.add_argument("--smpl-dir", default=None, help="folder (or file) of your SMPL model, npz or pkl")
    switch(
        group,
        "--grid",
        help="also all samples of a sentence beside each other: <number>_<words>_grid.mp4, .html",
    )
    parser.check(check_generation)
    parser.check(writes_into("out"))


def add_bones(group: argparse._ActionsContainer) -> None:
    """Whether the joints written have bones of constant length."""
    group.add_argument(
        "--bones",
        choices=("constant", "raw"),
        default="constant",
        help="length of bones: constant, by the smallest move of the joints; or raw, as decoded (they breathe)",
    )


def check_generation(args: argparse.Namespace) -> None:
    """Collect sentences in `args.text`, with their lengths in `args.prompts`, read `args.sequence`; reject what makes no
    motion, naming the flag.
    """
    prompts = [Prompt(text) for text in args.text]
    if args.text_file is not None:
        prompts += read_prompts(args.text_file, "--text-file")
    sentences = [prompt.text for prompt in prompts]
    args.sequence = [_read_segment(part) for part in args.sequence]
    if not sentences and not args.sequence:
        raise UserError('no sentence given; try: python generate.py "a person walks forward"')
    if args.sequence and args.seconds is not None and not sentences:
        raise UserError('--seconds: has no effect on --sequence; write lengths there as "a person waves:3"')
    if any(not sentence.strip() for sentence in sentences):
        raise UserError('empty sentence; say what the person does, for example "a person walks forward"')
    for text in (*sentences, *(text for text, _ in args.sequence)):
        require_well_formed(text, "sentence")
    args.text, args.prompts = sentences, prompts
    if args.smpl_dir is not None and args.body != "smpl":
        raise UserError(f"--smpl-dir {args.smpl_dir}: has no effect without --body smpl")
    if args.grid and not {"mp4", "gif", "html"} & set(args.formats):
        raise UserError("--grid: needs mp4, gif or html among --formats")


def _read_segment(part: str) -> tuple[str, float | None]:
    """Sentence and seconds of "a person waves:3"; None without a colon."""
    sentence, colon, length = part.rpartition(":") if ":" in part else (part, "", "")
    if not sentence.strip():
        raise UserError(f'--sequence {part!r}: no sentence; write it as "a person waves:3"')
    if not colon:
        return sentence.strip(), None
    try:
        return sentence.strip(), SECONDS(length)
    except argparse.ArgumentTypeError as error:
        raise UserError(
            f'--sequence {part!r}: behind the last colon goes a length in seconds, as in "a person waves:3" ({error})'
        ) from error
