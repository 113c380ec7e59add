"""Measure edits: instructions by the joints, family by family; edits of codes in every way of decoding.

    python eval_editing.py --checkpoint-folder pretrained/small --data-root dataset/Mocap
    python eval_editing.py --instructions configs/editing/instructions.yaml --families arms legs
    python eval_editing.py --edits configs/editing/edits.yaml --clips-per-edit 2

Writes OUT/instructions.md and OUT/instructions.json, OUT/table.md and OUT/edits.json.
"""

from editing.evaluation import evaluate_edits, read_edits, write_report
from editing.loading import load_codec
from editing.measuring.instructions import read_instruction_list
from editing.measuring.run import evaluate_instructions, understander, write_instructions
from editing.settings import EditsSettings, InstructionsSettings
from models.evaluator import load_evaluator
from options import eval_editing_parser, parse
from utils.runtime import UserError, pick_device, run_script, warn


def main() -> None:
    """Parse options, carry out every instruction and edit on its clips, write the reports."""
    args = parse(eval_editing_parser())
    device = pick_device(args.device)
    instructions = read_instruction_list(args.instructions, args.families) if args.instructions else None
    edits = read_edits(args.edits) if args.edits else None
    codec = load_codec(args.checkpoint_folder, device, args.data_root)
    if instructions is not None:
        settings = InstructionsSettings.from_args(args)
        outcomes = evaluate_instructions(codec, instructions, settings, understander(settings))
        for path in write_instructions(outcomes, args.out):
            print(path)
            if path.suffix == ".md":
                print(path.read_text(encoding="utf-8"))
    if edits is None:
        return
    try:
        evaluator = load_evaluator(args.checkpoints_dir, codec.spec.name, device)
    except UserError as problem:
        warn(f"realism is left out: {problem}")
        evaluator = None
    report = evaluate_edits(codec, edits, evaluator, EditsSettings.from_args(args))
    for path in write_report(report, args.out):
        print(path)
    print(report.table)


if __name__ == "__main__":
    run_script(main)
