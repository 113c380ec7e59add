"""Measure motion generated from text by all three models.

    python eval_refine_trans.py --dec-checkpoint-folder exp_result/mini_pg_tokenizer \\
        --t2m-checkpoint-folder exp_result/mini_base_trans \\
        --residual-t2m-checkpoint-folder exp_result/mini_refine_trans --repeats 5

Prints a table beside real motion and writes it, with every repeat's numbers, to OUT_DIR/EXP_NAME/<date>.
"""

from evaluation.stages import Evaluation
from options import eval_refine_parser, parse
from utils.runtime import run_script


def main() -> None:
    """Parse options, measure, report."""
    args = parse(eval_refine_parser())
    evaluation = Evaluation.from_args(args)
    evaluation.real()
    evaluation.reconstructions()
    evaluation.generations()
    evaluation.report()


if __name__ == "__main__":
    run_script(main)
