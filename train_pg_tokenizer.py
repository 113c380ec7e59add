"""Train the pose-guided tokenizer: motion <-> pose codes and residual codes.

    python train_pg_tokenizer.py --preset configs/mini/tokenizer.yaml
    python train_pg_tokenizer.py --dataname t2m --batch-size 256 --total-iter 300000 ...   (see README)

Writes OUT_DIR/EXP_NAME/<date>: arguments.yaml, net_best_fid.pth, net_last.pth, run.log, TensorBoard files.
"""

from options import parse, tokenizer_parser
from training.from_options import tokenizer_stage
from training.run import run_training
from utils.runtime import announce, run_script
from visualization.training_samples import show_stage


def main() -> None:
    """Parse options, train, say what comes next."""
    args = parse(tokenizer_parser())
    folder = run_training(args, tokenizer_stage, show_stage)
    announce(f"tokenizer in {folder}; next: python train_base_trans.py --dec-checkpoint-folder {folder}")


if __name__ == "__main__":
    run_script(main)
