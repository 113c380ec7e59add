"""Flags of edit_motion.py and eval_editing.py."""

from __future__ import annotations

import argparse

from options.core import OptionParser, switch, writes_into
from options.evaluation import add_evaluator_options, add_models_folder
from options.generation import add_bones
from options.training import add_device_options, add_preset_option
from utils.ranges import COUNT, whole
from utils.runtime import UserError
from utils.texts import require_well_formed

INSTRUCTIONS, EDITS = "configs/editing/instructions.yaml", "configs/editing/edits.yaml"
NOTHING_RANDOM = {"seed": "editing draws nothing at random"}
FORMATS = ("npz", "mp4", "txt", "npy", "gif")


def edit_parser() -> OptionParser:
    """Options of edit_motion.py."""
    parser = OptionParser("Edit a motion by an instruction or by operations on its pose codes.")
    parser.usage = '%(prog)s --motion CLIP --instruction "raise the left hand at the end" [flags]'
    add_preset_option(parser)
    group = parser.add_argument_group("what to edit, and how")
    group.add_argument(
        "--motion",
        required=True,
        help=".npz of generate.py, .npy of joints or features, .bvh or another motion file, or a clip's id",
    )
    group.add_argument("--instruction", default=None, help="what to change, in English")
    group.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="EDIT",
        help='edits without English: "GROUP=CODE@START-STOP", "GROUP+=N@...", seconds; the times may be left out',
    )
    group.add_argument(
        "--operations",
        default=None,
        metavar="FILE",
        help="YAML list of operations, such as '- Turn: {degrees: 90}'; see docs/editing.md",
    )
    group.add_argument("--out", default="output/edited", help="folder of the files written")
    group.add_argument(
        "--formats", nargs="+", choices=FORMATS, default=["npz", "mp4", "txt"], help="files to write"
    )
    add_bones(group)
    _add_source(group)
    _add_model(parser).add_argument(
        "--generator",
        default=None,
        metavar="FOLDER",
        help="models that make added actions ('then wave'); the default is --checkpoint-folder",
    )
    add_decoding_options(parser)
    group = parser.add_argument_group("language model")
    add_language_model(group, "understand the instruction by a language model instead of the rules")
    group.add_argument(
        "--protocol",
        choices=("structured", "published"),
        default="structured",
        help="one structured question, or the four questions of the release",
    )
    switch(group, "--dry-run", help="print the prompt (or the operations, without --llm) and stop")
    switch(group, "--cache", default=True, help="keep the language model's answers in output/.cache/editing")
    add_device_options(parser)
    parser.ignore(NOTHING_RANDOM)
    parser.check(check_edit)
    parser.check(writes_into("out"))
    return parser


def eval_editing_parser() -> OptionParser:
    """Options of eval_editing.py."""
    parser = OptionParser(
        "Measure edits: what became of instructions, by the joints; success of codes, realism."
    )
    add_preset_option(parser)
    group = parser.add_argument_group("instructions, judged by geometry on joints")
    group.add_argument(
        "--instructions",
        default=None,
        help=f"YAML list of instructions with checks; default: {INSTRUCTIONS}, unless --edits alone is given",
    )
    group.add_argument("--families", nargs="+", default=[], help="only these families of instructions")
    group.add_argument(
        "--clips-per-instruction",
        type=whole(1, 100),
        default=2,
        help="clips that each instruction is tried on",
    )
    add_language_model(group, "understand the instructions by a language model instead of the rules")
    group.add_argument(
        "--replies",
        default=None,
        metavar="FILE",
        help="replies of a language model recorded before, for --llm",
    )
    group = parser.add_argument_group("edits, judged by their codes, in every way of decoding")
    group.add_argument(
        "--edits",
        default=None,
        help=f"YAML list of edits; default: {EDITS}, unless --instructions alone is given",
    )
    group.add_argument("--clips", type=COUNT, default=50, help="test clips, taken in turn by the edits")
    group.add_argument("--clips-per-edit", type=whole(1, 1000), default=1, help="clips for each edit")
    group = parser.add_argument_group("both")
    group.add_argument("--split", default="test", help="split the clips come from")
    group.add_argument("--out", default="output/eval_editing", help="folder of the report")
    _add_source(group)
    _add_model(parser)
    add_evaluator_options(parser)
    add_device_options(parser)
    parser.ignore(NOTHING_RANDOM)
    parser.check(check_eval_editing)
    parser.check(writes_into("out"))
    return parser


def check_eval_editing(args: argparse.Namespace) -> None:
    """Which lists are measured, and what a language model needs."""
    if args.instructions is None and args.edits is None:
        args.instructions, args.edits = INSTRUCTIONS, EDITS
    if args.instructions is None and (args.families or args.llm):
        raise UserError("--families and --llm are about --instructions: give it beside --edits")
    if args.replies is not None and not args.llm:
        raise UserError("--replies are of a language model: add --llm")
    if args.llm and (args.replies is None) == (args.model is None):
        raise UserError("--llm needs the name of the language model, --model, or its recorded --replies")
    if not args.llm and (args.api_base or args.model):
        raise UserError("--api-base and --model are for the language model: add --llm")


def _add_source(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--source",
        choices=("clip", "reconstruction", "original"),
        default="clip",
        help="what is edited: clip, its own joints, which stay wherever nobody edits (original is an older word for "
        "it); or reconstruction, what its codes decode to, with decoded limbs",
    )


def add_language_model(group: argparse._ActionsContainer, what: str) -> None:
    """Which language model is asked, and where; what: help of the switch."""
    switch(group, "--llm", help=what)
    group.add_argument("--api-base", default=None, help="address of an OpenAI-compatible endpoint")
    group.add_argument("--model", default=None, help="name of the language model there")
    group.add_argument(
        "--key-variable", default="OPENAI_API_KEY", help="environment variable that holds the endpoint's key"
    )


def _add_model(parser: OptionParser) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("model and data")
    add_models_folder(group, "folder of the PG tokenizer, or one that holds it")
    group.add_argument(
        "--data-root", default=None, help="data set: clips by id, Mean.npy, Std.npy, pose codes"
    )
    return group


def add_decoding_options(parser: OptionParser) -> None:
    """How edited codes become motion."""
    group = parser.add_argument_group("decoding")
    group.add_argument(
        "--decoding",
        choices=("preserve", "published"),
        default="preserve",
        help="preserve: change only what is edited; published: drop all residual codes",
    )
    group.add_argument(
        "--consistency",
        choices=("fit", "data", "none"),
        default="fit",
        help="codes that the edit contradicts: by a pose fit, from the nearest frames of the data, or left alone",
    )
    group.add_argument(
        "--residuals",
        choices=("encode", "fade"),
        default="encode",
        help="residual codes near an edit: those of the fitted pose, or none",
    )
    switch(
        group,
        "--touch-up",
        default=True,
        help="fit once more where the motion misses its target, of a reconstruction wherever decoding blurred it",
    )


def check_edit(args: argparse.Namespace) -> None:
    """An instruction or operations, and what the language model needs."""
    if [args.instruction is not None, bool(args.set), args.operations is not None].count(True) != 1:
        raise UserError(
            'give one of --instruction "raise the left hand", --set "L-elbow angle=90deg" or --operations FILE'
        )
    if args.instruction is not None and not args.instruction.strip():
        raise UserError("--instruction is empty: say what to change")
    require_well_formed(args.instruction or "", "--instruction")
    if args.llm and args.instruction is None:
        raise UserError("--llm needs an --instruction")
    if args.llm and args.model is None and not args.dry_run:
        raise UserError("--llm needs the name of the language model: --model")
    if not args.llm and (args.api_base or args.model):
        raise UserError("--api-base and --model are for the language model: add --llm")
