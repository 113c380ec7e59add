"""Train the text-motion evaluator, where the official one can't be had.

    python train_evaluator.py --preset configs/mini/evaluator.yaml
    python train_evaluator.py --dataname toy --total-iter 20 --batch-size 16 --motion-width 64   (a try-out)

Writes CHECKPOINTS_DIR/<dataname>/text_mot_match/model/finest.tar in the official file format, evaluator.json
and the feature statistics beside it; the run itself lies in OUT_DIR/EXP_NAME/<date>.
"""

from options import evaluator_parser, parse
from options.evaluator import add_evaluator_model_options
from training.evaluator_stage import export_evaluator, refuse_official
from training.from_options import evaluator_stage
from training.run import run_training
from utils.distributed import Distributed
from utils.runtime import run_script


def main() -> None:
    """Parse options, train, export the best weights."""
    args = parse(add_evaluator_model_options(evaluator_parser()))
    refuse_official(args.checkpoints_dir, args.dataname)
    folder = run_training(args, evaluator_stage)
    if not Distributed.from_env().is_main:
        return
    path = export_evaluator(folder, args.checkpoints_dir, half=args.half)
    print(f"evaluator in {path}; next: train and evaluate with --checkpoints-dir {args.checkpoints_dir}")


if __name__ == "__main__":
    run_script(main)
