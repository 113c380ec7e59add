"""Measure what the readable codes keep of a motion, and what residual codes add.

    python eval_pg_tokenizer.py --dec-checkpoint-folder exp_result/mini_pg_tokenizer --repeats 5

Prints a table beside real motion and writes it, with every repeat's numbers, to OUT_DIR/EXP_NAME/<date>.
"""

from evaluation.stages import Evaluation
from options import eval_tokenizer_parser, parse
from utils.runtime import run_script


def main() -> None:
    """Parse options, measure, report."""
    args = parse(eval_tokenizer_parser())
    evaluation = Evaluation.from_args(args)
    evaluation.real()
    evaluation.reconstructions()
    evaluation.report()


if __name__ == "__main__":
    run_script(main)
