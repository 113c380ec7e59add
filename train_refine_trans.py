"""Train the refine transformer: text and pose codes -> residual codes.

    python train_refine_trans.py --preset configs/mini/refine.yaml \\
        --dec-checkpoint-folder exp_result/mini_pg_tokenizer --t2m-checkpoint-folder exp_result/mini_base_trans
    python train_refine_trans.py --dataname t2m --share-weight ...   (see README)

Writes OUT_DIR/EXP_NAME/<date>: arguments.yaml, net_best_fid.pth, net_last.pth, run.log, TensorBoard files.
"""

from models.follow import follow_tokenizer
from options import parse, refine_parser
from training.from_options import refine_stage
from training.run import run_training
from utils.runtime import announce, run_script
from visualization.training_samples import show_stage


def main() -> None:
    """Parse options, train, say what comes next."""
    args = follow_tokenizer(parse(refine_parser()))
    folder = run_training(args, refine_stage, show_stage)
    announce(f"refine transformer in {folder}; next: python eval_refine_trans.py, or python generate.py")


if __name__ == "__main__":
    run_script(main)
