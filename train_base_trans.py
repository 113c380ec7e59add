"""Train the base transformer: text -> pose codes.

    python train_base_trans.py --preset configs/mini/base.yaml --dec-checkpoint-folder exp_result/mini_pg_tokenizer
    python train_base_trans.py --dataname t2m --dec-checkpoint-folder ... --use-keywords ...   (see README)

Writes OUT_DIR/EXP_NAME/<date>: arguments.yaml, net_best_fid.pth, net_last.pth, run.log, TensorBoard files.
"""

from models.follow import follow_tokenizer
from options import base_parser, parse
from training.from_options import base_stage
from training.run import run_training
from utils.runtime import announce, run_script
from visualization.training_samples import show_stage


def main() -> None:
    """Parse options, train, say what comes next."""
    args = follow_tokenizer(parse(base_parser()))
    folder = run_training(args, base_stage, show_stage)
    announce(
        f"base transformer in {folder}; next: python train_refine_trans.py "
        f"--dec-checkpoint-folder {args.dec_checkpoint_folder} --t2m-checkpoint-folder {folder}"
    )


if __name__ == "__main__":
    run_script(main)
