"""Measure edits on real test clips: success, preservation, border smoothness and realism, for each decoding.

    python eval_editing.py --checkpoint-folder pretrained/mini --data-root dataset/Mocap
    python eval_editing.py --checkpoint-folder exp_result/mini_pg_tokenizer --clips-per-edit 2

Edits come from configs/editing/edits.yaml. Writes OUT/table.md and OUT/edits.json.
"""

from editing.evaluation import evaluate_edits, read_edits, write_report
from editing.outputs import load_codec
from models.evaluator import load_evaluator
from options import eval_editing_parser, parse
from utils.runtime import UserError, pick_device, run_script, warn


def main() -> None:
    """Parse options, edit every clip in every way, write the report."""
    args = parse(eval_editing_parser())
    device = pick_device(args.device)
    codec = load_codec(args.checkpoint_folder, device, args.data_root)
    edits = read_edits(args.edits)
    try:
        evaluator = load_evaluator(args.checkpoints_dir, codec.spec.name, device)
    except UserError as problem:
        warn(f"realism is left out: {problem}")
        evaluator = None
    report = evaluate_edits(codec, edits, evaluator, args)
    for path in write_report(report, args.out):
        print(path)
    print(report.table)


if __name__ == "__main__":
    run_script(main)
